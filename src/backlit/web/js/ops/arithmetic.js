// Elementwise arithmetic. An op has `forward(inputs, options, shape)` with the shape of the
// result, and `backward(dz, inputs, z, options)` with one gradient for each input, before the sum
// over what was broadcast; null where there is none.

import {filled, map} from "../tensor.js";

const times = (a, b) => a * b;

export const arithmetic = {
  add: {
    forward: ([x, y]) => map((a, b) => a + b, x, y),
    backward: (dz) => [dz, dz],
  },
  subtract: {
    forward: ([x, y]) => map((a, b) => a - b, x, y),
    backward: (dz) => [dz, map((d) => -d, dz)],
  },
  multiply: {
    forward: ([x, y]) => map(times, x, y),
    backward: (dz, [x, y]) => [map(times, dz, y), map(times, dz, x)],
  },
  divide: {
    forward: ([x, y]) => map((a, b) => a / b, x, y),
    backward: (dz, [, y], z) => [
      map((d, b) => d / b, dz, y),
      map((d, q, b) => (-d * q) / b, dz, z, y),
    ],
  },
  negative: {
    forward: ([x]) => map((a) => -a, x),
    backward: (dz) => [map((d) => -d, dz)],
  },
  power: {
    forward: ([x], {exponent}) => map((a) => a ** exponent, x),
    backward: (dz, [x], z, {exponent}) => [
      exponent === 0
        ? filled(x.shape, 0)
        : map((d, a) => d * exponent * a ** (exponent - 1), dz, x),
    ],
  },
  general_power: {
    // NumPy has 1 ** NaN and x ** 0 at 1; JavaScript makes the first of them NaN.
    forward: ([x, y]) => map((a, b) => (a === 1 ? 1 : a ** b), x, y),
    backward: (dz, [x, y], z) => {
      const slope = map((a, b) => (b === 0 ? 0 : b * a ** (b - 1)), x, y);
      const log = map((a) => Math.log(a === 0 ? 1 : a), x);
      return [map(times, dz, slope), map((d, p, l) => d * p * l, dz, z, log)];
    },
  },
};
