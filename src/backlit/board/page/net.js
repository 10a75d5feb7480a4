// A net: layers one after another, forwards, and backwards to the input.

import {kinds} from "./layers/kinds.js";
import {count, tensor} from "./tensor.js";

// A described net (kinds, options, shapes of parameters) and its numbers, as layers that run.
export const build = (described, take) =>
  described.map(({name, kind, options, parameters}) => {
    const arrays = {};
    for (const [key, shape] of Object.entries(parameters)) {
      arrays[key] = tensor(shape, take(count(shape)));
    }
    return {name, kind, options, arrays, run: kinds[kind](options, arrays)};
  });

// What each layer made of what the one before it made, and how to go back.
export const forward = (layers, x) => {
  const outputs = [];
  const backs = [];
  for (const layer of layers) {
    const {y, back} = layer.run(x);
    outputs.push(y);
    backs.push(back);
    x = y;
  }
  return {outputs, backs};
};

// The gradient of every layer's input, given that of the last output.
export const backward = (trace, dy) => {
  const gradients = [];
  for (let i = trace.backs.length - 1; i >= 0; i--) {
    dy = trace.backs[i](dy);
    gradients[i] = dy;
  }
  return gradients;
};
