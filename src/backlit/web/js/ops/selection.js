// One of two, or what lies between.

import {map} from "../tensor.js";

function chosen(f, wins) {
  return {
    forward: ([x, y]) => map(f, x, y),
    backward: (dz, [x, y]) => {
      const share = (d, a, b) => (a === b ? d / 2 : wins(a, b) ? d : 0);
      return [map(share, dz, x, y), map(share, dz, y, x)];
    },
  };
}

export const selection = {
  maximum: chosen(Math.max, (a, b) => a > b),
  minimum: chosen(Math.min, (a, b) => a < b),
  where: {
    forward: ([condition, x, y]) => map((c, a, b) => (c ? a : b), condition, x, y),
    backward: (dz, [condition]) => [
      null,
      map((c, d) => (c ? d : 0), condition, dz),
      map((c, d) => (c ? 0 : d), condition, dz),
    ],
  },
  clip: {
    forward: ([x], {low, high}) =>
      map((a) => Math.min(Math.max(a, low ?? -Infinity), high ?? Infinity), x),
    backward: (dz, [x], z) => [map((d, a, b) => (a === b ? d : 0), dz, x, z)],
  },
};
