"""Comparing a gradient with slopes element by element."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from backlit.check.evidence import FEW
from backlit.check.kinks import crossed, untied
from backlit.check.numerical import central_differences
from backlit.check.settings import Comparison
from backlit.check.taylor import in_doubt, remainder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.check.evidence import Evidence, Floats, Sample
    from backlit.check.part import Slot
    from backlit.check.report import Row

__all__ = ["compare_elements"]

TRIES = 4
"""For so many elements in doubt the Taylor remainder is followed."""
QUICK = 2e-5
"""A step near the optimum of one central difference in float64."""


def compare_elements(
    evidence: Evidence,
    slot: Slot,
    gradient: Floats,
    row: Row,
    chosen: list[int] | None,
    *,
    brief: bool = False,
) -> tuple[Row, Comparison | None]:
    """Compare the chosen elements, all of them if none are chosen.

    With ``brief``, one element that is wrong for sure is enough.
    """
    if chosen is not None and len(chosen) > FEW:
        return _compare_many(evidence, slot, gradient, row, chosen)
    sample = evidence.sample(slot, elements=chosen)
    expected, errors = evidence.judge(sample, gradient)
    got = gradient.ravel()[sample.index]
    wrong = ~(errors <= evidence.tolerance)
    if wrong.any():
        _look_closer(evidence, slot, gradient, sample.index[wrong][:20], brief=brief)
        sample = evidence.sample(slot, elements=chosen)
        expected, errors = evidence.judge(sample, gradient)
        wrong = ~(errors <= evidence.tolerance)
    wrong = _decided(evidence, slot, gradient, sample, wrong)
    smooth = ~sample.kinked
    with np.errstate(all="ignore"):
        differences = np.abs(sample.expected - got)[smooth]
    row = replace(
        row,
        checked=len(sample.index),
        mean_difference=float(differences.mean()) if differences.size else 0.0,
        max_error=float(errors[smooth].max(initial=0.0)),
        wrong=int(wrong.sum()),
        kinks=int((sample.kinked & ~wrong).sum()),
        ok=not wrong.any(),
    )
    if wrong.any():
        with np.errstate(all="ignore"):
            gap = np.abs(expected - got)
        gap = np.where(np.isfinite(gap), gap, np.inf)
        order = [k for k in np.argsort(-gap, kind="stable") if wrong[k]]
        return row, Comparison(
            "",
            [int(sample.index[k]) for k in order],
            float(errors[wrong].max()),
            bool(sample.kinked[wrong].all()),
            int(wrong.sum()),
        )
    joint = untied(evidence, slot, sample)
    if joint is not None:
        return replace(row, ok=False, wrong=len(joint)), Comparison(
            "", joint, np.inf, at_kinks_only=True, count=len(joint)
        )
    beside = crossed(evidence, slot, sample) if sample.kinked.any() else None
    return (row, None) if beside is None else (replace(row, ok=False, wrong=beside.count), beside)


def _decided(
    evidence: Evidence, slot: Slot, gradient: Floats, sample: Sample, wrong: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Let the Taylor remainder decide, where slopes are too uncertain to."""
    got = gradient.ravel()[sample.index]
    with np.errstate(all="ignore"):
        differences = np.where(sample.kinked, 0.0, np.abs(sample.expected - got))
        size = np.maximum(np.abs(sample.expected), np.abs(got))
        size = np.maximum(size, 0.03 * size.max(initial=0.0))
        order = np.argsort(-differences / np.where(size > 0, size, 1.0), kind="stable")
    wrong = wrong.copy()
    tried = 0
    for k in order:
        counts, unsure = evidence.tolerance * size[k], sample.error[k]
        if not in_doubt(differences[k], unsure, counts):
            continue
        tried += 1
        if tried > TRIES:
            break
        direction = np.zeros(slot.array.size)
        direction[sample.index[k]] = 1.0
        found = remainder(evidence, slot, gradient, direction.reshape(slot.shape))
        if found.wrong and found.off > counts:
            evidence.remainders[slot] = found
            wrong[k] = True
        elif found.clears(counts):
            wrong[k] = False
    return wrong


def _look_closer(
    evidence: Evidence, slot: Slot, gradient: Floats, index: NDArray[np.intp], *, brief: bool
) -> None:
    """Take a second look, down to the smallest steps."""
    for i in index:
        evidence.look_closer(slot, int(i))
        if brief:
            _, errors = evidence.judge(evidence.sample(slot, elements=[int(i)]), gradient)
            if not (errors <= evidence.tolerance).all():
                return


def _compare_many(
    evidence: Evidence, slot: Slot, gradient: Floats, row: Row, chosen: list[int]
) -> tuple[Row, Comparison | None]:
    """Compare by one central difference each, and by all steps only where that is in doubt."""
    dout = evidence.dout

    def evaluate() -> float:
        return float(np.vdot(dout, evidence.part.output()))

    with np.errstate(all="ignore"):
        terms = float(np.sum(np.abs(dout * evidence.y))) + evidence.part.floor
        quick = central_differences(
            evaluate, slot.array, chosen, QUICK, magnitude=terms, relative=True
        )
        got = gradient.ravel()[chosen]
        differences = np.abs(quick.slopes - got)
        size = np.maximum(np.abs(quick.slopes), np.abs(got))
        size = np.maximum(size, 0.03 * size.max(initial=0.0))
        errors = differences / (size + 8 * quick.rounding / evidence.tolerance)
        errors = np.where(differences == 0, 0.0, errors)
    doubted = [chosen[k] for k in np.flatnonzero(~(errors <= evidence.tolerance))]
    row = replace(
        row,
        checked=len(chosen),
        mean_difference=float(differences.mean()) if np.isfinite(differences).all() else np.inf,
        max_error=float(np.max(errors, initial=0.0)),
    )
    if not doubted:
        return row, None
    looked, comparison = compare_elements(evidence, slot, gradient, row, doubted[:FEW])
    trusted = [k for k in range(len(chosen)) if errors[k] <= evidence.tolerance]
    row = replace(
        row,
        mean_difference=float(differences[trusted].mean()) if trusted else looked.mean_difference,
        max_error=max(float(np.max(errors[trusted], initial=0.0)), looked.max_error),
        kinks=looked.kinks,
        wrong=looked.wrong + (len(doubted) - FEW if len(doubted) > FEW and looked.wrong else 0),
        ok=looked.ok,
    )
    return row, comparison
