// Elementary functions of one variable: the function, and its slope from x and z.

import {map} from "../tensor.js";

function elementwise(f, slope) {
  return {
    forward: ([x]) => map(f, x),
    backward: (dz, [x], z) => [map((d, a, b) => slope(d, a, b), dz, x, z)],
  };
}

export const elementary = {
  exp: elementwise(Math.exp, (d, x, z) => d * z),
  log: elementwise(Math.log, (d, x) => d / x),
  log1p: elementwise(Math.log1p, (d, x) => d / (1 + x)),
  sqrt: elementwise(Math.sqrt, (d, x, z) => d / (2 * z)),
  absolute: elementwise(Math.abs, (d, x) => d * Math.sign(x)),
  sin: elementwise(Math.sin, (d, x) => d * Math.cos(x)),
  cos: elementwise(Math.cos, (d, x) => -d * Math.sin(x)),
};
