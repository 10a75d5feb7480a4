// A figure as a page: forward and backward, step by step, with numbers that can be changed.

import {unpacked} from "../../web/js/bytes.js";
import {byId, make} from "../../web/js/dom.js";
import {copyText, download, standalone} from "./export.js";
import {inputEditor} from "./inputs.js";
import {listen} from "./keys.js";
import {Marks} from "./marks.js";
import {Model} from "./model.js";
import {Panel} from "./panel.js";
import {Player} from "./player.js";
import {hover} from "./hover.js";
import {Stage} from "./stage.js";
import {reachedBy, stepsOf} from "./steps.js";
import {startTheme} from "./theme.js";
import {Views} from "./views.js";
import {sentence} from "./words.js";

class App {
  constructor(data) {
    this.data = data;
    this.precision = data.precision;
    this.model = new Model(data);
    this.stage = new Stage(byId("stage"), (zoom) => {
      byId("zoom").textContent = `${Math.round(zoom * 100)} %`;
    });
    this.player = new Player(() => this.stepped());
    this.panel = new Panel(byId("panel-body"), this);
    this.views = new Views(this, byId("view"));
    this.help = byId("help");
    this.picked = null;
    this.controls();
    listen(this);
    hover(this);
    startTheme(byId("theme"), data.theme, () => this.recolour());
    const first = byId("stage").querySelector("svg");
    data.views[0].svg = first.outerHTML;
    this.draw(first);
  }

  // Put a view's drawing on the stage; the first is there already.
  draw(svg) {
    this.svg = svg;
    this.marks = new Marks(svg, this.model, this.precision);
    this.steps = stepsOf(this.model);
    this.player.load(this.steps.length);
    const scrub = byId("scrub");
    scrub.max = this.player.last;
    this.stage.hold(svg);
    this.marks.write();
    this.inputs();
    this.picked = null;
    this.stepped();
    // Everything is there to be read, and nothing is going on yet.
    this.marks.reach(this.reached, {kind: "given"});
    this.panel.show(null);
    this.stage.open();
    this.said(`${this.steps.length - 1} steps. Play them, or pick a node.`);
  }

  view(number) {
    this.model.show(number);
    const holder = document.createElement("div");
    // The picture was written by backlit, every name in it escaped; and no script but the page's
    // own may run here.
    holder.innerHTML = this.model.view.svg;
    const svg = holder.firstElementChild;
    this.svg.replaceWith(svg);
    this.draw(svg);
    this.said(`${this.model.view.title}.`);
    byId("view").value = String(number);
  }

  // Show where the play stands.
  stepped() {
    const {player, steps} = this;
    const step = steps[player.at];
    const done = player.at === player.last && !player.playing;
    this.reached = reachedBy(this.model, steps, player.at + 1);
    this.marks.reach(this.reached, step);
    byId("scrub").value = player.at;
    const text = sentence(this.model, step, this.precision);
    byId("scrub").setAttribute("aria-valuetext", text);
    byId("play").setAttribute("aria-pressed", String(player.playing));
    byId("play").setAttribute("aria-label", player.playing ? "Pause" : "Play");
    byId("play").classList.toggle("playing", player.playing);
    byId("count").textContent = `${player.at} / ${player.last}`;
    byId("back").disabled = player.at === 0;
    byId("forward").disabled = player.at === player.last;
    this.svg.classList.toggle("done", done);
    this.said(text);
    this.follow(step);
  }

  // The panel follows the play, with the drawing moved so that its node can be seen.
  follow(step) {
    const i = step.call?.output;
    this.mark(null);
    this.picked = null;
    const start = step.kind === "start" ? {edge: this.model.view.root} : null;
    this.panel.show(step.call ? {op: i} : start);
    // On a small screen both where it is computed and what comes of it.
    const seen = step.kind === "start" ? this.model.view.root : i;
    if (seen === undefined) return;
    for (const selector of [`.edge[data-edge="${seen}"][tabindex]`, `[data-op="${seen}"]`]) {
      const node = this.svg.querySelector(selector);
      if (node) this.stage.reveal(node);
    }
  }

