// An array is its shape and its elements in one Float64Array, the last axis running fastest.

export function tensor(shape, data) {
  return {shape, data};
}

export function size(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

export function filled(shape, value) {
  return tensor(shape, new Float64Array(size(shape)).fill(value));
}

export function scalar(value) {
  return filled([], value);
}

// The shape that NumPy broadcasts shapes to.
export function broadcastShape(...shapes) {
  const ndim = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({length: ndim}, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - ndim + shape.length] ?? 1);
    const length = lengths.find((one) => one !== 1) ?? 1;
    if (lengths.some((one) => one !== 1 && one !== length)) {
      throw new RangeError(`shapes ${shapes.map((shape) => `(${shape})`).join(" and ")} differ`);
    }
    return length;
  });
}

// For each element of an array of shape `out`, the place of the element of `shape` that
// broadcasting puts there.
export function sources(shape, out) {
  const places = new Int32Array(size(out));
  const offset = out.length - shape.length;
  let repeat = 1;
  let stride = 1;
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const length = shape[axis - offset] ?? 1;
    if (length > 1) {
      for (let i = 0; i < places.length; i++) {
        places[i] += (Math.floor(i / repeat) % out[axis]) * stride;
      }
    }
    stride *= length;
    repeat *= out[axis];
  }
  return places;
}

function same(a, b) {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

export function broadcastTo(x, shape) {
  if (same(x.shape, shape)) return x;
  return gathered(x, sources(x.shape, shape), shape);
}

// `f` of every element of one array, or of several with broadcasting.
export function map(f, ...xs) {
  if (xs.length === 1) return tensor(xs[0].shape, xs[0].data.map((value) => f(value)));
  const shape = broadcastShape(...xs.map((x) => x.shape));
  const data = new Float64Array(size(shape));
  const [a, b, ...others] = xs.map((x) => broadcastTo(x, shape).data);
  if (!others.length) for (let i = 0; i < data.length; i++) data[i] = f(a[i], b[i]);
  else for (let i = 0; i < data.length; i++) data[i] = f(a[i], b[i], ...others.map((c) => c[i]));
  return tensor(shape, data);
}

// The sum over the axes along which an array of `shape` was repeated, in that shape.
export function unbroadcast(gradient, shape) {
  if (same(gradient.shape, shape)) return gradient;
  return scattered(gradient, sources(shape, gradient.shape), shape);
}

export function reshaped(x, shape) {
  return tensor(shape, x.data);
}

// The elements at `places`, and back: each added where it was taken from.
export function gathered(x, places, shape) {
  return tensor(shape, Float64Array.from(places, (place) => x.data[place]));
}

export function scattered(x, places, shape) {
  const z = filled(shape, 0);
  places.forEach((place, i) => {
    z.data[place] += x.data[i];
  });
  return z;
}
