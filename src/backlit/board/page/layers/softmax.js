// Softmax and its logarithm along an axis.

import {count, softmax, tensor} from "../tensor.js";

// Apply a function of a row to every row along the axis.
const along = (x, axis, row) => {
  const length = x.shape[axis];
  const inner = count(x.shape.slice(axis + 1));
  const z = tensor(x.shape);
  for (let start = 0; start < x.data.length; start += length * inner) {
    for (let i = start; i < start + inner; i++) {
      const places = Array.from({length}, (_, k) => i + k * inner);
      row(places).forEach((v, k) => (z.data[places[k]] = v));
    }
  }
  return z;
};

const pick = (x, places) => places.map((i) => x.data[i]);

export const Softmax = ({axis}) => (x) => {
  const y = along(x, axis, (places) => softmax(pick(x, places)));
  const back = (dy) =>
    along(x, axis, (places) => {
      const [p, d] = [pick(y, places), pick(dy, places)];
      const mean = p.reduce((total, v, k) => total + v * d[k], 0);
      return p.map((v, k) => v * (d[k] - mean));
    });
  return {y, back};
};

export const LogSoftmax = ({axis}) => (x) => {
  const y = along(x, axis, (places) => {
    const values = pick(x, places);
    const top = Math.max(...values);
    const total = Math.log(values.reduce((sum, v) => sum + Math.exp(v - top), 0));
    return values.map((v) => v - top - total);
  });
  const back = (dy) =>
    along(x, axis, (places) => {
      const [logs, d] = [pick(y, places), pick(dy, places)];
      const total = d.reduce((sum, v) => sum + v, 0);
      return logs.map((v, k) => d[k] - Math.exp(v) * total);
    });
  return {y, back};
};
