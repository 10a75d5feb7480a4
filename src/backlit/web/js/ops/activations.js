// Activation functions.

import {map} from "../tensor.js";
import {reduced, spread} from "./reductions.js";

export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
export const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const BEND = Math.sqrt(2 / Math.PI);
// Beyond ±10 the tanh is ±1 to the last bit, and x³ could overflow.
const near = (x) => Math.min(Math.max(x, -10), 10);
const bent = (x) => Math.tanh(BEND * (near(x) + 0.044715 * near(x) ** 3));

function elementwise(f, gradient) {
  return {
    forward: ([x], options) => map((a) => f(a, options), x),
    backward: (dz, [x], z, options) => [map((d, a, b) => gradient(d, a, b, options), dz, x, z)],
  };
}

export function softmax(x, axes) {
  const peak = spread(reduced(x, axes, Math.max, -Infinity), x.shape, axes);
  const powers = map((a, b) => Math.exp(a - b), x, peak);
  return map((a, b) => a / b, powers, spread(total(powers, axes), x.shape, axes));
}

export function logSoftmax(x, axes) {
  const peak = spread(reduced(x, axes, Math.max, -Infinity), x.shape, axes);
  const shifted = map((a, b) => a - b, x, peak);
  const sum = total(map(Math.exp, shifted), axes);
  return map((a, b) => a - Math.log(b), shifted, spread(sum, x.shape, axes));
}

function total(x, axes) {
  return reduced(x, axes, (a, b) => a + b, 0);
}

export const activations = {
  relu: elementwise((x) => Math.max(x, 0), (d, x) => d * (x > 0)),
  leaky_relu: elementwise(
    (x, {slope}) => (x > 0 ? x : slope * x),
    (d, x, z, {slope}) => (x > 0 ? d : slope * d),
  ),
  sigmoid: elementwise(sigmoid, (d, x, z) => d * z * (1 - z)),
  tanh: elementwise(Math.tanh, (d, x, z) => d * (1 - z * z)),
  softplus: elementwise(softplus, (d, x) => d * sigmoid(x)),
  gelu: elementwise(
    (x) => (x / 2) * (1 + bent(x)),
    (d, x) => {
      const slope = (1 - bent(x) ** 2) * BEND * (1 + 3 * 0.044715 * near(x) ** 2);
      return d * ((1 + bent(x)) / 2 + (x / 2) * slope);
    },
  ),
  silu: elementwise(
    (x) => x * sigmoid(x),
    (d, x) => d * sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  ),
  softmax: {
    forward: ([x], {axes}) => softmax(x, axes),
    backward: (dz, [x], z, {axes}) => {
      const mean = spread(total(map((d, y) => d * y, dz, z), axes), x.shape, axes);
      return [map((d, y, m) => y * (d - m), dz, z, mean)];
    },
  },
  log_softmax: {
    forward: ([x], {axes}) => logSoftmax(x, axes),
    backward: (dz, [x], z, {axes}) => {
      const sum = spread(total(dz, axes), x.shape, axes);
      return [map((d, y, s) => d - Math.exp(y) * s, dz, z, sum)];
    },
  },
};
