"""All layers are right, and the net's gradients wrong: how the layers are put together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.parts import find_parts
from backlit.check.source import line_of

if TYPE_CHECKING:
    from backlit.check.net import Run
    from backlit.check.report import Fault
    from backlit.check.tap import Call

__all__ = ["explain_wiring"]


def explain_wiring(run: Run, found: list[Fault]) -> list[Fault]:
    """Return the net's faults, with what is wrong with its wiring."""
    for explain in (
        _missing,
        _two_softmaxes,
        _shared_arrays,
        _reused,
        _order,
        _read_elsewhere,
        _exact,
        _dropped,
        _astray,
    ):
        told = explain(run, found)
        if told is not None:
            return told
    return _as_found(run, found)


def _all(  # noqa: PLR0917
    run: Run,
    found: list[Fault],
    code: str,
    message: str,
    confidence: float,
    correction: str = "",
    layer: str = "",
) -> list[Fault]:
    """Say the same of the first wrong tensor, with its numbers."""
    name = layer or run.part.name
    method = run.part.method("backward")
    for part in run.parts:
        if part.name == layer:
            method = getattr(part.layer, "backward", method)
    source = line_of(method)
    worst = found[0]
    return [
        replace(
            worst,
            layer=name,
            tensor=worst.tensor,
            message=message,
            diagnosis=code,
            confidence=confidence,
            correction=correction,
            source=source,
        )
    ]


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
            if c.method == "forward"
            and isinstance(c.returned, np.ndarray)
            and _equal(c.returned, x)
        ]
        if before or (x < 0).any() or not np.allclose(x.sum(axis=1), 1):
            continue
        return _all(
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


def _shared_arrays(run: Run, found: list[Fault]) -> list[Fault] | None:
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
                return _all(
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


def _reused(run: Run, found: list[Fault]) -> list[Fault] | None:
    """Find a layer that runs forward again before its backward."""
    for part in run.parts:
        twin = run.tap.twin(part.layer)
        kinds = [c.method for c in run.tap.calls if c.layer is twin]
        if "forward forward" not in " ".join(kinds):
            continue
        if run.again(part.layer, "states"):
            return _all(
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
            return _all(
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


def _order(run: Run, found: list[Fault]) -> list[Fault] | None:
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
    order = [run.name_of(c.layer) for c in backward]
    if skipped and _matters(run, forward, skipped):
        return _all(
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
        sent = [s for s in map(_first, sent) if s is not None]
        if not sent or any(_equal(received, s) for s in sent) or _equal(received, sum(sent)):
            if len(uses) > 1 and len(sent) > 1 and not _equal(received, sum(sent)):
                return _all(
                    run,
                    found,
                    "dropped_use",
                    f"the output of {run.name_of(call.layer)} goes to {len(uses)} layers, so what "
                    "comes back is the sum of their gradients, but it is given that of one of them",
                    0.9,
                    "add the gradients of all uses: dout = d1 + d2",
                )
            continue
        others = [b for b in backward if b is not call and _equal(received, _first(b.returned))]
        start = _equal(received, run.evidence.dout) if run.evidence is not None else False
        if others or start:
            came = f"the gradient that {run.name_of(others[0].layer)} returns" if others else "dout"
            return _all(
                run,
                found,
                "wrong_order",
                f"{run.name_of(call.layer)} is given {came}, but has to be given that of "
                f"{' and '.join(run.name_of(u.layer) for u in uses)}, which its output went to: "
                f"forward runs {' → '.join(names)}, backward runs {' → '.join(order)}",
                0.94,
                "go through the layers in the opposite order: reversed(…)",
            )
    chain = [n for n in names if n in order]
    if Counter(chain) == Counter(order) and order != chain[::-1] and len(set(order)) == len(order):
        return _all(
            run,
            found,
            "wrong_order",
            f"forward runs {' → '.join(names)}, but backward runs {' → '.join(order)}, which is "
            "not the opposite order",
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
        and any(isinstance(x, np.ndarray) and any(_equal(x, y) for y in outputs) for x in c.given)
    ]


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
        given = [n for n, v in ready if _equal(v, got)]
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
        candidates.append((f"what {name} returns", _first(call.returned)))
    for slot in run.wrong:
        got = run.evidence.got(slot)
        if got is None:
            continue
        for words, value in candidates:
            if not isinstance(value, np.ndarray) or value.shape != slot.shape:
                continue
            if run.evidence.explains(slot, got + value):
                return _all(
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
    return _all(
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


def _first(returned: Any) -> Any:
    x = returned[0] if isinstance(returned, (tuple, list)) and returned else returned
    return x if isinstance(x, np.ndarray) else None


def _equal(one: Any, other: Any) -> bool:
    return (
        isinstance(one, np.ndarray)
        and isinstance(other, np.ndarray)
        and one.shape == other.shape
        and bool(np.allclose(one, other, rtol=1e-10, atol=0))
    )
