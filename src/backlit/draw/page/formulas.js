// Formulas as the outlines that Python set them in; as text where they could not be set.

const SVG = "http://www.w3.org/2000/svg";

export function formula(data, entry, scale = 17) {
  const span = document.createElement("span");
  span.className = "formula";
  const drawn = data.formulas[entry.tex];
  if (!drawn) {
    span.textContent = entry.text;
    return span;
  }
  const [path, width, ascent, descent] = drawn;
  const svg = document.createElementNS(SVG, "svg");
  const height = ascent + descent;
  svg.setAttribute("viewBox", `-0.5 ${-ascent - 0.5} ${width + 1} ${height + 1}`);
  svg.style.width = `${((width + 1) * scale) / 10}px`;
  svg.style.height = `${((height + 1) * scale) / 10}px`;
  svg.style.verticalAlign = `${(-(descent + 0.5) * scale) / 10}px`;
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", entry.text);
  const outline = document.createElementNS(SVG, "path");
  outline.setAttribute("d", path);
  outline.setAttribute("fill", "currentColor");
  svg.append(outline);
  span.append(svg);
  return span;
}
