// Arrays and steps in words.

import {number} from "../../web/js/number.js";

export function shapeText(shape) {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

// The least, the greatest and the mean of what is finite.
export function range(array) {
  if (array.cells) return {least: array.least, most: array.most, mean: array.mean, lost: 0};
  let [least, most, sum, lost] = [Infinity, -Infinity, 0, 0];
  for (const value of array.data) {
    sum += value;
    if (!Number.isFinite(value)) lost += 1;
    else [least, most] = [Math.min(least, value), Math.max(most, value)];
  }
  return {least, most, mean: sum / array.data.length, lost};
}

export function rangeText(array) {
  const {least, most, lost} = range(array);
  if (least > most || Number.isNaN(least)) return "no finite number";
  const [low, high] = [number(least, 3), number(most, 3)];
  const text = low === high ? `all ${low}` : `${low} … ${high}`;
  return lost ? `${text}, ${lost} not finite` : text;
}

export function brief(array, precision) {
  if (!array.shape.length) return number(array.data[0], precision);
  const shape = shapeText(array.shape);
  if (!array.data.length) return `${shape}: empty`;
  if (array.data.length > 12 || array.shape.length > 2 || array.cells) {
    return `${shape}: ${rangeText(array)}`;
  }
  const width = array.shape.at(-1);
  const rows = [];
  for (let i = 0; i < array.data.length; i += width) {
    rows.push([...array.data.slice(i, i + width)].map((x) => number(x, precision)).join(" "));
  }
  return `${shape}: [${rows.join("; ")}]`;
}

// What happens in a step, as one sentence.
export function sentence(model, step, precision) {
  const {tensors, root} = model.view;
  const shown = (array) => brief(array, precision);
  const name = tensors[root].label;
  if (step.kind === "given") return "What is given.";
  if (step.kind === "start") {
    return `Backwards from ${name}: its gradient is ${shown(model.gradients[root])}.`;
  }
  const {call} = step;
  if (step.kind === "forward") return `${call.line} → ${shown(model.value(call.output))}`;
  const parts = call.inputs
    .map((x, k) => [x, call.uses[k]])
    .filter(([, use]) => use !== null)
    .map(([x, use]) => `${tensors[x].label} ← ${shown(model.parts[use])}`);
  return `Back through ${call.symbol}: ${parts.join(", ")}`;
}

export function element(label, place, shape) {
  const index = [];
  let rest = place;
  for (const length of shape.toReversed()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return shape.length ? `${label}[${index.join(", ")}]` : label;
}
