// Heat maps in the drawing: painted in the colours of the theme, and read under the pointer.

import {number} from "../../web/js/number.js";
import {element} from "./words.js";

// Dots along a cell, so that a cell that is no number can be crossed out.
const DOTS = 4;

export class HeatMark {
  constructor(node, place) {
    this.node = node;
    this.place = place;
    [this.rows, this.columns] = node.dataset.grid.split(" ").map(Number);
    this.block = node.dataset.block.split(" ").map(Number);
    this.tile = node.dataset.tile?.split(" ").map(Number);
    this.image = node.querySelector("image");
    this.frame = node.querySelector("rect");
    // Of an array that the page does not carry as it is, Python's picture comes along.
    const cells = node.dataset.cells?.split(" ")[1];
    this.given = cells && Array.from(atob(cells), (c) => levelOf(c.charCodeAt(0)));
    node.heat = this;
  }

  // For each element of an array the cell that it is in; -1 if it is not shown.
  cells(shape) {
    const count = shape.reduce((a, b) => a * b, 1);
    if (this.tile) return Int32Array.from({length: count}, (_, i) => this.tiledCell(shape, i));
    const [, width] = tableOf(shape);
    const [down, across] = this.block;
    return Int32Array.from({length: count}, (_, i) =>
      Math.floor(Math.floor(i / width) / down) * this.columns + Math.floor((i % width) / across));
  }

  tiledCell(shape, i) {
    const [height, width] = shape.slice(-2);
    const [down, across, count] = this.tile;
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const image = Math.floor(i / (width * height));
    const channels = shape.length === 4 ? shape[1] : 1;
    const [tall, wide] = [this.rows / down, this.columns / across];
    let [row, column] = [Math.floor(image / wide), image % wide];
    if (channels > 1) [row, column] = [Math.floor(image / channels), image % channels];
    else if (image >= count) return -1;
    if (row >= tall || column >= wide) return -1;
    const cellY = row * down + Math.floor(y / this.block[0]);
    return cellY * this.columns + column * across + Math.floor(x / this.block[1]);
  }

  // In each cell the element that is furthest from 0, or is no number.
  strongest({shape, data}) {
    const places = new Int32Array(this.rows * this.columns).fill(-1);
    const size = (x) => (Number.isNaN(x) ? Infinity : Math.min(Math.abs(x), Number.MAX_VALUE));
    this.cells(shape).forEach((cell, i) => {
      if (cell >= 0 && (places[cell] < 0 || size(data[i]) > size(data[places[cell]]))) places[cell] = i;
    });
    return places;
  }

  levelsOf(array) {
    if (array.cells) return this.given;
    const most = furthest(array.data);
    return Array.from(this.strongest(array), (i) => (i < 0 ? 0 : array.data[i] / most));
  }

  paint(levels) {
    const canvas = document.createElement("canvas");
    canvas.width = this.columns * DOTS;
    canvas.height = this.rows * DOTS;
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const [paper, cold, warm, muted, ink] = ["paper", "cold", "warm", "muted", "ink"].map(colour);
    pen.fillStyle = paper;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    levels.forEach((level, i) => {
      const [x, y] = [(i % this.columns) * DOTS, Math.floor(i / this.columns) * DOTS];
      pen.globalAlpha = Number.isNaN(level) ? 0.5 : Math.min(Math.abs(level), 1);
      pen.fillStyle = Number.isNaN(level) ? muted : level > 0 ? warm : cold;
      pen.fillRect(x, y, DOTS, DOTS);
      if (Number.isFinite(level)) return;
      pen.globalAlpha = 1;
      pen.fillStyle = ink;
      const inset = Number.isNaN(level) ? 0 : 1;
      for (let k = inset; k < DOTS - inset; k++) {
        pen.fillRect(x + k, y + k, 1, 1);
        pen.fillRect(x + k, y + DOTS - 1 - k, 1, 1);
      }
    });
    pen.globalAlpha = 1;
    if (this.tile) this.edges(pen, muted);
    this.image.setAttribute("href", canvas.toDataURL());
  }

  edges(pen, colour) {
    const [down, across] = this.tile;
    pen.fillStyle = colour;
    for (let y = down; y < this.rows; y += down) pen.fillRect(0, y * DOTS, this.columns * DOTS, 1);
    for (let x = across; x < this.columns; x += across) {
      pen.fillRect(x * DOTS, 0, 1, this.rows * DOTS);
    }
  }

  // The element under a point of the screen, in words.
  reading(array, label, event, precision) {
    const box = this.frame.getBoundingClientRect();
    const along = (at, length, count) =>
      Math.min(Math.max(Math.floor((at / length) * count), 0), count - 1);
    const row = along(event.clientY - box.top, box.height, this.rows);
    const column = along(event.clientX - box.left, box.width, this.columns);
    const cell = row * this.columns + column;
    const inside = [];
    this.cells(array.shape).forEach((one, i) => {
      if (one === cell) inside.push(i);
    });
    if (!inside.length) return "";
    if (array.cells) return coarse(array, label, inside[0], precision);
    const place = this.strongest(array)[cell];
    const among = inside.length > 1 ? `, the strongest of ${inside.length}` : "";
    const value = number(array.data[place], precision);
    return `${element(label, place, array.shape)} = ${value}${among}`;
  }
}

// Of an array that the page carries as blocks: the block that an element is in.
export function coarse(array, label, place, precision) {
  const [height, width] = tableOf(array.shape);
  const row = Math.floor(Math.floor(place / width) / array.block[0]);
  const column = Math.floor((place % width) / array.block[1]);
  const span = (at, block, length) => `${at * block}:${Math.min((at + 1) * block, length)}`;
  const spans = [span(row, array.block[0], height), span(column, array.block[1], width)];
  const index = array.shape.length > 1 ? spans.join(", ") : spans[1];
  const value = number(array.data[row * array.cells[1] + column], precision);
  return `strongest of ${label}[${index}] = ${value}`;
}

// The finite number that is furthest from 0; 1 where there is none to divide by.
export function furthest(data) {
  const further = (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most);
  return data.reduce(further, 0) || 1;
}

export function tableOf(shape) {
  const count = shape.reduce((a, b) => a * b, 1);
  const height = shape.length > 1 ? shape[0] : 1;
  return [height, count / height];
}

function levelOf(code) {
  return {253: -Infinity, 254: Infinity, 255: NaN}[code] ?? (code - 100) / 100;
}
