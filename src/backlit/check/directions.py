"""Comparing the gradient of a large tensor with slopes along random directions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from backlit.check.elements import compare_elements
from backlit.check.kinks import nudged
from backlit.check.locate import Verdict, projected, wrong_elements
from backlit.check.settings import Comparison
from backlit.check.taylor import in_doubt, remainder

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence, Floats
    from backlit.check.part import Slot
    from backlit.check.report import Row
    from backlit.check.settings import Settings

__all__ = ["compare_by_directions"]

AT_KINKS = 4
"""Elements compared one by one where a direction meets kinks."""
MANY = 4
"""Where so many elements of a sample are wrong, no others are searched for."""
EXACT = 1e-7
"""A relative difference beneath which nobody looks for single wrong elements."""


def compare_by_directions(
    evidence: Evidence, slot: Slot, gradient: Floats, row: Row, settings: Settings
) -> tuple[Row, Comparison | None]:
    """Compare along random directions; look for single elements only where these disagree."""
    finite = bool(np.isfinite(gradient).all())
    found = _Looked(wrong=not finite, suspicious=not finite)
    rng = np.random.default_rng(settings.seed + 1)
    for _ in range(settings.directions if finite else 0):
        found.look(evidence, slot, gradient, rng.standard_normal(slot.shape))
    found.confirm(evidence, slot, gradient, rng.standard_normal(slot.shape))
    if found.kinked and evidence.dout.size == 1 and found.suspicious:
        return nudged(evidence, slot, row, settings)
    if found.kinked and evidence.dout.size > 1 and not found.wrong:
        between, comparison = _between_kinks(evidence, slot, gradient, row, settings)
        if comparison is not None or not found.suspicious:
            return between, comparison
    row = replace(
        row,
        checked=slot.array.size,
        mean_difference=found.difference / np.sqrt(slot.array.size),
        max_error=found.worst,
    )
    if found.wrong and not settings.explain:
        return replace(row, ok=False, wrong=1), Comparison(max_error=found.worst)
    sampled = _wrong_of(evidence, slot, gradient, None) if found.wrong else []
    single = sampled
    if len(sampled) < MANY:
        single = _searched(evidence, slot, gradient, settings, found)
    if not found.wrong and not single:
        return row, None
    if not found.wrong:
        sampled = _wrong_of(evidence, slot, gradient, None)
    evidence.include(slot, single)
    elements = list(dict.fromkeys([*single, *sampled]))
    row = replace(row, ok=False, wrong=max(len(elements), 1))
    return row, Comparison("", elements, found.worst, count=len(sampled))


def _searched(
    evidence: Evidence, slot: Slot, gradient: Floats, settings: Settings, found: _Looked
) -> list[int]:
    """Search for single elements that are wrong, now or when it is known that no layer is."""
    if not found.suspicious:
        return []
    if not settings.search and not found.wrong:
        evidence.doubted.append(slot)
        return []
    return _wrong_of(evidence, slot, gradient, wrong_elements(evidence, slot, gradient))


@dataclass
class _Looked:
    """What directions have shown."""

    wrong: bool
    suspicious: bool
    kinked: bool = False
    worst: float = 0.0
    difference: float = 0.0

    def look(self, evidence: Evidence, slot: Slot, gradient: Floats, direction: Floats) -> None:
        verdict = projected(evidence, slot, gradient, direction)
        if verdict.error > verdict.uncertain + evidence.tolerance or (
            verdict.error > max(EXACT, verdict.uncertain)
        ):
            verdict = projected(evidence, slot, gradient, direction, thorough=True)
        if not verdict.kinked and in_doubt(verdict.error, verdict.uncertain, evidence.tolerance):
            verdict = _decided(evidence, slot, gradient, direction, verdict)
        self.kinked |= verdict.kinked
        excess = verdict.error - verdict.uncertain
        self.worst = max(self.worst, verdict.error)
        self.difference = max(self.difference, abs(verdict.expected - verdict.got))
        self.wrong |= excess > evidence.tolerance
        self.suspicious |= excess > EXACT

    def confirm(self, evidence: Evidence, slot: Slot, gradient: Floats, direction: Floats) -> None:
        """Look along one more: rounding, or a kink too near to be told, shows in one only."""
        if self.wrong or not self.suspicious:
            return
        self.suspicious = False
        self.look(evidence, slot, gradient, direction)


def _decided(
    evidence: Evidence, slot: Slot, gradient: Floats, direction: Floats, verdict: Verdict
) -> Verdict:
    """Let the Taylor remainder decide, where the slope is too uncertain to."""
    found = remainder(evidence, slot, gradient, direction)
    if found.wrong:
        evidence.remainders[slot] = found
        return replace(verdict, uncertain=0.0)
    difference = abs(verdict.expected - verdict.got)
    if found.clears(evidence.tolerance * difference / verdict.error):
        return replace(verdict, uncertain=max(verdict.uncertain, verdict.error))
    return verdict


def _between_kinks(
    evidence: Evidence, slot: Slot, gradient: Floats, row: Row, settings: Settings
) -> tuple[Row, Comparison | None]:
    """Compare beside the kinks, and a few elements at them.

    A direction through a large tensor meets kinks in many outputs at once, and between all of
    their slopes a wrong gradient finds room. A little beside there is none.
    """
    rng = np.random.default_rng(settings.seed + 3)
    drawn = sorted(rng.choice(slot.array.size, AT_KINKS, replace=False).tolist())
    at, comparison = compare_elements(evidence, slot, gradient, row, drawn, brief=True)
    if comparison is None:
        row, comparison = nudged(evidence, slot, row, settings)
        return replace(row, kinks=max(at.kinks, 1)), comparison
    if not settings.explain:
        return at, comparison
    elements = _wrong_of(evidence, slot, gradient, None)
    return replace(at, wrong=max(len(elements), 1)), replace(
        comparison, elements=elements or comparison.elements, count=len(elements)
    )


def _wrong_of(
    evidence: Evidence, slot: Slot, gradient: Floats, elements: list[int] | None
) -> list[int]:
    """Return which of some elements are wrong, by default of a random sample."""
    sample = evidence.sample(slot, elements=elements)
    _, errors = evidence.judge(sample, gradient)
    pairs = zip(sample.index, errors, strict=True)
    return [int(i) for i, error in pairs if not error <= evidence.tolerance]
