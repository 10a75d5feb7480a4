// The chain rule at one input of an op: its local derivative, and the product that goes back.

import {make} from "../../web/js/dom.js";
import {formula} from "./formulas.js";
import {brief} from "./words.js";

export function chainRule(panel, call, k) {
  const {model, app} = panel;
  const use = call.uses[k];
  if (use === null) return null;
  const {name, gradient} = call.terms[k];
  const label = panel.label(call.inputs[k]);
  const box = make("section", {class: "term"}, make("h4", {}, "to ", make("i", {}, label)));
  if (gradient.text) box.append(make("p", {class: "equation"}, formula(app.data, gradient)));
  if (!app.reached.parts.has(use)) {
    box.append(make("p", {class: "waiting"}, "not yet computed"));
  } else if (model.locals[use]) {
    box.append(...product(panel, call, k));
  } else box.append(panel.array(model.parts[use], `d${name}`, "gradient"));
  return box;
}

// dz × local, in numbers where these are numbers, else element by element.
function product(panel, call, k) {
  const {model, app} = panel;
  const use = call.uses[k];
  const arrays = [model.gradients[call.output], model.locals[use], model.parts[use]];
  const label = panel.label(call.inputs[k]);
  const [dz, local, part] = arrays.map((array) =>
    (array.shape.length ? null : brief(array, app.precision)));
  const lines = [localLine(app, call.terms[k], local)];
  if (local === null) lines.push(panel.array(arrays[1], `∂z/∂${call.terms[k].name}`, "value"));
  if (dz === null || local === null || part === null) {
    const scaled = dz === null ? "dz × local, element by element" : `${dz} × local`;
    lines.push(
      make("p", {class: "product"}, `${scaled} =`),
      panel.array(arrays[2], `∂/∂${label}`, "gradient"),
    );
  } else {
    const factor = local.startsWith("−") ? `(${local})` : local;
    lines.push(make("p", {class: "product"}, `dz × local = ${dz} × ${factor} = `,
      make("b", {class: "number gradient"}, part)));
  }
  return lines;
}

function localLine(app, {name, derivative}, local) {
  const slope = make("span", {}, "∂z/∂", make("i", {}, name));
  const line = make("p", {class: "local"}, "local derivative ", slope);
  const stated = derivative.text && derivative.text !== local;
  if (stated) line.append(" = ", formula(app.data, derivative));
  if (local !== null) line.append(` = ${local}`);
  return line;
}
