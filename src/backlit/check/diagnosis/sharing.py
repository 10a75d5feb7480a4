"""Layers that spoil what others still need: arrays written into, states used twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.of_net import of_the_net

if TYPE_CHECKING:
    from backlit.check.report import Fault
    from backlit.check.run import Run

__all__ = ["reused", "shared_arrays"]


def shared_arrays(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Hand single layers copies, one way after another, and see when the net comes right."""
    ways = {
        "backward": (
            "dout_overwritten",
            "writes into the dout that it is given, which is still needed elsewhere",
            "dx = dout.copy()",
        ),
        "forward": (
            "input_overwritten",
            "writes into its input, which is still needed elsewhere",
            "out = x.copy()",
        ),
        "returned": (
            "aliases_dout",
            "returns dout itself as its gradient, and what is returned is then written into",
            "return dout.copy()",
        ),
    }
    for found_part in run.parts:
        if found_part.inner:
            continue
        for kind, (code, words, correction) in ways.items():
            if run.again(found_part.layer, kind):
                if code == "dout_overwritten" and not _writes(run, found_part.layer):
                    code = "aliases_dout"  # noqa: PLW2901
                    words = "returns dout itself, and it is written into afterwards"  # noqa: PLW2901
                return of_the_net(
                    run,
                    found,
                    code,
                    f"{found_part.name} {words}. With a copy all gradients of the net are right",
                    0.95,
                    correction,
                    layer=found_part.name,
                )
    return None


def _writes(run: Run, layer: Any) -> bool:
    """Tell whether a layer's backward changed the array that it was given."""
    for twin, original in zip(run.tap.layers, run.tap.originals, strict=True):
        if original is not layer:
            continue
        for call in run.tap.of(twin, "backward"):
            if (
                call.given
                and isinstance(call.given[0], np.ndarray)
                and not np.array_equal(call.after, call.given[0])
            ):
                return True
    return False


def reused(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Find a layer that runs forward again before its backward."""
    for part in run.parts:
        twin = run.tap.twin(part.layer)
        kinds = [c.method for c in run.tap.calls if c.layer is twin]
        if "forward forward" not in " ".join(kinds):
            continue
        if run.again(part.layer, "states"):
            return of_the_net(
                run,
                found,
                "stale_state",
                f"{part.name} is used {kinds.count('forward')} times in one pass, and each forward "
                "overwrites what the one before has saved for backward. With a state for each "
                "use all gradients are right",
                0.96,
                "make a layer of its own for every use",
                layer=part.name,
            )
        if kinds.count("backward") > 1:
            return of_the_net(
                run,
                found,
                "dropped_use",
                f"{part.name} is used {kinds.count('forward')} times in one pass, so its "
                "gradients are the sum over all uses, but each backward overwrites those of the "
                "one before",
                0.8,
                "add the gradients up: self.dW += …",
                layer="",
            )
    return None
