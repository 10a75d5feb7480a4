// The drawing on its stage: moved and enlarged with a mouse, fingers or keys.

const LEAST = 0.05;
const MOST = 12;
// Below that, numbers are too small for most eyes.
const READABLE = 0.66;

export class Stage {
  constructor(box, told) {
    this.box = box;
    this.told = told;
    this.fingers = new Map();
    this.moved = 0;
    box.addEventListener("wheel", (event) => this.wheel(event), {passive: false});
    box.addEventListener("pointerdown", (event) => this.down(event));
    box.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      box.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    }
    // A drag is no click, wherever it ends.
    box.addEventListener("click", (event) => {
      if (this.moved > 6) event.stopPropagation();
    }, {capture: true});
    new ResizeObserver(() => this.settle()).observe(box);
  }

  hold(svg) {
    this.svg = svg;
    const {width, height} = svg.viewBox.baseVal;
    this.full = {width, height};
    svg.setAttribute("width", "100%");
    svg.setAttribute("height", "100%");
    this.own = false;
    this.open();
  }

  // All of it; at first, so that it can be read: on a small screen the beginning.
  open() {
    this.fit();
    const {height} = this.box.getBoundingClientRect();
    if (this.place.zoom >= READABLE || !height) return;
    this.at({zoom: READABLE, x: this.box.clientWidth / READABLE / 2, y: this.full.height / 2});
  }

  fit() {
    const {width, height} = this.box.getBoundingClientRect();
    // A small graph is not blown up beyond twice its size.
    const zoom = Math.min(width / this.full.width, height / this.full.height, 2) || 1;
    this.own = false;
    this.at({zoom, x: this.full.width / 2, y: this.full.height / 2});
  }

  settle() {
    if (!this.svg) return;
    if (this.own) this.at(this.place);
    else this.open();
  }

  // `x` and `y` are what stands in the middle.
  at({zoom, x, y}) {
    const {width, height} = this.box.getBoundingClientRect();
    const near = (value, length) => Math.min(Math.max(value, 0), length);
    this.place = {
      zoom: Math.min(Math.max(zoom, LEAST), MOST),
      x: near(x, this.full.width),
      y: near(y, this.full.height),
    };
    const [w, h] = [width / this.place.zoom, height / this.place.zoom];
    if (!(w > 0 && h > 0)) return;
    this.svg.setAttribute("viewBox", `${this.place.x - w / 2} ${this.place.y - h / 2} ${w} ${h}`);
    this.told(this.place.zoom);
  }

  // Enlarge around a point of the screen, which stays where it is.
  zoom(factor, clientX, clientY) {
    const box = this.box.getBoundingClientRect();
    const dx = (clientX ?? box.left + box.width / 2) - box.left - box.width / 2;
    const dy = (clientY ?? box.top + box.height / 2) - box.top - box.height / 2;
    const {zoom, x, y} = this.place;
    const next = Math.min(Math.max(zoom * factor, LEAST), MOST);
    this.own = true;
    this.at({zoom: next, x: x + dx / zoom - dx / next, y: y + dy / zoom - dy / next});
  }

  pan(dx, dy) {
    const {zoom, x, y} = this.place;
    this.own = true;
    this.at({zoom, x: x - dx / zoom, y: y - dy / zoom});
  }

  // Bring a node or an edge into sight, if it is not. Where it stands is read from what it is
  // written with: to ask the browser would have it lay out the whole drawing once more.
  reveal(node) {
    const rect = node.querySelector("rect");
    if (!rect) return;
    const read = (name) => Number(rect.getAttribute(name));
    const [x, y, w, h] = ["x", "y", "width", "height"].map(read);
    const {width, height} = this.box.getBoundingClientRect();
    const {zoom} = this.place;
    const off = (from, length, middle, room) => {
      const start = (from - middle) * zoom + room / 2;
      return Math.max(12 - start, 0) || Math.min(room - 12 - start - length * zoom, 0);
    };
    const dx = off(x, w, this.place.x, width);
    const dy = off(y, h, this.place.y, height);
    if (dx || dy) this.pan(dx, dy);
  }

  wheel(event) {
    event.preventDefault();
    // With Ctrl it comes from two fingers on a touchpad, in smaller steps.
    const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015));
    this.zoom(factor, event.clientX, event.clientY);
  }

  down(event) {
    if (!this.fingers.size) this.moved = 0;
    this.fingers.set(event.pointerId, event);
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const others = [...this.fingers.values()].filter((one) => one !== before);
    this.fingers.set(event.pointerId, event);
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    this.moved += Math.hypot(dx, dy);
    if (others.length) {
      const [other] = others;
      const was = Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY);
      const is = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
      const middle = [(event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2];
      if (was > 0) this.zoom(is / was, ...middle);
    } else if (this.moved > 6) {
      // Only now, so that a plain click still reaches what it meant.
      this.box.setPointerCapture(event.pointerId);
      this.pan(dx, dy);
    }
  }
}
