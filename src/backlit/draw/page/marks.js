// Writing numbers into the drawing, and showing of it what has been computed.

import {number} from "../../web/js/number.js";
import {HeatMark} from "./maps.js";
import {brief, range, rangeText} from "./words.js";

// How much wider than its room a number beside a wire may grow; in a matrix it may not.
const SPARE = 30;

export class Marks {
  constructor(svg, model, precision) {
    this.svg = svg;
    this.model = model;
    this.precision = precision;
    this.texts = [...svg.querySelectorAll("[data-text]")].map((node) => ({
      node,
      ...place(node.dataset.text),
      first: node.lastChild?.data ?? "",  // before it may stand a title
      room: node.getAttribute("textLength"),
    }));
    this.heats = [...svg.querySelectorAll("[data-heat]")]
      .map((node) => new HeatMark(node, place(`${node.dataset.heat}:`)));
    this.spoken = [...svg.querySelectorAll("[data-op], .edge[aria-label]")].map((node) => ({
      node,
      of: Number(node.dataset.op ?? node.dataset.edge),
      first: node.getAttribute("aria-label"),
    }));
    this.marked = marked(svg);
    this.settled = true;
    this.repaint();
  }

  array({kind, of}) {
    const from = {v: this.model.values, g: this.model.gradients, u: this.model.parts};
    return from[kind][of];
  }

  // Python's own texts stay as long as its numbers do.
  write() {
    if (!this.model.changed && this.settled) return;
    this.settled = !this.model.changed;
    for (const text of this.texts) this.writeText(text);
    for (const {node, of, first} of this.spoken) {
      node.setAttribute("aria-label", this.model.changed ? this.said(of) : first);
    }
    this.repaint();
  }

  // What a screen reader says of a tensor.
  said(i) {
    const what = this.model.callOf.get(i)?.line ?? this.model.view.tensors[i].label;
    return `${what}, ${brief(this.model.values[i], this.precision)}`;
  }

  worded(array, what) {
    if (what === "range") return rangeText(array);
    if (what === "mean") return `mean ${number(range(array).mean, Math.min(this.precision, 3))}`;
    return number(array.data[what], this.precision);
  }

  writeText(text) {
    const {node, what, first, room} = text;
    const array = this.array(text);
    if (!array) return;
    const fresh = this.worded(array, what);
    const written = this.model.changed ? fresh : first;
    if (node.lastChild) node.lastChild.data = written;
    const own = written === first;
    if (own) node.setAttribute("textLength", room);
    else node.removeAttribute("textLength");
    if (own || !node.getComputedTextLength) return;
    const most = Number(room) + (array.shape.length ? 0 : SPARE);
    if (node.getComputedTextLength() > most) node.setAttribute("textLength", most);
  }

  repaint() {
    for (const heat of this.heats) heat.paint(heat.levelsOf(this.array(heat.place)));
  }

  // Show what has been computed, and light what the step is about.
  reach({values, parts, gradients}, step) {
    const lit = litBy(step, this.model);
    const back = step.kind === "backward" || step.kind === "start";
    for (const {node, kind, of, use} of this.marked) {
      if (kind === "op") {
        wear(node, !values.has(of), step.call?.output === of, step.kind === "backward");
      } else if (kind === "link") wear(node, !values.has(of), lit.links.has(of), back);
      else if (kind === "value") wear(node, !values.has(of), lit.values.has(of), false);
      else {
        const here = use === null ? gradients.has(of) : parts.has(use);
        wear(node, !here, here && lit.gradients.has(of), false);
      }
    }
  }
}

// In a drawing of a thousand pieces few change from step to step.
function wear(node, later, lit, back) {
  const worn = `${later ? " later" : ""}${lit ? " lit" : ""}${lit && back ? " back" : ""}`;
  if (node.worn === worn) return;
  node.worn = worn;
  node.classList.toggle("later", later);
  node.classList.toggle("lit", lit);
  node.classList.toggle("back", lit && back);
}

// Everything that shows how far the play has come.
function marked(svg) {
  const number = (text) => (text === undefined ? null : Number(text));
  const every = (selector) => [...svg.querySelectorAll(selector)];
  const shown = (kind) => every(`.edge .${kind}`).map((node) => {
    const {edge, use} = node.closest(".edge").dataset;
    return {node, kind, of: Number(edge), use: number(use)};
  });
  return [
    ...every("[data-op]").map((node) => ({node, kind: "op", of: Number(node.dataset.op)})),
    ...every(".link[data-edge]")
      .map((node) => ({node, kind: "link", of: Number(node.dataset.edge)})),
    ...shown("value"),
    ...shown("gradient"),
  ];
}

function litBy(step, model) {
  const {call} = step;
  const none = {links: new Set(), values: new Set(), gradients: new Set()};
  if (step.kind === "start") {
    return {...none, links: new Set([model.view.root]), gradients: new Set([model.view.root])};
  }
  if (!call) return none;
  if (step.kind === "forward") {
    return {...none, links: new Set(call.inputs), values: new Set([call.output])};
  }
  const sent = call.inputs.filter((_, k) => call.uses[k] !== null);
  return {...none, links: new Set(sent), gradients: new Set([...sent, call.output])};
}

function place(text) {
  const [owner, what] = text.split(":");
  return {kind: owner[0], of: Number(owner.slice(1)), what};
}
