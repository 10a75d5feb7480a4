// Numbers as the figures print them; the same rules as backlit.draw.number.

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function number(value, precision = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const magnitude = Math.abs(value);
  if (magnitude && !(magnitude >= 1e-4 && magnitude < 1e7)) {
    const [digits, exponent] = value.toExponential(precision - 1).split("e");
    const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "⁻" : DIGITS[c])).join("");
    return `${trimmed(digits)}·10${raised}`.replace("-", "−");
  }
  const text = magnitude >= 10 ** precision
    ? value.toFixed(0)
    : trimmed(Number(value.toPrecision(precision)).toFixed(decimals(value, precision)));
  return Number(text) === 0 ? "0" : text.replace("-", "−");
}

function decimals(value, precision) {
  if (!value) return 0;
  const leading = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(precision)))));
  return Math.min(Math.max(precision - 1 - leading, 0), 20);
}

function trimmed(digits) {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
