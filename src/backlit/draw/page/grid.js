// An array in the panel: a number, a table, or a heat map with the value under the pointer.

import {number} from "../../web/js/number.js";
import {make} from "../../web/js/dom.js";
import {coarse, furthest, tableOf} from "./maps.js";
import {element, range, rangeText, shapeText} from "./words.js";

const FEW = 64;
const WIDE = 8;
const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

// `label` is what elements are called, `kind` "value" or "gradient" for the colour.
export function arrayView(array, {label, kind, precision}) {
  if (!array.shape.length) {
    return make("span", {class: `number ${kind}`}, number(array.data[0], precision));
  }
  const shape = make("span", {class: "shape"}, shapeText(array.shape));
  const box = make("div", {class: `array ${kind}`}, shape);
  if (!array.data.length) box.append(make("span", {}, " empty"));
  else if (array.data.length <= FEW && array.shape.length <= 2 && array.shape.at(-1) <= WIDE) {
    box.append(table(array, label, precision));
  } else box.append(heatMap(array, label, precision));
  return box;
}

export function rows({shape, data}) {
  const width = shape.at(-1);
  const row = (_, i) => [...data.slice(i * width, (i + 1) * width)];
  return Array.from({length: data.length / width}, row);
}

function table(array, label, precision) {
  return make("div", {class: "scroll"}, make("table", {class: "matrix", "aria-label": label},
    make("tbody", {}, ...rows(array).map((row) =>
      make("tr", {}, ...row.map((value) => make("td", {}, number(value, precision))))))));
}

// Cells are elements, or the strongest of blocks where the page carries no more.
function heatMap(array, label, precision) {
  const [height, width] = gridOf(array);
  const canvas = make("canvas", {
    width,
    height,
    tabindex: 0,
    role: "application",
    "aria-roledescription": "heat map",
    "aria-label": `${label}, ${shapeText(array.shape)}: ${rangeText(array)}. `
      + "Arrow keys move from element to element.",
  });
  paint(canvas, array);
  canvas.style.aspectRatio = `${width} / ${height}`;
  const scale = Math.max(Math.min(Math.floor(288 / width), Math.floor(288 / height), 18), 1);
  canvas.style.width = `${width * scale}px`;
  const mark = make("div", {class: "cursor", hidden: true});
  const said = make("output", {class: "reading", "aria-live": "polite"}, legend(array, precision));
  const at = {row: 0, column: 0};

  const read = (row, column) => {
    at.row = Math.min(Math.max(row, 0), height - 1);
    at.column = Math.min(Math.max(column, 0), width - 1);
    said.textContent = reading(array, label, at, precision);
    mark.hidden = false;
    mark.style.left = `${(at.column / width) * 100}%`;
    mark.style.top = `${(at.row / height) * 100}%`;
    mark.style.width = `${100 / width}%`;
    mark.style.height = `${100 / height}%`;
  };
  const leave = () => {
    if (document.activeElement === canvas) return;
    mark.hidden = true;
    said.textContent = legend(array, precision);
  };
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    read(
      Math.floor(((event.clientY - box.top) / box.height) * height),
      Math.floor(((event.clientX - box.left) / box.width) * width),
    );
  };
  canvas.addEventListener("pointermove", under);
  canvas.addEventListener("pointerdown", under);
  canvas.addEventListener("pointerleave", leave);
  canvas.addEventListener("blur", leave);
  canvas.addEventListener("focus", () => read(at.row, at.column));
  canvas.addEventListener("keydown", (event) => {
    const by = MOVES[event.key];
    const to = {Home: [at.row, 0], End: [at.row, width - 1]}[event.key];
    if (by) read(at.row + by[0], at.column + by[1]);
    else if (to) read(...to);
    else return;
    // The arrows move in the map now, and not in the play.
    event.preventDefault();
    event.stopPropagation();
  });
  return make("div", {class: "heat"}, make("div", {class: "plane"}, canvas, mark), said);
}

function gridOf(array) {
  return array.cells ?? tableOf(array.shape);
}

function reading(array, label, {row, column}, precision) {
  const [, width] = gridOf(array);
  if (array.cells) {
    const [, whole] = tableOf(array.shape);
    return coarse(array, label, row * array.block[0] * whole + column * array.block[1], precision);
  }
  const place = row * width + column;
  return `${element(label, place, array.shape)} = ${number(array.data[place], precision)}`;
}

function legend(array, precision) {
  const {mean} = range(array);
  return `${rangeText(array)}, mean ${number(mean, Math.min(precision, 3))}`;
}

function paint(canvas, array) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => rgb(style.getPropertyValue(name));
  const [cold, warm, muted] = ["--cold", "--warm", "--muted"].map(colour);
  const strongest = furthest(array.data);
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  array.data.forEach((value, i) => {
    const lost = Number.isNaN(value);
    const colour = lost ? muted : value > 0 ? warm : cold;
    const strength = lost ? 0.5 : Math.min(Math.abs(value) / strongest, 1);
    image.data.set([...colour, Math.round(255 * strength)], i * 4);
  });
  context.putImageData(image, 0, 0);
}

function rgb(hex) {
  const number = Number.parseInt(hex.trim().slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}
