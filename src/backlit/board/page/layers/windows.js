// Windows that move over the last two axes of (C, H, W): what convolution and pooling share.

import {tensor} from "../tensor.js";

// Where windows stand, and what they see. `each(oy, ox, see)` visits every place of the output;
// there `see(visit)` visits the positions of the window that lie inside the image, row by row, as
// visit(k, i) with the position's number k and the index i of a pixel in its channel.
export const windows = ({kernel, stride, padding, dilation}, [height, width]) => {
  const [[top, bottom], [left, right]] = padding;
  const fit = (length, k) =>
    Math.floor((length - dilation[k] * (kernel[k] - 1) - 1) / stride[k]) + 1;
  const rows = fit(height + top + bottom, 0);
  const columns = fit(width + left + right, 1);
  const each = (place) => {
    for (let oy = 0; oy < rows; oy++) {
      for (let ox = 0; ox < columns; ox++) {
        const see = (visit) => {
          for (let ky = 0; ky < kernel[0]; ky++) {
            const y = oy * stride[0] - top + ky * dilation[0];
            if (y < 0 || y >= height) continue;
            for (let kx = 0; kx < kernel[1]; kx++) {
              const x = ox * stride[1] - left + kx * dilation[1];
              if (x >= 0 && x < width) visit(ky * kernel[1] + kx, y * width + x);
            }
          }
        };
        place(oy * columns + ox, see);
      }
    }
  };
  return {rows, columns, area: rows * columns, size: kernel[0] * kernel[1], each};
};

// The pairs of a position and a pixel, place by place, as flat arrays: they are the same for every
// channel, so loops over channels run over these.
export const pairs = ({each}) => {
  const [places, positions, pixels] = [[], [], []];
  each((place, see) =>
    see((k, i) => {
      places.push(place);
      positions.push(k);
      pixels.push(i);
    }),
  );
  return {places: Int32Array.from(places), positions: Int32Array.from(positions), pixels: Int32Array.from(pixels)};
};

export const channels = (x) => {
  const [count, height, width] = x.shape;
  return {count, area: height * width, lengths: [height, width]};
};

export const image = (count, {rows, columns}) => tensor([count, rows, columns]);
