// An array with a shape: its values in one row, the last axis running fastest.

export const count = (shape) => shape.reduce((product, length) => product * length, 1);

export const tensor = (shape, data = new Float64Array(count(shape))) => ({shape, data});

// The same shape, each value computed from those at its place.
export const map = (x, value) => {
  const z = tensor(x.shape);
  for (let i = 0; i < z.data.length; i++) z.data[i] = value(x.data[i], i);
  return z;
};

export const argmax = (values) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);

// All indices, the largest value first; equal ones in their order.
export const ranked = (values) =>
  Array.from(values, (_, i) => i).sort((i, j) => values[j] - values[i] || i - j);

export const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

export const sum = (values) => values.reduce((total, v) => total + v, 0);

export const softmax = (values) => {
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(values, (v) => Math.exp(v - top));
  const total = sum(powers);
  return powers.map((p) => p / total);
};
