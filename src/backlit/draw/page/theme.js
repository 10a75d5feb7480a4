// Light or dark: as the system says, until somebody chooses.

const ROUND = {auto: "light", light: "dark", dark: "auto"};
const SAID = {auto: "as the system", light: "light", dark: "dark"};

export function startTheme(button, first, changed) {
  const root = document.documentElement;
  if (first !== "auto") root.dataset.theme = first;
  const name = () => root.dataset.theme ?? "auto";
  const say = () => {
    button.textContent = {auto: "◐", light: "☀", dark: "☾"}[name()];
    button.setAttribute("aria-label", `Colours: ${SAID[name()]}`);
    button.title = `Colours: ${SAID[name()]}`;
  };
  button.addEventListener("click", () => {
    const next = ROUND[name()];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    say();
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  say();
}
