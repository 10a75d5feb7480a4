// The keyboard. Where something has the focus that needs a key itself, the key is left to it.

const BUSY = "input, select, textarea, canvas, dialog";

export function listen(app) {
  const {player, stage} = app;
  const keys = {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    ArrowRight: () => player.step(1),
    ArrowLeft: () => player.step(-1),
    Home: () => player.step(-Infinity),
    End: () => player.step(Infinity),
    "+": () => stage.zoom(1.25),
    "=": () => stage.zoom(1.25),
    "-": () => stage.zoom(0.8),
    0: () => stage.fit(),
    r: () => app.reset(),
    "?": () => app.help.showModal(),
    Escape: () => app.pick(null),
  };
  const moves = {ArrowRight: [-60, 0], ArrowLeft: [60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(BUSY)) return;
    const pressed = event.key === " " || event.key === "Enter";
    const picked = event.target.closest("[data-op], [data-edge], [data-close]");
    if (picked && pressed) {
      event.preventDefault();
      app.pickElement(picked);
      return;
    }
    if (pressed && event.target.closest("button, a, summary")) return;
    if (event.shiftKey && moves[event.key]) stage.pan(...moves[event.key]);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
}
