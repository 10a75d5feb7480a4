// All ops that a page can recompute, by the names of their cards.

import {activations} from "./activations.js";
import {arithmetic} from "./arithmetic.js";
import {elementary} from "./elementary.js";
import {linear} from "./linear.js";
import {losses} from "./losses.js";
import {reductions} from "./reductions.js";
import {selection} from "./selection.js";
import {shapes} from "./shapes.js";

export const ops = {
  ...arithmetic,
  ...elementary,
  ...activations,
  ...selection,
  ...reductions,
  ...shapes,
  ...linear,
  ...losses,
};
