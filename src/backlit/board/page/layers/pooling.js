// The largest pixel that a window sees, or the average; and both over a whole channel.

import {tensor} from "../tensor.js";
import {channels, image, windows} from "./windows.js";

// Padding never wins; on a tie the first pixel, row by row, gets the gradient.
export const MaxPool2d = (options) => (x) => {
  const {count, area, lengths} = channels(x);
  const frame = windows(options, lengths);
  const y = image(count, frame);
  const winners = new Int32Array(y.data.length);
  for (let c = 0; c < count; c++) {
    frame.each((place, see) => {
      let best = -1;
      see((_, i) => {
        if (best < 0 || x.data[c * area + i] > x.data[best]) best = c * area + i;
      });
      winners[c * frame.area + place] = best;
      y.data[c * frame.area + place] = best < 0 ? -Infinity : x.data[best];
    });
  }
  const back = (dy) => {
    const dx = tensor(x.shape);
    winners.forEach((i, place) => (dx.data[i] += dy.data[place]));
    return dx;
  };
  return {y, back};
};

export const AvgPool2d = (options) => (x) => {
  const {count, area, lengths} = channels(x);
  const frame = windows(options, lengths);
  const y = image(count, frame);
  const counted = new Float64Array(frame.area).fill(frame.size);
  if (!options.count_include_pad) {
    counted.fill(0);
    frame.each((place, see) => see(() => counted[place]++));
  }
  // Every window with every pixel that it sees, in every channel.
  const visit = (work) => {
    for (let c = 0; c < count; c++) {
      frame.each((place, see) =>
        see((_, i) => work(c * area + i, c * frame.area + place, counted[place])),
      );
    }
  };
  visit((i, place, divisor) => (y.data[place] += x.data[i] / divisor));
  const back = (dy) => {
    const dx = tensor(x.shape);
    visit((i, place, divisor) => (dx.data[i] += dy.data[place] / divisor));
    return dx;
  };
  return {y, back};
};

// A number for each channel, and the share of its gradient that each pixel gets.
const whole = (summary) => () => (x) => {
  const {count, area} = channels(x);
  const y = tensor([count]);
  const shares = tensor(x.shape);
  for (let c = 0; c < count; c++) {
    const pixels = x.data.subarray(c * area, (c + 1) * area);
    const {value, share} = summary(pixels);
    y.data[c] = value;
    pixels.forEach((pixel, i) => (shares.data[c * area + i] = share(pixel)));
  }
  const back = (dy) => tensor(x.shape, shares.data.map((s, i) => s * dy.data[Math.floor(i / area)]));
  return {y, back};
};

export const GlobalAvgPool2d = whole((pixels) => {
  const total = pixels.reduce((sum, v) => sum + v, 0);
  return {value: total / pixels.length, share: () => 1 / pixels.length};
});

// Pixels that share the maximum share its gradient.
export const GlobalMaxPool2d = whole((pixels) => {
  const value = pixels.reduce((a, b) => Math.max(a, b), -Infinity);
  const ties = pixels.reduce((count, v) => count + (v === value), 0);
  return {value, share: (v) => (v === value ? 1 / ties : 0)};
});
