// The steps of a view: what is given, each call forwards, then the same calls backwards.

export function stepsOf(model) {
  const forwards = model.calls.map((call) => ({kind: "forward", call}));
  const steps = [{kind: "given"}, ...forwards];
  if (!model.hasGradients) return steps;
  const reached = model.calls.filter((call) => model.gradients[call.output]);
  return [
    ...steps,
    {kind: "start"},
    ...reached.toReversed().filter(sendsBack).map((call) => ({kind: "backward", call})),
  ];
}

function sendsBack(call) {
  return call.uses.some((use) => use !== null);
}

// What has been computed after `count` of the steps: sets of tensors and of uses.
export function reachedBy(model, steps, count) {
  const values = new Set();
  const parts = new Set();
  const gradients = new Set();
  model.view.tensors.forEach((x, i) => {
    if (!model.callOf.has(i)) values.add(i);
  });
  const awaited = model.view.tensors.map(() => 0);
  model.view.uses.forEach((use) => {
    if (use.part !== null) awaited[use.source] += 1;
  });
  for (const step of steps.slice(0, count)) {
    if (step.kind === "forward") values.add(step.call.output);
    if (step.kind === "start") gradients.add(model.view.root);
    if (step.kind !== "backward") continue;
    step.call.uses.forEach((use, k) => {
      if (use === null) return;
      parts.add(use);
      const x = step.call.inputs[k];
      awaited[x] -= 1;
      if (!awaited[x]) gradients.add(x);
    });
  }
  return {values, parts, gradients};
}
