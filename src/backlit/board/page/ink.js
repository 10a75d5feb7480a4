// What is drawn on the pad: ink from 0 to 1 on a fine square grid, and the way back by undoing.

export const FINE = 280;
const STEPS_BACK = 100;

// How far a point is from a stretch between two points.
const distance = (x, y, a, b) => {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length && Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length));
  return Math.hypot(x - a.x - along * dx, y - a.y - along * dy);
};

const bounded = (value) => Math.min(FINE, Math.max(0, value));

export class Ink {
  constructor() {
    this.values = new Float32Array(FINE * FINE);
    this.before = [];
  }

  get empty() {
    return this.values.every((value) => value === 0);
  }

  // To be called before anything that one undo shall take back.
  remember() {
    this.before.push(this.values.slice());
    if (this.before.length > STEPS_BACK) this.before.shift();
  }

  undo() {
    const values = this.before.pop();
    if (values) this.values = values;
    return values !== undefined;
  }

  clear() {
    this.values.fill(0);
  }

  // A stroke of a round pen, its edge smoothed over one pixel; or of an eraser.
  stroke(a, b, width, erase = false) {
    const radius = width / 2;
    const reach = radius + 1;
    const top = Math.floor(bounded(Math.min(a.y, b.y) - reach));
    const bottom = Math.ceil(bounded(Math.max(a.y, b.y) + reach));
    const left = Math.floor(bounded(Math.min(a.x, b.x) - reach));
    const right = Math.ceil(bounded(Math.max(a.x, b.x) + reach));
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const far = distance(x + 0.5, y + 0.5, a, b);
        const cover = Math.min(1, Math.max(0, radius + 0.5 - far));
        const i = y * FINE + x;
        this.values[i] = erase
          ? Math.min(this.values[i], 1 - cover)
          : Math.max(this.values[i], cover);
      }
    }
  }

  // An image of side × side pixels, enlarged to fill the pad.
  stamp(pixels, side) {
    for (let y = 0; y < FINE; y++) {
      const row = Math.floor((y * side) / FINE) * side;
      for (let x = 0; x < FINE; x++) {
        this.values[y * FINE + x] = pixels[row + Math.floor((x * side) / FINE)];
      }
    }
  }
}
