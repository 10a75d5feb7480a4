// Numbers and sentences as people write them.

const MINUS = "−";

// What rounds to nothing has no sign.
const written = (value, plus) => {
  const size = Math.abs(value).toFixed(2);
  if (Number(size) === 0) return size;
  return (value < 0 ? MINUS : plus) + size;
};

export const number = (value) => written(value, "");

export const signed = (value) => written(value, "+");

// Never a whole 100 % or 0 % for what is only near it.
export const percent = (share) => {
  if (share >= 0.9995 && share < 1) return ">99.9 %";
  if (share < 0.0005 && share > 0) return "<0.1 %";
  return `${(100 * share).toFixed(1)} %`;
};

// "a {digit}" with digit: 4 is "a 4".
export const fill = (sentence, values = {}) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
