// Functions of each value alone: the value, and the slope there.

import {map} from "../tensor.js";

const elementwise = (make) => (options) => {
  const {value, slope} = make(options);
  return (x) => ({y: map(x, value), back: (dy) => map(x, (v, i) => dy.data[i] * slope(v))});
};

const logistic = (v) => 1 / (1 + Math.exp(-v));

export const ReLU = elementwise(() => ({
  value: (v) => Math.max(v, 0),
  slope: (v) => (v > 0 ? 1 : 0),
}));

export const LeakyReLU = elementwise(({slope}) => ({
  value: (v) => (v > 0 ? v : slope * v),
  slope: (v) => (v > 0 ? 1 : slope),
}));

export const Sigmoid = elementwise(() => ({
  value: logistic,
  slope: (v) => logistic(v) * (1 - logistic(v)),
}));

export const Tanh = elementwise(() => ({
  value: Math.tanh,
  slope: (v) => 1 - Math.tanh(v) ** 2,
}));

export const Softplus = elementwise(() => ({
  value: (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))),
  slope: logistic,
}));

export const SiLU = elementwise(() => ({
  value: (v) => v * logistic(v),
  slope: (v) => logistic(v) * (1 + v * (1 - logistic(v))),
}));

// In its tanh form: D. Hendrycks and K. Gimpel, arXiv:1606.08415, section 2.
const RATE = Math.sqrt(2 / Math.PI);
const bend = (v) => Math.tanh(RATE * (v + 0.044715 * v ** 3));

export const GELU = elementwise(() => ({
  value: (v) => (v / 2) * (1 + bend(v)),
  slope: (v) => (1 + bend(v)) / 2 + (v / 2) * (1 - bend(v) ** 2) * RATE * (1 + 3 * 0.044715 * v * v),
}));
