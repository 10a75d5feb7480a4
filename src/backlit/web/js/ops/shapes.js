// The same elements in another order or shape. The shape of the result is known, since changing
// numbers changes no shape; for an index `options.picks` lists where each element comes from.

import {broadcastTo, gathered, reshaped, scattered, size, tensor} from "../tensor.js";

const renamed = {
  forward: ([x], options, shape) => reshaped(x, shape),
  backward: (dz, [x]) => [reshaped(dz, x.shape)],
};

const picked = {
  forward: ([x], {picks}, shape) => gathered(x, picks, shape),
  backward: (dz, [x], z, {picks}) => [scattered(dz, picks, x.shape)],
};

// For each element of the array whose axes stand in the order `axes`, where it is in `shape`.
function turned(shape, axes) {
  const strides = shape.map((_, axis) => size(shape.slice(axis + 1)));
  const lengths = axes.map((axis) => shape[axis]);
  return Int32Array.from({length: size(shape)}, (_, i) => {
    let [rest, place] = [i, 0];
    for (let k = axes.length - 1; k >= 0; k--) {
      place += (rest % lengths[k]) * strides[axes[k]];
      rest = Math.floor(rest / lengths[k]);
    }
    return place;
  });
}

// For joined arrays, the place of each element of each of them in the whole.
function seats(shapes, shape, along) {
  const behind = size(shape.slice(along + 1));
  const row = shape[along] * behind;
  let before = 0;
  return shapes.map((one) => {
    const part = one[along] * behind;
    const start = before;
    before += part;
    return Int32Array.from(
      {length: size(one)},
      (_, i) => Math.floor(i / part) * row + start + (i % part),
    );
  });
}

function joined(shapeOf) {
  const places = (xs, shape, along) =>
    seats(xs.map((x) => shapeOf(x, along)), shape, along);
  return {
    forward: (xs, {along}, shape) => {
      const data = new Float64Array(size(shape));
      places(xs, shape, along).forEach((seat, k) => {
        seat.forEach((place, i) => {
          data[place] = xs[k].data[i];
        });
      });
      return tensor(shape, data);
    },
    backward: (dz, xs, z, {along}) =>
      places(xs, z.shape, along).map((seat, k) => gathered(dz, seat, xs[k].shape)),
  };
}

export const shapes = {
  reshape: renamed,
  squeeze: renamed,
  expand_dims: renamed,
  astype: renamed,
  transpose: {
    forward: ([x], {axes}, shape) => gathered(x, turned(x.shape, axes), shape),
    backward: (dz, [x], z, {axes}) => [scattered(dz, turned(x.shape, axes), x.shape)],
  },
  index: picked,
  scatter_add: {
    forward: ([x], {picks}, shape) => scattered(x, picks, shape),
    backward: (dz, [x], z, {picks}) => [gathered(dz, picks, x.shape)],
  },
  broadcast_to: {
    forward: ([x], options, shape) => broadcastTo(x, shape),
    backward: (dz) => [dz],
  },
  concatenate: joined((x) => x.shape),
  stack: joined((x, along) => x.shape.toSpliced(along, 0, 1)),
};
