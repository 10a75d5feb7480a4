// The answer in words, and every class with its probability and score. A bar is a button that
// asks about its class.

import {byId, make} from "../../../web/js/dom.js";
import {say} from "../dom.js";
import {fill, number, percent} from "../format.js";
import {ranked} from "../tensor.js";

export class Answer {
  constructor(classes, words, asked) {
    this.classes = classes;
    this.words = words;
    this.bars = classes.map((name, i) => {
      const fillPart = make("span", {class: "fill"});
      const parts = {
        fill: fillPart,
        percent: make("span", {class: "percent"}),
        score: make("span", {class: "score"}),
      };
      const button = make(
        "button",
        {type: "button", class: "bar", "aria-pressed": "false"},
        make("span", {class: "class"}, name),
        make("span", {class: "track"}, fillPart),
        parts.percent,
        parts.score,
      );
      button.addEventListener("click", () => asked(i));
      byId("bars").append(make("li", {}, button));
      return {button, ...parts};
    });
    this.speak = null;
  }

  // `digit` is the class asked about, whether or not it is the answer.
  // `label` is what the test set says, where the drawing comes from there, or null.
  show({probabilities, scores, answer}, digit, label) {
    this.bars.forEach(({button, fill: bar, percent: share, score}, i) => {
      bar.style.width = `${100 * probabilities[i]}%`;
      share.textContent = percent(probabilities[i]);
      score.textContent = number(scores[i]);
      button.classList.toggle("best", i === answer);
      button.setAttribute("aria-pressed", String(i === digit));
    });
    byId("verdict").textContent = this.classes[answer];
    byId("glance").textContent = `${this.classes[answer]} · ${percent(probabilities[answer])}`;
    this.tell(`${this.sentence(probabilities, answer)} ${this.truth(answer, label)}`.trim());
  }

  truth(answer, label) {
    if (label === null) return "";
    const key = label === answer ? "label_right" : "label_wrong";
    return fill(this.words[key], {digit: this.classes[label]});
  }

  sentence(probabilities, answer) {
    const second = ranked(probabilities)[1];
    const values = {
      digit: this.classes[answer],
      percent: percent(probabilities[answer]),
      second: this.classes[second],
      rest: percent(probabilities[second]),
    };
    const sure = probabilities[answer] >= 0.5;
    return fill(sure ? this.words.answer : this.words.unsure, values);
  }

  // Nobody wants to hear every moment of a stroke: what is shown is spoken when it stands still.
  tell(text) {
    say(byId("said"), text);
    clearTimeout(this.speak);
    this.speak = setTimeout(() => say(byId("spoken"), text), 600);
  }

  blank() {
    for (const {button, fill: bar, percent: share, score} of this.bars) {
      bar.style.width = "0";
      share.textContent = "–";
      score.textContent = "–";
      button.classList.remove("best");
      button.setAttribute("aria-pressed", "false");
    }
    byId("verdict").textContent = "?";
    byId("glance").textContent = "";
    this.tell(this.words.nothing);
  }
}
