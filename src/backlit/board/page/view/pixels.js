// What the net sees, and which of its pixels spoke for and against a class.

import {places} from "../attribution.js";
import {diverging, grey, paint} from "../colour.js";
import {byId} from "../../../web/js/dom.js";
import {say} from "../dom.js";
import {fill, number, signed} from "../format.js";
import {largest} from "../tensor.js";
import {Probe} from "./probe.js";

const SIDE = 28;

export class Pixels {
  constructor(words, curved) {
    this.words = words;
    this.curved = curved;
    this.shown = null;
    const shape = () => ({columns: SIDE, cells: SIDE * SIDE});
    this.pointed = false;
    this.probe = new Probe(byId("spoke"), words.spoke, shape, () => {
      this.pointed = true;
      this.tell();
    });
    this.probe.at = (SIDE * SIDE) / 2 + SIDE / 2;
  }

  // `shown` is {pixels, values, total, score, side, method, digit, rival}; null for an empty pad.
  show(shown) {
    this.shown = shown;
    paint(byId("sees"), SIDE, SIDE, (i) => grey(shown ? shown.pixels[i] : 0));
    const most = shown ? largest(shown.values) : 0;
    paint(byId("spoke"), SIDE, SIDE, (i) =>
      shown ? diverging(most && shown.values[i] / most, shown.pixels[i]) : grey(0),
    );
    paint(byId("scale"), 101, 1, (i) => diverging(i / 50 - 1));
    say(byId("least"), shown ? signed(-most) : "");
    say(byId("most"), shown ? signed(most) : "");
    say(byId("meaning"), shown ? this.meaning(shown) : this.words.nothing_spoke);
    say(byId("sum"), shown ? this.sum(shown) : "");
    say(byId("where"), shown ? this.where(shown) : "");
    this.tell();
  }

  meaning({method, side, digit, rival}) {
    const about = side === "rival" ? this.words.lead : this.words.score_of;
    const key = method === "product" ? `means_${side === "rival" ? "both" : side}` : "means_slope";
    return fill(this.words[key], {score: fill(about, {digit, rival})});
  }

  sum({method, total, score, side, digit, rival}) {
    if (method !== "product") return "";
    const about = fill(side === "rival" ? this.words.lead : this.words.score_of, {digit, rival});
    const values = {total: signed(total), score: number(score), rest: signed(score - total), about};
    return fill(this.curved ? this.words.sum_curved : this.words.sum_straight, values);
  }

  where({values}) {
    const named = (sign) =>
      places(values, sign, SIDE)
        .map(([part, share]) => `${this.words.parts[part]} (${Math.round(100 * share)} %)`)
        .join(", ");
    const [up, down] = [named(1), named(-1)];
    return [up && fill(this.words.mostly_for, {where: up}), down && fill(this.words.mostly_against, {where: down})]
      .filter(Boolean)
      .join(" ");
  }

  tell() {
    const i = this.probe.at;
    if (!this.pointed) {
      say(byId("pixel"), this.shown ? this.words.pixel_hint : "");
      return;
    }
    const text = this.shown
      ? fill(this.words.pixel, {
          row: Math.floor(i / SIDE) + 1,
          column: (i % SIDE) + 1,
          ink: number(this.shown.pixels[i]),
          value: signed(this.shown.values[i]),
        })
      : "";
    say(byId("pixel"), text);
    this.probe.tell(text);
  }
}
