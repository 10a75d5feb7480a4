// The drawing as a file of its own: colours as they are now, and nothing of the page's styles.

const STYLED = ["fill", "stroke", "opacity"];

export function standalone(svg, full, fonts) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const name of STYLED) {
      const written = node.getAttribute(name) ?? "";
      if (written.includes("var(") || (name === "opacity" && style.opacity !== "1")) {
        to[i].setAttribute(name, style.getPropertyValue(name));
      }
    }
  });
  for (const node of to) {
    for (const {name} of [...node.attributes]) {
      if (name === "class" || name === "tabindex" || name === "style" || name.startsWith("data-")) {
        node.removeAttribute(name);
      }
    }
    if (node.getAttribute("role") !== "button") continue;
    node.removeAttribute("role");
    if (node.getAttribute("aria-label").startsWith("Close ")) node.removeAttribute("aria-label");
  }
  for (const node of copy.querySelectorAll(".touch")) node.remove();
  copy.setAttribute("width", full.width);
  copy.setAttribute("height", full.height);
  copy.setAttribute("viewBox", `0 0 ${full.width} ${full.height}`);
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  paper.setAttribute("width", full.width);
  paper.setAttribute("height", full.height);
  const page = getComputedStyle(document.documentElement);
  paper.setAttribute("fill", page.getPropertyValue("--paper").trim());
  const style = document.createElementNS(svg.namespaceURI, "style");
  style.textContent = fonts;
  copy.prepend(style, paper);
  return `${new XMLSerializer().serializeToString(copy)}\n`;
}

export function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "image/svg+xml"}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// The clipboard's own way needs a page from a server; a selection does it everywhere.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
