"""What a part does beyond its numbers: writing in place, remembering, spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.check.diagnosis.base import Diagnosis
from backlit.check.diagnosis.labels import broadcast
from backlit.check.diagnosis.states import array_of, moved, other_instance, warm
from backlit.check.diagnosis.states import twice as backward_twice
from backlit.check.diagnosis.writes import told_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.check.evidence import Evidence
    from backlit.check.part import Slot


__all__ = ["probe"]

OTHER = 2.5
"""An upstream gradient that shows whether it is multiplied by, and with all of its digits."""


def probe(
    evidence: Evidence, wrong: list[Slot], *, twice: bool = True
) -> Iterator[tuple[Diagnosis, Slot | None]]:
    """Go through what is wrong though (or besides that) the numbers at this point are right."""
    yield from _written(evidence, wrong)
    if wrong:
        return
    found = False
    chosen = (backward_twice,) if twice else ()
    for each in (_dout, *chosen, warm, other_instance, moved, _integers, _dtype, _broadcast):
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
    """Send another upstream gradient back to a single output: the gradients have to follow."""
    part = evidence.part
    if part.fixed_dout is not None or evidence.dout.size != 1:
        return
    back = evidence.back_of(np.full(evidence.dout.shape, OTHER))
    for slot in part.slots:
        one, two = evidence.got(slot), array_of(back, slot)
        if one is None or two is None or not one.any():
            continue
        d, correction = f"d{slot.tensor}", f"d{slot.tensor} = dout * …"
        if np.allclose(two, OTHER * one, rtol=1e-6, atol=1e-12):
            continue
        if np.allclose(two, one, rtol=1e-9, atol=0):
            words = f"{d} does not depend on dout: dout={OTHER} gives the same as dout=1. By the "
            words += "chain rule every gradient contains dout"
            yield Diagnosis("dout_ignored", words, 0.95, correction), slot
        elif np.array_equal(two, np.round(two)) and np.abs(two - OTHER * one).max() <= 1:
            words = f"for dout={OTHER} the digits of {d} after the point are cut off, as by an "
            words += "array of integers or by //"
            correction = "make the array with dtype=float, and divide with /"
            yield Diagnosis("integer_arithmetic", words, 0.9, correction), slot
        else:
            words = f"{d} is not in proportion to dout: dout={OTHER} does not give {OTHER} times it"
            yield Diagnosis("dout_ignored", words, 0.85, correction), slot


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
