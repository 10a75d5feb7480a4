// Every layer's output, and the unit that is looked at.

import {diverging, paint} from "../colour.js";
import {byId, make} from "../../../web/js/dom.js";
import {say} from "../dom.js";
import {fill, signed} from "../format.js";
import {largest, map, tensor} from "../tensor.js";
import {Strip} from "./strip.js";
import {lookers} from "./weights.js";

export class Layers {
  // `shapes` are those of the outputs.
  constructor(layers, shapes, side, classes, words) {
    this.words = words;
    this.classes = classes;
    this.looks = lookers(layers, side);
    this.strips = layers.map((layer, i) => {
      if (layer.kind === "Dropout" || layer.kind === "Flatten") {
        byId("layers").append(this.idle(layer));
        return null;
      }
      const strip = new Strip(layer, shapes[i], words, (own, unit) => this.choose(i, own, unit));
      byId("layers").append(strip.element);
      return strip;
    });
    this.shapes = shapes;
    this.chosen = null;
    new ResizeObserver(() => this.redraw()).observe(byId("layers"));
  }

  idle({name, kind}) {
    const why = kind === "Dropout" ? this.words.idle_dropout : this.words.idle_shape;
    const label = make("div", {class: "name"}, make("b", {}, name), make("span", {}, why));
    return make("li", {class: "layer idle"}, label);
  }

  // `gradients` are those of the outputs; without them the outputs themselves are shown. Without
  // outputs, which is before anything is drawn, all is blank.
  show(outputs, gradients) {
    this.empty = !outputs;
    this.strips.forEach((strip, i) => {
      if (!strip) return;
      const y = outputs ? outputs[i] : tensor(this.shapes[i]);
      strip.show(outputs && gradients ? map(y, (v, k) => v * gradients[i].data[k]) : y);
    });
    this.tell();
  }

  choose(i, strip, unit) {
    if (this.chosen && this.chosen.strip !== strip) this.chosen.strip.pick(null);
    this.chosen = {i, strip, unit};
    strip.pick(unit);
    this.tell();
  }

  tell() {
    // Until somebody looks at a unit, the first layer's is shown that has most to say.
    const first = this.strips.findIndex((strip, i) => strip && this.looks[i]);
    const now = this.chosen ?? (first >= 0 ? this.standIn(first) : null);
    byId("unit").hidden = !now;
    if (!now) return;
    const {i, strip, unit} = now;
    const last = i === this.strips.length - 1;
    const key = last ? "class_value" : strip.form.width > 1 ? "channel_value" : "unit_value";
    const text = fill(this.words[key], {
      name: strip.layer.name,
      digit: last ? this.classes[unit] : "",
      unit: unit + 1,
      value: this.empty ? "–" : signed(strip.value(unit)),
    });
    say(byId("unit-value"), text);
    if (this.chosen) strip.probe.tell(text);
    this.look(this.looks[i]?.(unit));
  }

  standIn(i) {
    return {i, strip: this.strips[i], unit: this.strips[i].strongest()};
  }

  look(picture) {
    byId("weights").hidden = !picture;
    say(byId("weights-mean"), picture ? this.words.weights : this.words.no_weights);
    if (!picture) return;
    const {width, height, values} = picture;
    const most = largest(values);
    paint(byId("weights"), width, height, (i) => diverging(most && values[i] / most));
  }

  redraw() {
    this.strips.forEach((strip) => strip?.draw());
  }
}
