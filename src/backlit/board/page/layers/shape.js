// Layers that move no value: what goes in comes out, in another shape or the same.

import {count, tensor} from "../tensor.js";

const reshaped = (shape) => (x) => ({
  y: tensor(shape(x), x.data),
  back: (dy) => tensor(x.shape, dy.data),
});

export const Flatten = () => reshaped((x) => [count(x.shape)]);

// A dropout drops nothing outside of training.
export const Dropout = () => reshaped((x) => x.shape);
