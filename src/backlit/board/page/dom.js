// What the board does with elements.

// Changes a text only where it differs, so that a live region speaks once.
export const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// At most one call a frame, the last one asked for.
export const eachFrame = (work) => {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      work();
    });
  };
};

// Calls `changed` with the checked radio button's value, and returns a function that reads it.
export const choice = (name, changed) => {
  const all = [...document.querySelectorAll(`input[name="${name}"]`)];
  all.forEach((input) => input.addEventListener("change", changed));
  return () => all.find((input) => input.checked).value;
};
