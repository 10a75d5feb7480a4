// The panel: an op or a tensor in numbers.

import {chainRule} from "./chain.js";
import {make} from "../../web/js/dom.js";
import {formula} from "./formulas.js";
import {arrayView} from "./grid.js";
import {brief} from "./words.js";

const HINT = "Play the steps, or pick a circle or a line of the graph to see what is computed "
  + "there.";

export class Panel {
  constructor(box, app) {
    this.box = box;
    this.app = app;
  }

  get model() {
    return this.app.model;
  }

  // `shown` is {op: tensor} or {edge: tensor}; null for nothing.
  show(shown) {
    this.shown = shown;
    if (!shown) this.box.replaceChildren(make("p", {class: "hint"}, HINT));
    else if ("op" in shown) this.box.replaceChildren(...this.ofCall(shown.op));
    else this.box.replaceChildren(...this.ofTensor(shown.edge));
  }

  label(i) {
    return this.model.view.tensors[i].label;
  }

  array(array, label, kind) {
    return arrayView(array, {label, kind, precision: this.app.precision});
  }

  // A value or gradient, where the play has come so far.
  shownIf(reached, array, label, kind) {
    return reached ? this.array(array, label, kind) : waiting();
  }

  ofCall(i) {
    const {model, app} = this;
    const call = model.callOf.get(i);
    const given = call.inputs.flatMap((x, k) =>
      row(call.terms[k].name, this.label(x), this.array(model.value(x), this.label(x), "value")));
    const reached = app.reached.values.has(i);
    const output = this.shownIf(reached, model.value(i), this.label(i), "value");
    return [
      make("h2", {}, make("span", {class: "sign"}, call.symbol), ` ${call.name}`),
      make("p", {class: "line"}, call.line),
      make("p", {class: "equation"}, formula(app.data, call.formula)),
      this.buttons(call),
      make("h3", {}, "Forward"),
      make("dl", {class: "rows"}, ...given, ...row("z", this.label(i), output)),
      ...this.backward(call, i),
    ].filter(Boolean);
  }

  backward(call, i) {
    const {model, app} = this;
    if (!model.hasGradients) return [];
    if (!model.gradients[i] || call.uses.every((use) => use === null)) {
      return [make("p", {class: "hint"}, "No gradient goes back through here.")];
    }
    if (!app.reached.gradients.has(i)) return [make("h3", {}, "Backward"), waiting()];
    const dz = this.array(model.gradients[i], "dz", "gradient");
    return [
      make("h3", {}, "Backward"),
      make("dl", {class: "rows"}, ...row("dz", "arrives", dz)),
      ...call.inputs.map((_, k) => chainRule(this, call, k)).filter(Boolean),
    ];
  }

  // To open what is closed, and to close what is open.
  buttons(call) {
    const {views} = this.app;
    const inside = call.group === null ? views.opening(call.name) : null;
    const title = call.group === null ? "" : this.model.view.groups[call.group];
    const closed = call.group === null ? null : views.closing(title);
    const found = [
      inside === null ? null : button(`Open ${call.name}`, () => views.go(inside)),
      closed === null ? null : button(`Close ${title}`, () => views.go(closed)),
    ].filter(Boolean);
    return found.length ? make("p", {class: "buttons"}, ...found) : null;
  }

  ofTensor(i) {
    const {model, app} = this;
    const {values, gradients} = app.reached;
    const label = this.label(i);
    const value = this.shownIf(values.has(i), model.value(i), label, "value");
    const gradient = model.gradients[i]
      && this.shownIf(gradients.has(i), model.gradients[i], `d${label}`, "gradient");
    return [
      make("h2", {}, make("i", {}, label)),
      make("p", {class: "line"}, model.callOf.get(i)?.line ?? "Given."),
      make("dl", {class: "rows"},
        ...row("value", "value", value),
        ...(gradient ? row("gradient", "gradient", gradient) : [])),
      ...this.sum(i),
      model.editable(i)
        ? make("p", {class: "buttons"}, button("Change it", () => app.toInput(i)))
        : null,
    ].filter(Boolean);
  }

  // Of a tensor that is used several times, what comes back through each use.
  sum(i) {
    const {model, app} = this;
    const numbers = model.view.uses
      .map((_, u) => u)
      .filter((u) => model.view.uses[u].source === i && model.parts[u]);
    if (numbers.length < 2) return [];
    const terms = numbers.map((u) => {
      const through = ` through ${model.callOf.get(model.view.uses[u].target).symbol}`;
      const part = app.reached.parts.has(u) ? brief(model.parts[u], app.precision) : waiting();
      return make("li", {}, part, make("span", {class: "label"}, through));
    });
    return [make("h3", {}, "The gradient is the sum of"), make("ul", {}, ...terms)];
  }
}

function row(term, label, body) {
  const name = make("i", {}, term);
  const more = term === label ? null : make("span", {class: "label"}, label);
  return [make("dt", {}, name, ...(more ? [more] : [])), make("dd", {}, body)];
}

function button(text, onclick) {
  return make("button", {type: "button", onclick}, text);
}

export function waiting() {
  return make("span", {class: "waiting"}, "not yet computed");
}
