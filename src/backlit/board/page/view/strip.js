// One layer's output as tiles: a square for a unit, a small picture for a channel.

import {css, diverging, paint} from "../colour.js";
import {make} from "../../../web/js/dom.js";
import {say} from "../dom.js";
import {fill, signed} from "../format.js";
import {largest, tensor} from "../tensor.js";
import {Probe} from "./probe.js";

const GAP = 3;

const tileSize = ({units, width}) => {
  if (width > 1) return Math.max(36, 2 * width);
  if (units <= 16) return 30;
  return units <= 128 ? 22 : units <= 512 ? 14 : 8;
};

const measure = (shape) => {
  const [units, height, width] = shape.length === 3 ? shape : [shape[0] ?? 1, 1, 1];
  return {units, height, width, area: height * width};
};

export class Strip {
  constructor(layer, shape, words, chosen) {
    this.words = words;
    this.form = measure(shape);
    const {units, height, width} = this.form;
    const key = width > 1 ? "channels" : "units";
    this.canvas = make("canvas", {class: "tiles"});
    this.range = make("span", {class: "range"});
    const about = fill(words[key], {units, height, width});
    this.element = make(
      "li",
      {class: "layer"},
      make("div", {class: "name"}, make("b", {}, layer.name), make("span", {}, about), this.range),
      make("div", {class: "room"}, this.canvas),
    );
    this.picked = null;
    this.values = tensor(shape);
    this.labelled = fill(words.layer_label, {name: layer.name, about});
    const parts = () => ({columns: this.columns, cells: units});
    this.probe = new Probe(this.canvas, this.labelled, parts, (unit) => chosen(this, unit));
    this.layer = layer;
  }

  show(values) {
    this.values = values;
    this.most = largest(values.data);
    say(this.range, this.most ? `±${signed(this.most).slice(1)}` : "");
    this.draw();
  }

  pick(unit) {
    this.picked = unit;
    this.draw();
  }

  // The number of a unit, and for a channel the largest of its numbers.
  value(unit) {
    const {area} = this.form;
    const own = this.values.data.subarray(unit * area, (unit + 1) * area);
    return own.reduce((most, v) => (Math.abs(v) > Math.abs(most) ? v : most), own[0]);
  }

  strongest() {
    const all = Array.from({length: this.form.units}, (_, i) => Math.abs(this.value(i)));
    return all.indexOf(Math.max(...all));
  }

  draw() {
    const room = this.canvas.parentElement.clientWidth;
    if (!room) return;
    const {units} = this.form;
    const size = Math.min(tileSize(this.form), room - GAP);
    const pitch = size + GAP;
    const rows = Math.ceil(units / Math.max(1, Math.floor(room / pitch)));
    this.columns = Math.ceil(units / rows);
    const sharp = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.columns * pitch * sharp);
    this.canvas.height = Math.round(rows * pitch * sharp);
    this.canvas.style.width = `${this.columns * pitch}px`;
    const context = this.canvas.getContext("2d");
    context.scale(sharp, sharp);
    context.imageSmoothingEnabled = false;
    for (let unit = 0; unit < units; unit++) {
      const [x, y] = [(unit % this.columns) * pitch, Math.floor(unit / this.columns) * pitch];
      this.tile(context, unit, x + GAP / 2, y + GAP / 2, size);
    }
  }

  tile(context, unit, x, y, size) {
    const {width, height, area} = this.form;
    const shade = (i) => diverging(this.most ? this.values.data[unit * area + i] / this.most : 0);
    const tall = (size * height) / width;
    if (area === 1) {
      context.fillStyle = css(shade(0));
      context.fillRect(x, y, size, size);
    } else {
      this.small ??= make("canvas");
      paint(this.small, width, height, shade);
      context.drawImage(this.small, x, y, size, tall);
    }
    if (unit === this.picked) {
      context.strokeStyle = getComputedStyle(this.canvas).color;
      context.lineWidth = 2;
      context.strokeRect(x, y, size, tall);
    }
  }
}
