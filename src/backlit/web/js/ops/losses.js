// Losses: one number each.

import {map, scalar, size} from "../tensor.js";
import {logSoftmax, sigmoid, softplus} from "./activations.js";

function total(x) {
  return x.data.reduce((a, b) => a + b, 0);
}

// A loss of the error y − t: what it sums up, and its slope. `n` is 1 for a plain sum.
function ofError(loss, slope, mean) {
  const count = (y) => (mean ? y.data.length : 1);
  return {
    forward: ([y, t], options) =>
      scalar(total(map((a, b) => loss(a - b, options), y, t)) / count(y)),
    backward: (dz, [y, t], z, options) => {
      const dy = map((a, b) => (dz.data[0] * slope(a - b, options)) / count(y), y, t);
      return [dy, map((d) => -d, dy)];
    },
  };
}

const within = (error, delta) => Math.min(Math.max(error, -delta), delta);

// Class numbers as one-hot rows; rows of probabilities as they are.
function rows(t, x) {
  if (t.shape.length === x.shape.length) return t;
  const classes = x.shape.at(-1);
  const data = new Float64Array(x.data.length);
  t.data.forEach((number, row) => {
    data[row * classes + number] = 1;
  });
  return {shape: x.shape, data};
}

export const losses = {
  softmax_cross_entropy: {
    forward: ([x, t]) => {
      const logs = logSoftmax(x, [x.shape.length - 1]);
      // A class without probability adds nothing, however small its logarithm.
      const parts = map((a, b) => (a ? a * b : 0), rows(t, x), logs);
      return scalar(-total(parts) / size(x.shape.slice(0, -1)));
    },
    backward: (dz, [x, t]) => {
      const n = size(x.shape.slice(0, -1));
      const y = map(Math.exp, logSoftmax(x, [x.shape.length - 1]));
      return [map((a, b) => (dz.data[0] * (a - b)) / n, y, rows(t, x)), null];
    },
  },
  sum_squares: ofError((e) => 0.5 * e * e, (e) => e, false),
  mean_squared_error: ofError((e) => e * e, (e) => 2 * e, true),
  mean_absolute_error: ofError(Math.abs, Math.sign, true),
  huber: ofError(
    (e, {delta}) => within(e, delta) * (e - within(e, delta) / 2),
    (e, {delta}) => within(e, delta),
    true,
  ),
  binary_cross_entropy: {
    forward: ([x, t]) =>
      scalar(total(map((a, b) => softplus(a) - a * b, x, t)) / x.data.length),
    backward: (dz, [x, t]) => [
      map((a, b) => (dz.data[0] * (sigmoid(a) - b)) / x.data.length, x, t),
      null,
    ],
  },
};
