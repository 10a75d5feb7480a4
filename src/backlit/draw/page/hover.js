// The value under the pointer, on the heat maps in the drawing.

import {byId} from "../../web/js/dom.js";

export function hover(app) {
  const tip = byId("tip");
  const box = byId("stage");
  box.addEventListener("pointermove", (event) => {
    const heat = event.target.closest("[data-heat]")?.heat;
    const text = heat ? reading(app, heat, event) : "";
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const {left, top, width} = box.getBoundingClientRect();
    const x = event.clientX - left;
    tip.style.left = `${Math.max(Math.min(x + 14, width - tip.offsetWidth - 4), 0)}px`;
    tip.style.top = `${event.clientY - top + 16}px`;
  });
  box.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
}

function reading({marks, model, precision}, heat, event) {
  const {kind, of} = heat.place;
  const tensor = kind === "u" ? model.view.uses[of].source : of;
  const label = (kind === "v" ? "" : "d") + model.view.tensors[tensor].label;
  return heat.reading(marks.array(heat.place), label, event, precision);
}
