"""The gradient's way from layer to layer: skipped, in another order, only one use of several."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.of_net import equal, first, of_the_net

if TYPE_CHECKING:
    from backlit.check.report import Fault
    from backlit.check.run import Run
    from backlit.check.tap import Call

__all__ = ["order"]


def order(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Follow the gradient from layer to layer, and find where it goes astray."""
    leaves = [p for p in run.parts if not p.inner]
    twins = [run.tap.twin(p.layer) for p in leaves]
    forward = [
        c for c in run.tap.calls if c.method == "forward" and any(c.layer is t for t in twins)
    ]
    backward = [
        c for c in run.tap.calls if c.method == "backward" and any(c.layer is t for t in twins)
    ]
    names = [run.name_of(c.layer) for c in forward]
    skipped = [
        run.name_of(c.layer) for c in forward if not any(b.layer is c.layer for b in backward)
    ]
    backwards = [run.name_of(c.layer) for c in backward]
    if skipped and _matters(run, forward, skipped):
        return of_the_net(
            run,
            found,
            "wrong_order",
            f"backward of {', '.join(dict.fromkeys(skipped))} is never called, though the gradient "
            f"has to go back through all of {' → '.join(names)}, in the opposite direction",
            0.92,
            "call every layer's backward, the last layer's first",
        )
    for call in backward:
        uses = _consumers(call.layer, forward)
        if not uses or call.given is None or not call.given:
            continue
        received = call.given[0]
        sent = [b.returned for u in uses for b in backward if b.layer is u.layer]
        sent = [s for s in map(first, sent) if s is not None]
        if not sent or any(equal(received, s) for s in sent) or equal(received, sum(sent)):
            if len(uses) > 1 and len(sent) > 1 and not equal(received, sum(sent)):
                return of_the_net(
                    run,
                    found,
                    "dropped_use",
                    f"the output of {run.name_of(call.layer)} goes to {len(uses)} layers, so what "
                    "comes back is the sum of their gradients, but it is given that of one of them",
                    0.9,
                    "add the gradients of all uses: dout = d1 + d2",
                )
            continue
        others = [b for b in backward if b is not call and equal(received, first(b.returned))]
        start = equal(received, run.evidence.dout) if run.evidence is not None else False
        if others or start:
            came = f"the gradient that {run.name_of(others[0].layer)} returns" if others else "dout"
            return of_the_net(
                run,
                found,
                "wrong_order",
                f"{run.name_of(call.layer)} is given {came}, but has to be given that of "
                f"{' and '.join(run.name_of(u.layer) for u in uses)}, which its output went to: "
                f"forward runs {' → '.join(names)}, backward runs {' → '.join(backwards)}",
                0.94,
                "go through the layers in the opposite order: reversed(…)",
            )
    chain = [n for n in names if n in backwards]
    if (
        Counter(chain) == Counter(backwards)
        and backwards != chain[::-1]
        and len(set(backwards)) == len(backwards)
    ):
        return of_the_net(
            run,
            found,
            "wrong_order",
            f"forward runs {' → '.join(names)}, but backward runs {' → '.join(backwards)}, which "
            "is not the opposite order",
            0.85,
            "go through the layers in the opposite order: reversed(…)",
        )
    return None


def _matters(run: Run, forward: list[Call], skipped: list[str]) -> bool:
    """Tell whether skipping is more than leaving out what nobody asks for."""
    return any(_consumers(c.layer, forward) or run.name_of(c.layer) in skipped for c in forward)


def _consumers(layer: Any, forward: list[Call]) -> list[Call]:
    """Find the calls that were given what a layer returned."""
    outputs = [c.returned for c in forward if c.layer is layer]
    outputs += [c.result for c in forward if c.layer is layer]
    return [
        c
        for c in forward
        if c.layer is not layer
        and any(isinstance(x, np.ndarray) and any(equal(x, y) for y in outputs) for x in c.given)
    ]
