// Values and gradients of a whole graph. A call is {op, inputs, output, options, shape}, with
// tensors named by numbers, and stands after all that it uses.

import {map, reshaped, unbroadcast} from "./tensor.js";
import {ops} from "./ops/all.js";

// Fill in the value of every call; `values` holds those of the leaves, and of what stays fixed.
export function forward(calls, values) {
  for (const call of calls) {
    if (call.fixed) continue;
    const z = ops[call.op].forward(call.inputs.map((x) => values[x]), call.options, call.shape);
    values[call.output] = reshaped(z, call.shape);
  }
  return values;
}

// The gradient of every tensor, and the part of it that came back through each use (`call.uses`
// names them, null where no gradient goes).
export function backward(calls, values, root, dout) {
  const gradients = {[root]: dout};
  const parts = {};
  for (const call of calls.toReversed()) {
    const dz = gradients[call.output];
    if (!dz || call.fixed) continue;
    localGradients(call, values, dz).forEach((dx, k) => {
      const use = call.uses[k];
      if (!dx || use === null) return;
      const x = call.inputs[k];
      parts[use] = dx;
      gradients[x] = gradients[x] ? map((a, b) => a + b, gradients[x], dx) : dx;
    });
  }
  return {gradients, parts};
}

// What one op sends back, each in the shape of its input.
export function localGradients(call, values, dz) {
  const inputs = call.inputs.map((x) => values[x]);
  const found = ops[call.op].backward(dz, inputs, values[call.output], call.options);
  return found.map((dx, k) => dx && unbroadcast(dx, inputs[k].shape));
}
