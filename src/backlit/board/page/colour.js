// Values as colours, which the style sheet names for light and for dark.

const read = (style, name) => {
  const hex = style.getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
};

const mix = (a, b, share) => a.map((v, i) => v + (b[i] - v) * share);

const palette = {};

export const readPalette = () => {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["well", "ink", "for", "against"]) palette[name] = read(style, `--${name}`);
};

// Small values must be seen too: a root lifts them, for both signs alike.
const lifted = (share) => Math.min(1, Math.abs(share)) ** 0.7;

// From −1 (against) over 0 to 1 (for); a trace of the ink beneath, 0 to 1.
export const diverging = (share, ink = 0) => {
  const ground = mix(palette.well, palette.ink, 0.2 * ink);
  return mix(ground, share < 0 ? palette.against : palette.for, lifted(share));
};

// From 0 (paper) to 1 (ink).
export const grey = (share) => mix(palette.well, palette.ink, share);

export const css = (colour) => `rgb(${colour.map(Math.round).join(" ")})`;

// Paint a canvas with one pixel to a value; the style sheet enlarges it.
export const paint = (canvas, width, height, colour) => {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    image.data.set(colour(i), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
};
