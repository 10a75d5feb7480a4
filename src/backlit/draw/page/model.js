// A view of the graph, with its numbers: Python's, until somebody changes an input.

import {numbers} from "../../web/js/bytes.js";
import {backward, forward, localGradients} from "../../web/js/graph.js";
import {filled, size, tensor} from "../../web/js/tensor.js";

export function decoded(written) {
  const array = tensor(written.shape, numbers(written.data, written.kind));
  if (!written.cells) return array;
  const [least, most, mean] = numbers(written.summary);
  return {...array, cells: written.cells, block: written.block, least, most, mean};
}

export class Model {
  constructor(data) {
    this.data = data;
    this.arrays = data.arrays.map(decoded);
    this.edits = new Map();
    this.show(0);
  }

  show(number) {
    this.view = this.data.views[number];
    this.number = number;
    this.calls = this.view.calls.map((call) => ({...call, fixed: call.constant}));
    this.callOf = new Map(this.calls.map((call) => [call.output, call]));
    this.fixed = this.view.fixed || this.missing();
    this.refresh();
  }

  // Why the view can't be computed anew although all of its ops can.
  missing() {
    const needed = this.view.tensors.filter((_, i) => this.callOf.get(i)?.constant ?? true);
    const large = needed.find((x) => this.arrays[x.value].cells);
    if (!large) return "";
    const count = size(this.arrays[large.value].shape).toLocaleString("en");
    return `${large.label} has ${count} elements, too many for the page to carry.`;
  }

  get changed() {
    return this.edits.size > 0;
  }

  value(i) {
    return this.values[i];
  }

  // The numbers that Python computed, or those that follow from the edits.
  refresh() {
    const {tensors, uses, root} = this.view;
    const stored = (number) => (number === null ? null : this.arrays[number]);
    this.values = tensors.map((x) => this.edits.get(x.key) ?? stored(x.value));
    this.gradients = tensors.map((x) => stored(x.gradient));
    this.parts = uses.map((use) => stored(use.part));
    this.locals = uses.map((use) => stored(use.local));
    if (this.changed && !this.fixed) this.compute();
    this.hasGradients = this.gradients[root] !== null;
  }

  compute() {
    const {root, uses} = this.view;
    const dout = this.gradients[root];
    forward(this.calls, this.values);
    if (!dout) return;
    const found = backward(this.calls, this.values, root, dout);
    // A gradient that is there stays there, though it be 0.
    const renewed = (fresh) => (old, i) => old && (fresh[i] ?? filled(old.shape, 0));
    this.gradients = this.gradients.map(renewed(found.gradients));
    this.parts = this.parts.map(renewed(found.parts));
    this.locals = this.locals.map((old, i) => {
      if (!old) return old;
      const call = this.callOf.get(uses[i].target);
      const ones = filled(this.values[call.output].shape, 1);
      return localGradients(call, this.values, ones)[uses[i].position];
    });
  }

  editable(i) {
    return !this.fixed && this.view.tensors[i].edit;
  }

  edit(i, element, value) {
    const {key} = this.view.tensors[i];
    const old = this.values[i];
    const data = old.data.slice();
    data[element] = value;
    this.edits.set(key, tensor(old.shape, data));
    this.refresh();
  }

  original(i) {
    return this.arrays[this.view.tensors[i].value];
  }

  reset() {
    this.edits.clear();
    this.refresh();
  }
}
