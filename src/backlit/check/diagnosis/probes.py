"""What a part does beyond its numbers: writing in place, remembering, spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.base import Diagnosis
from backlit.check.diagnosis.labels import broadcast
from backlit.check.diagnosis.writes import told_of
from backlit.check.evidence import Evidence, as_gradient
from backlit.check.part import NOTHING, Back, Broken, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.check.evidence import Floats

__all__ = ["probe"]

OTHERWISE = 0.01
"""An old state or copy is off by more than this, relatively."""
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


def probe(
    evidence: Evidence, wrong: list[Slot], *, twice: bool = True
) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Go through what is wrong though (or besides that) the numbers at this point are right."""
    yield from _written(evidence, wrong)
    if wrong:
        return
    found = False
    chosen = (_twice,) if twice else ()
    for each in (_dout, *chosen, _warm, _other_instance, _moved, _integers, _dtype, _broadcast):
        for result in each(evidence):
            yield result
            found = True
        if found:
            return


def _written(evidence: Evidence, wrong: list[Slot]) -> Iterator[tuple[Diagnosis, Slot | None]]:
    said = {slot.tensor for slot in wrong}
    seen = set()
    for written in evidence.back.written:
        # A dout that is written into and not needed again does no harm.
        if written.what == "dout" or written.name in seen or written.name in said:
            continue
        seen.add(written.name)
        slots = [s for s in evidence.part.slots if s.tensor == written.name]
        yield told_of(written), slots[0] if slots else None


def _dout(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Send other upstream gradients back: the gradients have to follow."""
    part = evidence.part
    if part.fixed_dout is not None:
        return
    rng = np.random.default_rng(11)
    shape = evidence.dout.shape
    dout = np.full(shape, 2.0) if evidence.dout.size == 1 else rng.standard_normal(shape)
    if evidence.dout.size == 1:
        back = evidence.back_of(dout)
        for slot in part.slots:
            one, two = evidence.got(slot), _array(back, slot)
            if one is None or two is None or not one.any():
                continue
            if np.allclose(two, one, rtol=1e-9, atol=0):
                yield (
                    Diagnosis(
                        "dout_ignored",
                        f"d{slot.tensor} does not depend on dout: dout=2 gives the same as dout=1. "
                        "By the chain rule every gradient contains dout",
                        0.95,
                        f"d{slot.tensor} = dout * …",
                    ),
                    slot,
                )
            elif not np.allclose(two, 2 * one, rtol=1e-6, atol=1e-12):
                yield (
                    Diagnosis(
                        "dout_ignored",
                        f"d{slot.tensor} is not in proportion to dout: dout=2 does not double it",
                        0.85,
                        f"d{slot.tensor} = dout * …",
                    ),
                    slot,
                )


def _twice(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
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
    for slot in part.slots:
        one, two = evidence.got(slot), _array(back, slot)
        if one is None or two is None or _same(one, two):
            continue
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


def _warm(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Run another batch first: what comes after must not depend on it."""
    yield from _used(evidence)
    try:
        back = evidence.part.back(evidence.dout, warm=True)
    except Broken:
        return
    if np.shape(back.output) == evidence.y.shape and not _same(evidence.y, back.output):
        return
    for slot in evidence.part.slots:
        one, two = evidence.got(slot), _array(back, slot)
        if one is None or two is None or _same(one, two):
            continue
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


def _other_instance(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Let another instance go forwards in between: it must make no difference."""
    try:
        back = evidence.part.back(evidence.dout, other=True)
    except Broken:
        return
    for slot in evidence.part.slots:
        one, two = evidence.got(slot), _array(back, slot)
        if one is None or two is None or _same(one, two):
            continue
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


def _moved(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
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
    from backlit.check.locate import projected  # noqa: PLC0415 - locate knows nothing of diagnosis

    rng = np.random.default_rng(3)
    for thorough in (False, True):
        direction = rng.standard_normal(slot.shape)
        verdict = projected(evidence, slot, gradient, direction, thorough=thorough)
        if verdict.kinked or verdict.error <= OTHERWISE + verdict.uncertain:
            return True
    return False


def _integers(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Look for gradients of integers that happen to be right here."""
    for slot in evidence.part.slots:
        raw = evidence.raw(slot)
        kind = getattr(getattr(raw, "dtype", None), "kind", "f")
        if kind in "iu" and evidence.dout.size > 1:
            yield (
                Diagnosis(
                    "wrong_dtype",
                    f"d{slot.tensor} is an array of {raw.dtype}, which can't hold the digits of a "
                    "gradient",
                    0.85,
                    "make it an array of floats",
                ),
                slot,
            )


def _dtype(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Look for gradients with fewer digits than what they belong to."""
    for slot in evidence.part.slots:
        raw = evidence.raw(slot)
        dtype = getattr(raw, "dtype", None)
        if dtype is None:
            continue
        if dtype.kind == "O":
            yield (
                Diagnosis(
                    "wrong_dtype",
                    f"d{slot.tensor} is an array of Python objects, not of floats",
                    0.9,
                    "np.array(…, dtype=float)",
                ),
                slot,
            )
        elif (
            dtype.kind == "f"
            and dtype.itemsize < slot.dtype.itemsize
            and slot.dtype.kind == "f"
            and evidence.here.dtype.itemsize >= slot.dtype.itemsize
        ):
            yield (
                Diagnosis(
                    "wrong_dtype",
                    f"d{slot.tensor} is {dtype}, but {slot.tensor} is {slot.dtype}: digits are "
                    "lost on the way",
                    0.9,
                    f"d{slot.tensor} in the dtype of {slot.tensor}",
                ),
                slot,
            )


def _broadcast(evidence: Evidence) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Look for labels whose shape broadcasts with the scores to something larger."""
    found = broadcast(evidence)
    if found is not None:
        yield found, evidence.part.slots[0] if evidence.part.slots else None


def _array(back: Back, slot: Slot) -> Floats | None:
    array, complaint = as_gradient(back.gradients.get(slot, NOTHING), slot.shape)
    return None if complaint else array


def _same(one: Any, two: Any) -> bool:
    scale = float(np.abs(one).max(initial=0.0))
    return bool(np.allclose(one, two, rtol=1e-6, atol=1e-9 * scale, equal_nan=True))
