// Every kind of layer by its name. Each takes options and parameters and gives a function of a
// tensor, which returns the output and the way back: from the output's gradient to the input's.

import * as activations from "./activations.js";
import * as affine from "./affine.js";
import * as convolution from "./convolution.js";
import * as normalization from "./normalization.js";
import * as pooling from "./pooling.js";
import * as shape from "./shape.js";
import * as softmax from "./softmax.js";

export const kinds = {
  ...affine,
  ...convolution,
  ...pooling,
  ...normalization,
  ...activations,
  ...softmax,
  ...shape,
};
