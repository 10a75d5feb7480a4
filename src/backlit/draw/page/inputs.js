// Changing an input: a slider and a field for a number, a field for each element of an array.

import {element} from "./words.js";
import {make} from "../../web/js/dom.js";
import {rows} from "./grid.js";

const MOST = 60;

export function inputEditor(app, i) {
  const {model} = app;
  const {shape, data} = model.value(i);
  const {label, whole} = model.view.tensors[i];
  if (data.length > MOST) return arrayPicker(app, i);
  if (data.length === 1) return scalarEditor(app, i, 0, label);
  const width = shape.at(-1);
  const cells = rows({shape, data}).map((row, r) => make("tr", {}, ...row.map((value, c) => {
    const place = r * width + c;
    return make("td", {}, field(app, i, place, value, element(label, place, shape), whole));
  })));
  const table = make("table", {class: "cells"}, make("tbody", {}, ...cells));
  return make("div", {class: "scroll"}, table);
}

function field(app, i, place, value, name, whole) {
  return make("input", {
    type: "number",
    step: whole ? 1 : "any",
    // A field has room for some digits; the number behind it keeps all.
    value: String(Number(value.toPrecision(6))),
    "aria-label": name,
    "data-input": `${i}:${place}`,
    oninput: (event) => {
      const wanted = event.target.valueAsNumber;
      event.target.setAttribute("aria-invalid", String(Number.isNaN(wanted)));
      if (!Number.isNaN(wanted)) app.edit(i, place, whole ? Math.round(wanted) : wanted);
    },
  });
}

export function scalarEditor(app, i, place, name) {
  const {model} = app;
  const {whole} = model.view.tensors[i];
  const value = model.value(i).data[place];
  const [least, most] = span(model.original(i).data[place]);
  const box = field(app, i, place, value, name, whole);
  const slider = make("input", {
    type: "range",
    min: least,
    max: most,
    step: whole ? 1 : (most - least) / 200,
    value: String(value),
    "aria-label": `${name}, slider`,
    "data-slider": `${i}:${place}`,
  });
  slider.addEventListener("input", () => {
    box.value = String(Number(slider.valueAsNumber.toPrecision(6)));
    app.edit(i, place, Number(box.value));
  });
  box.addEventListener("input", () => {
    slider.value = box.value;
  });
  return make("div", {class: "scalar"}, slider, box);
}

// A slider goes as far down as up, and to 0 from a number above it.
function span(value) {
  const far = Math.abs(value) || 1;
  if (!Number.isFinite(value)) return [-1, 1];
  return value > 0 ? [0, 2 * far] : [-2 * far, far === 1 && !value ? 2 : 0];
}

// Of a larger array one element at a time, picked by its index.
function arrayPicker(app, i) {
  const {shape, data} = app.model.value(i);
  const {label} = app.model.view.tensors[i];
  const holder = make("div", {});
  const pick = make("input", {
    type: "number",
    min: 0,
    max: data.length - 1,
    step: 1,
    value: 0,
    "aria-label": `which element of ${label}, counted in one row`,
  });
  const show = () => {
    const place = Math.min(Math.max(Math.round(pick.valueAsNumber || 0), 0), data.length - 1);
    const name = element(label, place, shape);
    holder.replaceChildren(
      make("p", {class: "label"}, name),
      scalarEditor(app, i, place, name),
    );
  };
  pick.addEventListener("input", show);
  show();
  return make("div", {}, make("label", {class: "pick"}, "element ", pick), holder);
}
