// Which ops are open: the views that the page carries, and the way from one to another.

import {make} from "../../web/js/dom.js";

export class Views {
  constructor(app, select) {
    this.app = app;
    this.select = select;
    this.list = app.data.views.map((view) => new Set(view.opened));
    if (this.list.length < 2) {
      select.closest("label").hidden = true;
      return;
    }
    select.append(...app.data.views.map((view, i) => make("option", {value: i}, view.title)));
    select.addEventListener("change", () => app.view(Number(select.value)));
  }

  find(wanted) {
    const same = (set) => set.size === wanted.size && [...wanted].every((name) => set.has(name));
    const number = this.list.findIndex(same);
    return number < 0 ? null : number;
  }

  get now() {
    return this.list[this.app.model.number];
  }

  // The view with `name` opened too; with it alone, where the page has no other.
  opening(name) {
    if (this.now.has(name)) return null;
    const together = this.find(new Set([...this.now, name]));
    return together ?? this.find(new Set([name]));
  }

  closing(name) {
    if (!this.now.has(name)) return this.now.size ? this.find(new Set()) : null;
    const without = new Set([...this.now].filter((one) => one !== name));
    return this.find(without) ?? this.find(new Set());
  }

  go(number) {
    this.select.value = String(number);
    this.app.view(number);
  }
}
