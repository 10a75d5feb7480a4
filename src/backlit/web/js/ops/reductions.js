// Reductions over axes, which `options.axes` lists, counted from the front.

import {filled, gathered, map, reshaped, size, sources} from "../tensor.js";

function kept(shape, axes) {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

// Reduced axes keep the length 1.
export function reduced(x, axes, f, start) {
  const z = filled(kept(x.shape, axes), start);
  const places = sources(z.shape, x.shape);
  for (let i = 0; i < x.data.length; i++) z.data[places[i]] = f(z.data[places[i]], x.data[i]);
  return z;
}

// What was reduced, repeated to the shape it came from.
export function spread(z, shape, axes) {
  const flat = reshaped(z, kept(shape, axes));
  return gathered(flat, sources(flat.shape, shape), shape);
}

const sum = (a, b) => a + b;

function count(shape, axes) {
  return size(axes.map((axis) => shape[axis]));
}

function centred(x, axes) {
  const n = count(x.shape, axes);
  const mean = spread(map((a) => a / n, reduced(x, axes, sum, 0)), x.shape, axes);
  return map((a, b) => a - b, x, mean);
}

// Those that tie for the extreme share the gradient evenly.
function extreme(f, start) {
  return {
    forward: ([x], {axes}, shape) => reshaped(reduced(x, axes, f, start), shape),
    backward: (dz, [x], z, {axes}) => {
      const won = map((a, b) => (a === b ? 1 : 0), x, spread(z, x.shape, axes));
      const ties = spread(reduced(won, axes, sum, 0), x.shape, axes);
      return [map((d, w, n) => (d * w) / n, spread(dz, x.shape, axes), won, ties)];
    },
  };
}

export const reductions = {
  sum: {
    forward: ([x], {axes}, shape) => reshaped(reduced(x, axes, sum, 0), shape),
    backward: (dz, [x], z, {axes}) => [spread(dz, x.shape, axes)],
  },
  mean: {
    forward: ([x], {axes}, shape) => {
      const n = count(x.shape, axes);
      return reshaped(map((a) => a / n, reduced(x, axes, sum, 0)), shape);
    },
    backward: (dz, [x], z, {axes}) => {
      const n = count(x.shape, axes);
      return [map((d) => d / n, spread(dz, x.shape, axes))];
    },
  },
  var: {
    forward: ([x], {axes, ddof}, shape) => {
      const n = count(x.shape, axes) - ddof;
      const squares = map((a) => a * a, centred(x, axes));
      return reshaped(map((a) => a / n, reduced(squares, axes, sum, 0)), shape);
    },
    backward: (dz, [x], z, {axes, ddof}) => {
      const n = count(x.shape, axes) - ddof;
      return [map((d, c) => (d * 2 * c) / n, spread(dz, x.shape, axes), centred(x, axes))];
    },
  },
  max: extreme(Math.max, -Infinity),
  min: extreme(Math.min, Infinity),
};
