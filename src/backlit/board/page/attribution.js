// Which pixels spoke for a class and which against it, by the gradient of a score.
//
// The score is the class's logit, the number before the softmax. Gradient × input is the first
// term of the score's Taylor series from the image down to empty paper; for a net of straight
// pieces (ReLU, pooling) it is exact but for what the biases give. A. Shrikumar et al., "Not just
// a black box", arXiv:1605.01713; K. Simonyan et al., arXiv:1312.6034, section 3 (the gradient).

import {map, ranked, sum, tensor} from "./tensor.js";

// The gradient of what is asked about, for each score: 1 for the class, and −1 for its rival.
export const seed = (scores, digit, rival) => {
  const dy = tensor(scores.shape);
  dy.data[digit] = 1;
  if (rival !== null) dy.data[rival] -= 1;
  return dy;
};

export const rivalOf = (scores, digit) => ranked(scores).find((i) => i !== digit);

const SIGNS = {both: (v) => v, for: (v) => Math.max(v, 0), against: (v) => Math.min(v, 0)};

// The map that is shown, and its sum.
export const attribute = (x, gradient, method, side) => {
  const whole = method === "product" ? map(x, (v, i) => v * gradient.data[i]) : gradient;
  const shown = map(whole, SIGNS[side]);
  return {values: shown.data, total: sum(whole.data)};
};

// Which of 3 × 3 parts of the image hold most of the values of a sign: [part, its share], at most two.
export const places = (values, sign, side) => {
  const parts = new Float64Array(9);
  values.forEach((value, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    if (value * sign > 0) {
      parts[Math.floor((row * 3) / side) * 3 + Math.floor((column * 3) / side)] += value * sign;
    }
  });
  const whole = sum(parts);
  return ranked(parts)
    .slice(0, 2)
    .filter((part) => parts[part] > 0.15 * whole)
    .map((part) => [part, parts[part] / whole]);
};
