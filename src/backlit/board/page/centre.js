// A drawing laid out as the makers of MNIST laid out theirs: its box scaled to 20 × 20 pixels with
// its proportions kept, in grey levels that say how much of a pixel is ink, and moved so that its
// centre of mass is the middle of 28 × 28. The strongest pixel counts as 1, as it does there.
//
// Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
// recognition", Proceedings of the IEEE 86(11), 1998, section III.A.

const SIDE = 28;
const BOX = 20;

// The smallest rectangle with all the ink: rows top to bottom, columns left to right, ends excluded.
const extent = (ink, side) => {
  let [top, bottom, left, right] = [side, 0, side, 0];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (ink[row * side + column] === 0) continue;
      top = Math.min(top, row);
      bottom = Math.max(bottom, row + 1);
      left = Math.min(left, column);
      right = Math.max(right, column + 1);
    }
  }
  return {top, left, height: bottom - top, width: right - left};
};

// For each of `after` equal parts of a line of `before` pixels, the pixels it covers and how much.
const shares = (before, after) =>
  Array.from({length: after}, (_, part) => {
    const [start, end] = [(part * before) / after, ((part + 1) * before) / after];
    const covered = [];
    for (let i = Math.floor(start); i < Math.min(Math.ceil(end), before); i++) {
      covered.push([i, (Math.min(i + 1, end) - Math.max(i, start)) / (end - start)]);
    }
    return covered;
  });

const scaled = (ink, side, {top, left, height, width}) => {
  const scale = BOX / Math.max(height, width);
  const [rows, columns] = [height, width].map((n) => Math.max(1, Math.round(n * scale)));
  const [down, across] = [shares(height, rows), shares(width, columns)];
  const pixels = new Float64Array(rows * columns);
  down.forEach((covered, r) => {
    across.forEach((beside, c) => {
      let total = 0;
      for (const [i, tall] of covered) {
        const row = (top + i) * side + left;
        for (const [j, wide] of beside) total += tall * wide * ink[row + j];
      }
      pixels[r * columns + c] = total;
    });
  });
  return {rows, columns, pixels};
};

// Where a line of pixels has its centre of mass, pixels counted from 0. In MNIST that is pixel 14.
const middle = (mass, total) => mass.reduce((sum, m, i) => sum + m * i, 0) / total;

const within = (from, size) => Math.min(Math.max(from, 0), SIDE - size);

// From ink of any strength on a square of `side` pixels to 28 × 28 values, 0 to 1; null for paper.
export const centred = (ink, side) => {
  const box = extent(ink, side);
  if (box.height <= 0) return null;
  const {rows, columns, pixels} = scaled(ink, side, box);
  const down = new Float64Array(rows);
  const across = new Float64Array(columns);
  let [total, strongest] = [0, 0];
  pixels.forEach((value, i) => {
    down[Math.floor(i / columns)] += value;
    across[i % columns] += value;
    total += value;
    strongest = Math.max(strongest, value);
  });
  const top = within(Math.round(SIDE / 2 - middle(down, total)), rows);
  const left = within(Math.round(SIDE / 2 - middle(across, total)), columns);
  const out = new Float64Array(SIDE * SIDE);
  pixels.forEach((value, i) => {
    out[(top + Math.floor(i / columns)) * SIDE + left + (i % columns)] = value / strongest;
  });
  return out;
};
