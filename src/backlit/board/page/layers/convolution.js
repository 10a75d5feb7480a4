// Filters moved over the channels of an image. W is (F, C / groups, KH, KW).

import {tensor} from "../tensor.js";
import {channels, image, pairs, windows} from "./windows.js";

export const Conv2d = (options, {W, b}) => {
  const [filters, within] = W.shape;
  let known = null; // windows of the last size of image: on a page it is always the same
  return (x) => {
    const {area, lengths} = channels(x);
    if (known?.lengths.join() !== lengths.join()) {
      const frame = windows(options, lengths);
      known = {lengths, frame, seen: pairs(frame)};
    }
    const {frame, seen} = known;
    const perGroup = filters / options.groups;
    // Each filter with each channel that it sees: where their parts of W, x and y begin.
    const visit = (work) => {
      for (let f = 0; f < filters; f++) {
        const first = Math.floor(f / perGroup) * within;
        for (let c = 0; c < within; c++) {
          work((f * within + c) * frame.size, (first + c) * area, f * frame.area);
        }
      }
    };
    const {places, positions, pixels} = seen;
    const y = image(filters, frame);
    if (b) y.data.forEach((_, i) => (y.data[i] = b.data[Math.floor(i / frame.area)]));
    visit((w, from, to) => {
      for (let n = 0; n < places.length; n++) {
        y.data[to + places[n]] += W.data[w + positions[n]] * x.data[from + pixels[n]];
      }
    });
    const back = (dy) => {
      const dx = tensor(x.shape);
      visit((w, from, to) => {
        for (let n = 0; n < places.length; n++) {
          dx.data[from + pixels[n]] += W.data[w + positions[n]] * dy.data[to + places[n]];
        }
      });
      return dx;
    };
    return {y, back};
  };
};
