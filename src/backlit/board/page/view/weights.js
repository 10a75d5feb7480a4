// The weights with which a unit looks at the image, as a picture, where there are such.

const IDLE = new Set(["Dropout", "Flatten"]);
const OF_ONE_VALUE = new Set([
  "Dropout", "GELU", "LeakyReLU", "ReLU", "Sigmoid", "SiLU", "Softplus", "Tanh",
]);

const column = ({shape: [inputs, outputs], data}, unit) =>
  Float64Array.from({length: inputs}, (_, i) => data[i * outputs + unit]);

// A function from a unit of the layer to {width, height, values}, if the layer sees the image.
const looker = ({kind, arrays: {W}}, side) => {
  if (kind === "Affine" && W.shape[0] === side * side) {
    return (unit) => ({width: side, height: side, values: column(W, unit)});
  }
  if (kind === "Conv2d" && W.shape[1] === 1) {
    const [, , height, width] = W.shape;
    const area = height * width;
    return (unit) => ({width, height, values: W.data.slice(unit * area, (unit + 1) * area)});
  }
  return null;
};

// One of these for each layer, or null. What follows the layer that sees the image, and works on
// each value alone, has that layer's units.
export const lookers = (layers, side) => {
  const first = layers.findIndex(({kind}) => !IDLE.has(kind));
  let look = null;
  return layers.map((layer, i) => {
    if (i === first) look = looker(layer, side);
    else if (!OF_ONE_VALUE.has(layer.kind)) look = null;
    return look;
  });
};
