// x @ W + b. W is (D, M); an x of more axes is a stack of rows of length D.

import {count, tensor} from "../tensor.js";

export const Affine = (_, {W, b}) => (x) => {
  const [inputs, outputs] = W.shape;
  const rows = count(x.shape) / inputs;
  const y = tensor([...x.shape.slice(0, -1), outputs]);
  for (let r = 0; r < rows; r++) {
    const from = r * inputs;
    const to = r * outputs;
    if (b) y.data.set(b.data, to);
    for (let i = 0; i < inputs; i++) {
      const value = x.data[from + i];
      if (value === 0) continue; // most of a drawing is paper
      const row = i * outputs;
      for (let o = 0; o < outputs; o++) y.data[to + o] += value * W.data[row + o];
    }
  }
  const back = (dy) => {
    const dx = tensor(x.shape);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < inputs; i++) {
        let total = 0;
        for (let o = 0; o < outputs; o++) total += dy.data[r * outputs + o] * W.data[i * outputs + o];
        dx.data[r * inputs + i] = total;
      }
    }
    return dx;
  };
  return {y, back};
};
