// Matrix products, stacked over leading axes, and the affine map.

import {
  broadcastShape, filled, gathered, map, reshaped, size, sources, tensor, unbroadcast,
} from "../tensor.js";

export function matmul(x, y) {
  const [n, d] = x.shape.slice(-2);
  const m = y.shape.at(-1);
  const batch = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const z = filled([...batch, n, m], 0);
  const xs = sources(x.shape.slice(0, -2), batch);
  const ys = sources(y.shape.slice(0, -2), batch);
  for (let k = 0; k < size(batch); k++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        const a = x.data[(xs[k] * n + i) * d + j];
        for (let l = 0; l < m; l++) {
          z.data[(k * n + i) * m + l] += a * y.data[(ys[k] * d + j) * m + l];
        }
      }
    }
  }
  return z;
}

export function transposed(x) {
  const [n, m] = x.shape.slice(-2);
  const shape = [...x.shape.slice(0, -2), m, n];
  const places = Int32Array.from({length: x.data.length}, (_, i) => {
    const within = i % (n * m);
    return i - within + (within % n) * m + Math.floor(within / n);
  });
  return gathered(x, places, shape);
}

// A vector is a row on the left and a column on the right.
const row = (x) => (x.shape.length === 1 ? reshaped(x, [1, ...x.shape]) : x);
const column = (y) => (y.shape.length === 1 ? reshaped(y, [...y.shape, 1]) : y);

function fitted(gradient, stacked, x) {
  return reshaped(unbroadcast(gradient, stacked.shape), x.shape);
}

function flat(x) {
  const last = x.shape.at(-1);
  return tensor([size(x.shape.slice(0, -1)), last], x.data);
}

export const linear = {
  matmul: {
    forward: ([x, y], options, shape) => reshaped(matmul(row(x), column(y)), shape),
    backward: (dz, [x, y]) => {
      const [a, b] = [row(x), column(y)];
      const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      const d = reshaped(dz, [...batch, a.shape.at(-2), b.shape.at(-1)]);
      return [
        fitted(matmul(d, transposed(b)), a, x),
        fitted(matmul(transposed(a), d), b, y),
      ];
    },
  },
  affine: {
    forward: ([x, W, b], options, shape) =>
      map((p, c) => p + c, reshaped(matmul(flat(x), W), shape), b),
    backward: (dz, [x, W, b]) => [
      reshaped(matmul(flat(dz), transposed(W)), x.shape),
      matmul(transposed(flat(x)), flat(dz)),
      unbroadcast(dz, b.shape),
    ],
  },
};
