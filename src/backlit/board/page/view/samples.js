// Test digits to begin with: a click paints one on the pad, enlarged.

import {grey, paint} from "../colour.js";
import {byId, make} from "../../../web/js/dom.js";
import {fill} from "../format.js";
import {bytes} from "../../../web/js/bytes.js";

const SIDE = 28;
const AREA = SIDE * SIDE;

export class Samples {
  constructor({pixels, labels, wrong}, classes, words, chosen) {
    const all = bytes(pixels);
    this.thumbs = labels.map((label, i) => {
      const image = Float32Array.from(all.subarray(i * AREA, (i + 1) * AREA), (v) => v / 255);
      const canvas = make("canvas", {"aria-hidden": "true"});
      const said = fill(wrong[i] ? words.sample_wrong : words.sample, {digit: classes[label]});
      const button = make("button", {type: "button", "aria-label": said, title: said}, canvas);
      button.addEventListener("click", () => chosen(image, label));
      byId(wrong[i] ? "mistaken" : "samples").append(button);
      return {canvas, image};
    });
    byId("mistaken-row").hidden = !wrong.includes(true);
  }

  show() {
    for (const {canvas, image} of this.thumbs) paint(canvas, SIDE, SIDE, (i) => grey(image[i]));
  }
}
