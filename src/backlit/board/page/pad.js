// Drawing on the pad: with mouse, finger or pen, and with the keyboard.

import {grey, paint} from "./colour.js";
import {eachFrame} from "./dom.js";
import {FINE} from "./ink.js";

const STEP = FINE / 28;
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

export class Pad {
  // The canvas is drawn on; `tool()` says {width, erase}; `changed()` is told of new ink, and
  // `said(key, values)` what a screen reader should hear of the cursor.
  constructor(canvas, cursor, ink, tool, changed, said) {
    Object.assign(this, {canvas, cursor, ink, tool, said});
    this.at = {x: (FINE + STEP) / 2, y: (FINE + STEP) / 2};
    this.last = null;
    this.held = false;
    this.down = false;
    this.show = eachFrame(() => this.render());
    this.changed = () => {
      this.show();
      changed();
    };
    this.listen();
  }

  listen() {
    const on = (name, handler) => this.canvas.addEventListener(name, handler);
    on("pointerdown", (event) => this.begin(event));
    on("pointermove", (event) => this.follow(event));
    for (const name of ["pointerup", "pointercancel"]) on(name, (event) => this.end(event));
    on("keydown", (event) => this.press(event));
    on("keyup", (event) => this.release(event));
    on("blur", () => this.lift());
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * FINE,
      y: ((event.clientY - box.top) / box.height) * FINE,
    };
  }

  begin(event) {
    if (event.button !== 0 || this.last) return; // one stroke at a time, whatever else touches
    event.preventDefault();
    this.canvas.focus({preventScroll: true});
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.cursor.hidden = true;
    this.ink.remember();
    this.last = this.place(event);
    this.line(this.last);
  }

  follow(event) {
    if (!this.last || event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.line(this.place(each));
  }

  end(event) {
    if (event.pointerId === this.pointer) this.last = null;
  }

  line(to) {
    const {width, erase} = this.tool();
    this.ink.stroke(this.last, to, width, erase);
    this.last = to;
    this.changed();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.move(arrow, event.shiftKey ? STEP / 2 : STEP);
    else if (event.key === " ") this.hold(event.repeat);
    else if (event.key === "Enter") this.toggle();
    else if (event.key === "Escape") this.lift();
    else return;
    event.preventDefault();
    this.showCursor();
  }

  move([dx, dy], step) {
    const bound = (value) => Math.min(FINE - STEP / 2, Math.max(STEP / 2, value));
    const to = {x: bound(this.at.x + dx * step), y: bound(this.at.y + dy * step)};
    if (this.held || this.down) {
      this.last = this.at;
      this.line(to);
      this.last = null;
    }
    this.at = to;
    this.said("cursor", {row: Math.ceil(to.y / STEP), column: Math.ceil(to.x / STEP)});
  }

  hold(repeated) {
    if (repeated || this.held) return;
    this.held = true;
    this.dot();
  }

  toggle() {
    this.down = !this.down;
    if (this.down) this.dot();
    this.said(this.down ? "pen_down" : "pen_up");
  }

  dot() {
    this.ink.remember();
    this.last = this.at;
    this.line(this.at);
    this.last = null;
  }

  release(event) {
    if (event.key === " ") this.held = false;
  }

  lift() {
    this.held = false;
    this.down = false;
    this.cursor.classList.remove("down");
  }

  showCursor() {
    this.cursor.hidden = false;
    this.cursor.classList.toggle("down", this.held || this.down);
    this.cursor.style.left = `${(100 * this.at.x) / FINE}%`;
    this.cursor.style.top = `${(100 * this.at.y) / FINE}%`;
  }

  render() {
    const shades = Array.from({length: 256}, (_, i) => grey(i / 255));
    paint(this.canvas, FINE, FINE, (i) => shades[Math.round(255 * this.ink.values[i])]);
  }
}
