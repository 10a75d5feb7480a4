"""What can be compared where one-sided slopes disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from backlit.check.evidence import TRUST, Evidence, as_gradient
from backlit.check.locate import projected
from backlit.check.part import NOTHING, Broken
from backlit.check.settings import Comparison

if TYPE_CHECKING:
    from backlit.check.evidence import Sample
    from backlit.check.part import Slot
    from backlit.check.report import Row
    from backlit.check.settings import Settings

__all__ = ["crossed", "nudged", "untied"]

BESIDE = 1e-2
"""How far beside a kink is, relatively: so far that a step has room before the next one."""


def untied(evidence: Evidence, slot: Slot, sample: Sample) -> list[int] | None:
    """Find elements on kinks, each in its range, that are not together: both sides of a tie."""
    tied = sample.index[sample.kinked]
    if len(tied) < 2:
        return None
    slopes = [evidence.column(slot, int(i)) for i in tied]
    kinked = np.array([s.kinked.ravel() for s in slopes])
    shared = np.flatnonzero(kinked.sum(axis=0) > 1)
    for output in shared[:8]:
        members = tied[kinked[:, output]]
        for signs in (np.ones(len(members)), -np.ones(len(members))):
            direction = np.zeros(slot.array.size)
            direction[members] = signs
            slope = evidence.slope(slot, direction.reshape(slot.shape))
            one = np.zeros(evidence.dout.size)
            one[output] = 1.0
            dout = one.reshape(evidence.dout.shape)
            if evidence.part.fixed_dout is not None:
                dout = evidence.dout
            alone, complaint = as_gradient(
                evidence.back_of(dout).gradients.get(slot, NOTHING), slot.shape
            )
            if complaint:
                return None
            got = float(np.vdot(alone, direction.reshape(slot.shape)))
            sides = sorted((float(slope.left.ravel()[output]), float(slope.right.ravel()[output])))
            margin = 0.01 * max(float(np.abs(alone).sum()), *map(abs, sides)) + 1e-7
            margin += TRUST * float(np.where(slope.kinked, 0.0, slope.error).ravel()[output])
            if evidence.dout.size == 1 and not slope.kinked.any():
                sides = [float(slope.value.ravel()[0])] * 2
            if not sides[0] - margin <= got <= sides[1] + margin:
                return [int(i) for i in members]
    return None


def crossed(evidence: Evidence, slot: Slot, sample: Sample) -> Comparison | None:
    """Find out whether the gradient of elements on kinks is wrong as soon as they leave them.

    At a kink the slope of either side is right, so a gradient that knows only one side passes
    there; where inputs are 0 or positive, as images are, it passes everywhere. So these elements
    are moved to one side of their kinks, then to the other, and compared there.
    """
    tied = sample.index[sample.kinked]
    part, array = evidence.part, slot.array
    original = array.copy()
    far = BESIDE * (float(np.sqrt(np.mean(original**2))) or 1.0)
    rng = np.random.default_rng(17)
    direction = np.zeros(array.size)
    direction[tied] = rng.standard_normal(len(tied))
    for side in (-far, far):
        moved = original.copy()
        moved.flat[tied] += side * rng.uniform(0.5, 1.0, len(tied))
        try:
            np.copyto(array, moved)
            here = part.output()
            if not np.isfinite(here).all():
                continue
            back = part.back(evidence.dout)
            beside = Evidence(part, here, evidence.dout, back, evidence.tolerance, rng)
            gradient = beside.got(slot)
            if gradient is None:
                continue
            verdict = projected(beside, slot, gradient, direction.reshape(slot.shape))
        except Broken:  # a number just beside is refused
            continue
        finally:
            np.copyto(array, original)
        if not verdict.kinked and verdict.error - verdict.uncertain > evidence.tolerance:
            elements = [int(i) for i in tied]
            return Comparison("", elements, verdict.error, count=len(elements), moved=moved)
    return None


def nudged(
    evidence: Evidence, slot: Slot, row: Row, settings: Settings
) -> tuple[Row, Comparison | None]:
    """Compare a little beside a kink, where there is but one slope."""
    part = evidence.part
    rng = np.random.default_rng(settings.seed + 2)
    saved = [(s.array, s.array.copy()) for s in part.slots]
    try:
        for array, original in saved:
            scale = float(np.sqrt(np.mean(original**2))) if original.size else 0.0
            np.copyto(array, original + BESIDE * (scale or 1.0) * rng.standard_normal(array.shape))
        here = part.output()
        if not np.isfinite(here).all():
            return row, None
        back = part.back(evidence.dout)
        beside = Evidence(part, here, evidence.dout, back, evidence.tolerance, rng)
        gradient = beside.got(slot)
        if gradient is None:
            return replace(row, ok=False), Comparison("its gradient changes its form")
        verdict = projected(beside, slot, gradient, rng.standard_normal(slot.shape), thorough=True)
    except Broken:  # a number just beside is refused
        return row, None
    finally:
        for array, original in saved:
            np.copyto(array, original)
    alone = verdict.kinked and evidence.dout.size == 1
    ok = alone or verdict.error - verdict.uncertain <= evidence.tolerance
    row = replace(
        row,
        checked=slot.array.size,
        max_error=verdict.error,
        ok=ok,
        mean_difference=abs(verdict.expected - verdict.got) / np.sqrt(slot.array.size),
        kinks=1,
    )
    if ok:
        return row, None
    if not settings.explain:
        return replace(row, wrong=1), Comparison(max_error=verdict.error)
    sample = evidence.sample(slot)
    _, errors = evidence.judge(sample, evidence.got(slot))  # type: ignore[arg-type]
    found = [
        int(i) for i, e in zip(sample.index, errors, strict=True) if not e <= settings.tolerance
    ]
    return replace(row, wrong=max(1, len(found))), Comparison(
        "", found, verdict.error, count=len(found)
    )