  recolour() {
    this.marks.repaint();
    this.panel.show(this.panel.shown);
  }

  said(text) {
    byId("caption").textContent = text;
  }

  // What the panel shows is told apart from what the play lights.
  pick(shown, element = null) {
    this.picked = shown;
    this.mark(element);
    this.panel.show(shown);
  }

  pickElement(element) {
    const {op, edge, use, close} = element.dataset;
    if (close !== undefined) {
      const closed = this.views.closing(close);
      if (closed !== null) this.views.go(closed);
    } else if (op !== undefined) this.pick({op: Number(op)}, element);
    else this.pick({edge: Number(edge), use}, element);
  }

  mark(element) {
    for (const old of this.svg.querySelectorAll(".picked")) old.classList.remove("picked");
    element?.classList.add("picked");
  }

  edit(i, place, value) {
    this.model.edit(i, place, value);
    this.renew();
  }

  reset() {
    this.model.reset();
    this.renew();
    this.inputs();
  }

  // After a change: all numbers, where they stand.
  renew() {
    this.marks.write();
    this.told();
    this.said(sentence(this.model, this.steps[this.player.at], this.precision));
    this.panel.show(this.panel.shown);
  }

  told() {
    byId("reset").disabled = !this.model.changed;
    byId("changed").hidden = !this.model.changed;
  }

  toInput(i) {
    const field = document.querySelector(`#inputs [data-input^="${i}:"]`);
    field.focus();
    field.select();
  }

  // The inputs that can be changed, or why none can.
  inputs() {
    const box = byId("inputs");
    const numbers = this.model.view.tensors.map((_, i) => i).filter((i) => this.model.editable(i));
    this.told();
    byId("fixed").hidden = !this.model.fixed;
    byId("fixed").textContent = `The numbers stay as they are. ${this.model.fixed}`;
    byId("reset").hidden = Boolean(this.model.fixed);
    box.replaceChildren(...numbers.map((i) =>
      make("div", {class: "input", role: "group", "aria-label": this.model.view.tensors[i].label},
        make("i", {class: "label"}, this.model.view.tensors[i].label), inputEditor(this, i))));
  }

  controls() {
    const {player, stage} = this;
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("play", () => player.toggle());
    on("back", () => player.step(-1));
    on("forward", () => player.step(1));
    on("first", () => player.step(-Infinity));
    on("last", () => player.step(Infinity));
    on("zoom-in", () => stage.zoom(1.25));
    on("zoom-out", () => stage.zoom(0.8));
    on("fit", () => stage.fit());
    on("reset", () => this.reset());
    on("help-open", () => this.help.showModal());
    on("help-close", () => this.help.close());
    on("copy", async () => {
      const done = await copyText(this.file());
      this.said(done ? "Copied as SVG." : "This browser does not let a page copy.");
    });
    on("download", () => download(this.file(), "graph.svg"));
    byId("scrub").addEventListener("input", (event) => {
      player.pause();
      player.go(Number(event.target.value));
    });
    byId("speed").addEventListener("change", (event) => {
      player.speed = Number(event.target.value);
    });
    // Whoever goes on with Tab sees where.
    byId("stage").addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) stage.reveal(event.target);
    });
    byId("stage").addEventListener("click", (event) => {
      const element = event.target.closest("[data-op], .edge[data-edge], [data-close]");
      if (element) this.pickElement(element);
    });
  }

  file() {
    return standalone(this.svg, this.stage.full, this.data.fonts);
  }
}

async function start() {
  if (!globalThis.DecompressionStream) {
    byId("caption").textContent = "The drawing stands still: this browser is from before 2023.";
    return;
  }
  const text = await unpacked(JSON.parse(byId("data").textContent).packed);
  // To look at from the console: `backlit.model.values`.
  globalThis.backlit = new App(JSON.parse(text));
  document.documentElement.dataset.ready = "yes";
}

start();
