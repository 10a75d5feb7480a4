"""What a part remembers: a second backward, another batch or instance, parameters updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.base import Diagnosis
from backlit.check.evidence import Evidence, as_gradient
from backlit.check.locate import projected
from backlit.check.part import NOTHING, Back, Broken, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.check.evidence import Floats

__all__ = ["array_of", "moved", "other_instance", "twice", "warm"]

OTHERWISE = 0.01
"""An old state or copy is off by more than this, relatively."""
TRIES = 3
"""Along one direction a wrong gradient may be nearly right by chance."""
ROUGHLY = 1e-5
"""So well a slope has to be known to tell."""
CLEARING = (
    "zero_grad",
    "zero_grads",
    "clear_grad",
    "clear_grads",
    "cleargrads",
    "clear_gradients",
    "zero_gradient",
    "zero_gradients",
    "zerograds",
    "reset_grad",
    "reset_grads",
)
"""What people call the method that sets gradients back to zero before the next backward."""


def twice(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Run backward a second time: it has to give the same."""
    part = evidence.part
    if _clears(evidence):
        return
    try:
        back = part.back(evidence.dout, twice=True)
    except Broken as broken:
        if not _pops(broken):
            return
        yield (
            Diagnosis(
                "backward_twice",
                f"a second backward raises {type(broken.error).__name__}: {broken.error}. Backward "
                "uses up what forward has saved",
                0.85,
                "read what was saved, without taking it away",
            ),
            part.slots[0] if part.slots else None,
        )
        return
    for slot, one, two in _changed(evidence, back):
        if _same(2 * one, two):
            correction = f"d{slot.tensor} = …, not +="
            what = (
                f"backward twice doubles d{slot.tensor}: it is added to what is there, and never "
                "set back to zero"
            )
        else:
            correction = "compute into a new array in backward"
            what = (
                f"a second backward gives another d{slot.tensor}: backward changes what forward "
                "has saved"
            )
        yield Diagnosis("backward_twice", what, 0.93, correction), slot


def _clears(evidence: Evidence) -> bool:
    """Tell whether gradients are meant to add up, as there is a method that clears them."""
    root = evidence.back.root
    return any(callable(getattr(root, name, None)) for name in CLEARING)


def _pops(broken: Broken) -> bool:
    """Tell whether a second backward failed for want of what the first took away."""
    return isinstance(broken.error, (IndexError, KeyError, AttributeError, TypeError))


def warm(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Run another batch first: what comes after must not depend on it."""
    yield from _used(evidence)
    try:
        back = evidence.part.back(evidence.dout, warm=True)
    except Broken:
        return
    if np.shape(back.output) == evidence.y.shape and not _same(evidence.y, back.output):
        return
    for slot, _, _ in _changed(evidence, back):
        yield (
            Diagnosis(
                "stale_state",
                f"after a forward with another batch d{slot.tensor} is wrong, though the output is "
                "right: backward uses what an earlier forward has saved",
                0.93,
                "forward has to overwrite all that backward uses",
            ),
            slot,
        )


def _used(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Compare anew after another batch has gone forwards and backwards."""
    again = getattr(evidence.part, "after_use", None)
    if again is None:
        return
    try:
        part = again()
        here = part.output()
        if np.shape(here) != evidence.y.shape or not np.isfinite(here).all():
            return
        back = part.back(evidence.dout)
    except Broken:
        return
    beside = Evidence(part, here, evidence.dout, back, evidence.tolerance, evidence.rng)
    pairs = zip(evidence.part.slots, part.slots, strict=False)
    for slot, other in pairs:
        gradient = beside.got(other)
        if slot.tensor != other.tensor or gradient is None or evidence.got(slot) is None:
            continue
        if not _follows(beside, other, gradient):
            yield (
                Diagnosis(
                    "stale_state",
                    f"d{slot.tensor} is right for the first batch, and wrong for the next: "
                    "backward uses what an earlier call has saved",
                    0.93,
                    "forward has to overwrite all that backward uses",
                ),
                slot,
            )


def other_instance(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Let another instance go forwards in between: it must make no difference."""
    try:
        back = evidence.part.back(evidence.dout, other=True)
    except Broken:
        return
    for slot, _, _ in _changed(evidence, back):
        yield (
            Diagnosis(
                "stale_state",
                f"d{slot.tensor} is wrong after another instance of the class has run: both save "
                "into one place (an attribute of the class, a default argument, a global)",
                0.95,
                "save on self, in arrays and dicts that __init__ makes: self.cache = {}",
            ),
            slot,
        )


def moved(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Change the parameters, as an update does, and look again: old copies give themselves away."""
    part = evidence.part
    parameters = [s for s in part.slots if s.role == "parameter"]
    if not parameters:
        return
    saved = [(s.array, s.array.copy()) for s in parameters]
    rng = np.random.default_rng(5)
    culprits: list[Slot] = []
    try:
        for array, original in saved:
            scale = float(np.sqrt(np.mean(original**2))) if original.size else 0.0
            moved = original + 0.3 * (scale or 0.3) * rng.standard_normal(original.shape)
            np.copyto(array, moved)
        try:
            here = part.output()
            if not np.isfinite(here).all() or np.shape(here) != evidence.y.shape:
                return
            back = part.back(evidence.dout)
        except Broken:
            return
        beside = Evidence(part, here, evidence.dout, back, evidence.tolerance, rng)
        for slot in part.slots:
            gradient = beside.got(slot)
            if gradient is None or evidence.got(slot) is None:
                continue
            if not _follows(beside, slot, gradient):
                culprits.append(slot)
    finally:
        for array, original in saved:
            np.copyto(array, original)
    for slot in culprits:
        yield (
            Diagnosis(
                "stale_parameter",
                f"d{slot.tensor} is right at first, and wrong after the parameters "
                f"({', '.join(s.tensor for s in parameters)}) are updated: backward uses an old "
                "copy of one of them",
                0.93,
                "use the parameter itself in backward (self.W.T), not a copy made earlier",
            ),
            slot,
        )


def _follows(evidence: Evidence, slot: Slot, gradient: Floats) -> bool:
    rng = np.random.default_rng(3)
    for _ in range(TRIES):
        direction = rng.standard_normal(slot.shape)
        verdict = projected(evidence, slot, gradient, direction, enough=ROUGHLY)
        if verdict.error > OTHERWISE + verdict.uncertain:
            verdict = projected(evidence, slot, gradient, direction, thorough=True)
        if verdict.kinked or verdict.error <= max(ROUGHLY, verdict.uncertain):
            return True
        if verdict.error > OTHERWISE + verdict.uncertain:
            return False
    return True


def array_of(back: Back, slot: Slot) -> Floats | None:
    """Return a tensor's gradient in another run, if it is an array of the right shape."""
    array, complaint = as_gradient(back.gradients.get(slot, NOTHING), slot.shape)
    return None if complaint else array


def _changed(evidence: Evidence, back: Back) -> Iterator[tuple[Slot, Floats, Floats]]:
    """Yield the tensors whose gradient is another in ``back``, with what it was and is."""
    for slot in evidence.part.slots:
        one, two = evidence.got(slot), array_of(back, slot)
        if one is not None and two is not None and not _same(one, two):
            yield slot, one, two


def _same(one: Any, two: Any) -> bool:
    scale = float(np.abs(one).max(initial=0.0))
    return bool(np.allclose(one, two, rtol=1e-6, atol=1e-9 * scale, equal_nan=True))
