"""All layers are right, and the net's gradients wrong: how the layers are put together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.of_net import equal, first, of_the_net
from backlit.check.diagnosis.order import order
from backlit.check.diagnosis.sharing import reused, shared_arrays
from backlit.check.parts import find_parts
from backlit.check.source import line_of

if TYPE_CHECKING:
    from backlit.check.report import Fault
    from backlit.check.run import Run

__all__ = ["explain_wiring"]


def explain_wiring(run: Run, found: list[Fault]) -> list[Fault]:
    """Return the net's faults, with what is wrong with its wiring."""
    for explain in (
        _missing,
        _two_softmaxes,
        shared_arrays,
        reused,
        order,
        _read_elsewhere,
        _exact,
        _dropped,
        _astray,
    ):
        told = explain(run, found)
        if told is not None:
            return told
    return _as_found(run, found)


def _missing(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Keep what is known of gradients that are missing or have another form."""
    form = {
        "missing",
        "misspelt",
        "wrong_shape",
        "transposed",
        "wrong_dtype",
        "overflow",
        "not_summed",
        "not_deterministic",
    }
    told = [replace(f, layer=run.part.name) for f in found if f.diagnosis in form]
    return told or None


def _two_softmaxes(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Find a loss that is given probabilities, though its backward is that of scores."""
    for call in run.tap.calls:
        x = call.given[0] if call.method == "forward" and call.given else None
        if (
            not isinstance(x, np.ndarray)
            or x.ndim != 2
            or x.shape[1] < 2
            or np.size(call.result) != 1
        ):
            continue
        before = [
            c
            for c in run.tap.calls
            if c.method == "forward" and isinstance(c.returned, np.ndarray) and equal(c.returned, x)
        ]
        if before or (x < 0).any() or not np.allclose(x.sum(axis=1), 1):
            continue
        return of_the_net(
            run,
            found,
            "softmax_twice",
            f"{run.name_of(call.layer)} is given probabilities: a softmax is taken on the way that "
            "no layer's backward goes back through, and the loss takes a softmax of its own",
            0.93,
            "give the loss the scores, and take the softmax in it only",
        )
    return None


def _exact(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Keep what explains the numbers of a tensor exactly."""
    sure = {
        "sign",
        "factor",
        "batch_size",
        "mean_for_sum",
        "softmax_axis",
        "softmax_twice",
        "dout_ignored",
        "wrong_axis",
        "label_broadcast",
        "stale_parameter",
        "parameter_overwritten",
        "stale_state",
        "mask_new",
    }
    told = [replace(f, layer=run.part.name) for f in found if f.diagnosis in sure]
    return told or None


def _read_elsewhere(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Find a right gradient that lies ready, and is not the one that is returned."""
    assert run.evidence is not None
    ready: list[tuple[str, Any]] = []
    root = run.evidence.back.root
    for part, twin in _layers_in(root):
        ready += [
            (f"{part}.{name}", value)
            for name, value in vars(twin).items()
            if isinstance(value, np.ndarray)
        ]
    told = []
    for slot in run.wrong:
        got = run.evidence.got(slot)
        right = [
            n
            for n, v in ready
            if v.shape == slot.shape and v.any() and run.evidence.explains(slot, v)
        ]
        if not right or got is None:
            continue
        given = [n for n, v in ready if equal(v, got)]
        fault = next(f for f in found if f.tensor == slot.tensor)
        words = f"; what is returned is {given[0]}" if given else ""
        told.append(
            replace(
                fault,
                layer=run.part.name,
                diagnosis="swapped_inputs",
                confidence=0.93,
                message=f"the gradient of {slot.tensor} is read from the wrong place: the right "
                f"one is {right[0]}{words}",
                correction=f"take {right[0]}",
                source=line_of(run.part.method("backward"), slot.tensor),
            )
        )
    return told or None


def _layers_in(root: Any) -> list[tuple[str, Any]]:
    return [(part.name, part.layer) for part in find_parts(root) if hasattr(part.layer, "__dict__")]


def _dropped(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Try to make the net's gradients right by adding what some layer was given or returned."""
    assert run.evidence is not None
    candidates: list[tuple[str, Any]] = [("dout", run.evidence.dout)]
    for call in run.tap.calls:
        if call.method != "backward" or not call.done:
            continue
        name = run.name_of(call.layer)
        candidates += [(f"what {name} is given", x) for x in call.given[:1]]
        candidates.append((f"what {name} returns", first(call.returned)))
    for slot in run.wrong:
        got = run.evidence.got(slot)
        if got is None:
            continue
        for words, value in candidates:
            if not isinstance(value, np.ndarray) or value.shape != slot.shape:
                continue
            if run.evidence.explains(slot, got + value):
                return of_the_net(
                    run,
                    found,
                    "dropped_use",
                    f"{slot.tensor} is used twice, and one use is missing in its gradient: it "
                    f"comes right when {words} is added (as through a shortcut)",
                    0.92,
                    f"d{slot.tensor} = d{slot.tensor} + …",
                )
    return None


def _astray(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Say between which layers the gradient goes astray, by moving what flows between them."""
    place = run.astray()
    if place is None:
        return None
    layer, after = place
    return of_the_net(
        run,
        found,
        "dropped_use",
        f"the gradient goes astray between {layer} and {after}: moving what {layer} returns shows "
        f"another gradient than the dout that {layer}.backward is given. What happens to its "
        "output there (a second use, a factor, a function) has to have its way back too",
        0.7,
        "go back through every step of forward between the two",
    )


def _as_found(run: Run, found: list[Fault]) -> list[Fault]:
    """Keep what is known of each tensor, and say that it is the net."""
    return [
        replace(
            fault,
            layer=run.part.name,
            message=f"{fault.message}. Every layer by itself is right, so it is how the net "
            "combines them",
        )
        for fault in found
    ]
