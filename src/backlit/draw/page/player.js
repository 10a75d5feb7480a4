// Where the play stands, and its clock.

const PAUSE = 1400;

export class Player {
  constructor(changed) {
    this.changed = changed;
    this.last = 0;
    this.at = 0;
    this.speed = 1;
    this.timer = null;
  }

  get playing() {
    return this.timer !== null;
  }

  // Steps are numbered from 0; `at` is the one that was taken last.
  load(count, at = count - 1) {
    this.pause();
    this.last = count - 1;
    this.at = Math.min(at, this.last);
  }

  go(at) {
    const wanted = Math.min(Math.max(at, 0), this.last);
    if (wanted === this.last) this.pause();
    this.at = wanted;
    this.changed();
  }

  step(by) {
    this.pause();
    this.go(this.at + by);
  }

  play() {
    if (this.playing) return;
    if (this.at === this.last) this.at = 0;
    this.tick();
    this.changed();
  }

  tick() {
    this.timer = setTimeout(() => {
      this.tick();
      this.go(this.at + 1);
    }, PAUSE / this.speed);
  }

  pause() {
    clearTimeout(this.timer);
    const was = this.playing;
    this.timer = null;
    return was;
  }

  toggle() {
    if (this.pause()) this.changed();
    else this.play();
  }
}
