// Reading single cells off a picture: under the pointer, or with the arrow keys once it has the
// focus. To a screen reader it is a slider over the cells, whose value is said in words.

const STEPS = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity};

export class Probe {
  // `shape()` says {columns, cells}; `chosen(i)` is called with a cell's number.
  constructor(element, label, shape, chosen) {
    Object.assign(this, {element, shape, chosen});
    this.at = 0;
    element.tabIndex = 0;
    element.setAttribute("role", "slider");
    element.setAttribute("aria-label", label);
    element.setAttribute("aria-valuemin", "1");
    const touched = (event) => this.point(event);
    for (const name of ["pointermove", "pointerdown"]) element.addEventListener(name, touched);
    element.addEventListener("keydown", (event) => this.press(event));
    element.addEventListener("focus", () => this.choose(this.at));
  }

  point(event) {
    const box = this.element.getBoundingClientRect();
    const {columns, cells} = this.shape();
    const rows = Math.ceil(cells / columns);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    if (column < 0 || column >= columns || row < 0 || row >= rows) return;
    if (row * columns + column < cells) this.choose(row * columns + column);
  }

  press(event) {
    const {columns} = this.shape();
    const step = {...STEPS, ArrowUp: -columns, ArrowDown: columns}[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.choose(this.at + step);
  }

  choose(cell) {
    const {cells} = this.shape();
    this.at = Math.min(cells - 1, Math.max(0, cell));
    this.element.setAttribute("aria-valuemax", String(cells));
    this.element.setAttribute("aria-valuenow", String(this.at + 1));
    this.chosen(this.at);
  }

  // What the chosen cell is now.
  tell(text) {
    this.element.setAttribute("aria-valuetext", text);
  }
}
