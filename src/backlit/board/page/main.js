// The board: what is drawn goes through the net, and back.

import {attribute, rivalOf, seed} from "./attribution.js";
import {centred} from "./centre.js";
import {readPalette} from "./colour.js";
import {byId} from "../../web/js/dom.js";
import {choice, eachFrame, say} from "./dom.js";
import {fill} from "./format.js";
import {FINE, Ink} from "./ink.js";
import {backward, build, forward} from "./net.js";
import {Pad} from "./pad.js";
import {argmax, softmax, tensor} from "./tensor.js";
import {reader} from "./unpack.js";
import {Answer} from "./view/answer.js";
import {Layers} from "./view/layers.js";
import {Pixels} from "./view/pixels.js";
import {Samples} from "./view/samples.js";

const SIDE = 28;
const {net, classes, samples, words} = JSON.parse(byId("data").textContent);
const layers = build(net.layers, reader(net.weights, net.dtype));
const ink = new Ink();
// `digit` is the class asked about, null for the answer; `label` that of the test digit shown.
const state = {digit: null, label: null, shown: null};

// Scores are what comes before a softmax that ends the net.
const think = (pixels) => {
  const x = tensor(net.input, Float64Array.from(pixels));
  const trace = forward(layers, x);
  const scores = trace.outputs.at(-1);
  return {x, trace, scores, probabilities: softmax(scores.data), answer: argmax(scores.data)};
};

// The gradients of the question's score: of the image, and of every layer's output.
const goBack = (thought, digit, rival) => {
  const dy = seed(thought.scores, digit, rival);
  const gradients = backward(thought.trace, dy);
  return {image: gradients[0], outputs: [...gradients.slice(1), dy]};
};

readPalette();
const method = choice("method", () => update());
const side = choice("side", () => update());
const layerView = choice("layer-view", () => update());
const tool = choice("tool", () => {});
const answer = new Answer(classes, words, (digit) => {
  state.digit = state.digit === digit ? null : digit;
  update();
});
const shapes = think(new Float64Array(SIDE * SIDE)).trace.outputs.map(({shape}) => shape);
const pixelView = new Pixels(words, net.curved);
const layersView = new Layers(layers, shapes, SIDE, classes, words);
const thumbs = new Samples(samples, classes, words, (image, truth) => paintImage(image, truth));

const label = (digit, rival) => {
  const names = {digit: digit === null ? "?" : classes[digit], rival: digit === null ? "?" : classes[rival]};
  for (const key of ["both", "for", "against", "rival"]) {
    say(byId(`side-${key}`), fill(words[`side_${key}`], names));
  }
  const asked = state.digit === null ? words.asked_answer : words.asked_class;
  say(byId("asked"), digit === null ? "" : fill(asked, names));
};

const update = eachFrame(() => {
  const pixels = centred(ink.values, FINE);
  byId("hint").hidden = !ink.empty;
  byId("undo").disabled = ink.before.length === 0;
  state.shown = pixels && {pixels, ...think(pixels)};
  if (!state.shown) {
    answer.blank();
    label(null);
    pixelView.show(null);
    layersView.show(null);
    return;
  }
  const {scores, probabilities, x} = state.shown;
  const digit = state.digit ?? state.shown.answer;
  const rival = rivalOf(scores.data, digit);
  const against = side() === "rival" ? rival : null;
  const gradients = goBack(state.shown, digit, against);
  const score = scores.data[digit] - (against === null ? 0 : scores.data[against]);
  answer.show({probabilities, scores: scores.data, answer: state.shown.answer}, digit, state.label);
  label(digit, rival);
  pixelView.show({
    pixels,
    score,
    ...attribute(x, gradients.image, method(), side() === "rival" ? "both" : side()),
    side: side(),
    method: method(),
    digit: classes[digit],
    rival: classes[rival],
  });
  layersView.show(state.shown.trace.outputs, layerView() === "shares" ? gradients.outputs : null);
});

const pen = () => ({width: Number(byId("width").value), erase: tool() === "erase"});
const said = (key, values) => say(byId("cursor-said"), fill(words[key], values));
const drawn = () => {
  state.label = null;
  update();
};
const pad = new Pad(byId("pad"), byId("cursor"), ink, pen, drawn, said);

const paintImage = (image, truth = null) => {
  ink.remember();
  ink.stamp(image, SIDE);
  pad.changed();
  state.label = truth;
};

byId("undo").addEventListener("click", () => ink.undo() && pad.changed());
byId("clear").addEventListener("click", () => {
  if (ink.empty) return;
  ink.remember();
  ink.clear();
  pad.changed();
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    if (ink.undo()) pad.changed();
  }
});

const refresh = () => {
  readPalette();
  thumbs.show();
  pad.show();
  update();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
refresh();

// For the browser's console and for tests: the net without the page around it.
window.board = {
  paint: paintImage,
  clear: () => byId("clear").click(),
  // Through the pad and its preprocessing, as a drawing goes; {pixels, probabilities, answer}.
  read: (image) => {
    const sheet = new Ink();
    sheet.stamp(image, SIDE);
    const pixels = centred(sheet.values, FINE);
    const {probabilities, answer: best} = think(pixels);
    return {pixels: Array.from(pixels), probabilities, answer: classes[best]};
  },
  // Pixels straight into the net: every layer's output, and the gradients of one score.
  run: (pixels, digit, rival = null) => {
    const thought = think(pixels);
    const {image, outputs} = goBack(thought, digit, rival);
    return {
      outputs: thought.trace.outputs.map(({data}) => Array.from(data)),
      gradient: Array.from(image.data),
      gradients: outputs.map(({data}) => Array.from(data)),
    };
  },
};
