// Arrays out of the page: base64 of little-endian numbers, one after another.

import {bytes} from "../../web/js/bytes.js";

// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction.
const half = (bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

// A function that hands out the next array of a given number of values.
export const reader = (text, dtype) => {
  const raw = bytes(text);
  const view = new DataView(raw.buffer);
  const width = dtype === "float16" ? 2 : 4;
  const value =
    dtype === "float16"
      ? (at) => half(view.getUint16(at, true))
      : (at) => view.getFloat32(at, true);
  let at = 0;
  return (length) => {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++, at += width) values[i] = value(at);
    return values;
  };
};
