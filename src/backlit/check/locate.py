"""From "this tensor is wrong" to the wrong elements, by halving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backlit.check.evidence import NOTHING_AT_ALL, TRUST, Evidence, Floats
from backlit.check.slopes import ENOUGH

if TYPE_CHECKING:
    from backlit.check.part import Slot

__all__ = ["Verdict", "projected", "wrong_elements"]


PIECES = 8
"""A tensor is cut into so many pieces before each is halved."""
VISIBLE = 1e-9
"""A relative difference that rounding does not make."""


@dataclass(frozen=True)
class Verdict:
    """One comparison of a gradient with a slope, along one direction.

    Parameters
    ----------
    expected, got
        The slope along the direction, and what the gradient says.
    error
        Their difference, relative to the size of the terms that they sum up.
    uncertain
        How much of that the slope leaves uncertain.
    kinked
        Whether the direction leads over a kink.
    """

    expected: float
    got: float
    error: float
    uncertain: float
    kinked: bool

    @property
    def off(self) -> float:
        """The difference."""
        return abs(self.expected - self.got)

    @property
    def shows(self) -> bool:
        """Whether there is a difference that the slope does not leave uncertain."""
        return self.error > self.uncertain and self.error > VISIBLE


def projected(
    evidence: Evidence,
    slot: Slot,
    gradient: Floats,
    direction: Floats,
    *,
    thorough: bool = False,
    enough: float = ENOUGH,
) -> Verdict:
    """Compare a gradient with the slope along a direction, known to ``enough`` if not better."""
    slope = evidence.slope(slot, direction, thorough=thorough, enough=enough)
    dout = evidence.dout
    with np.errstate(all="ignore"):
        middle = dout * slope.value
        low = np.where(slope.kinked, np.minimum(dout * slope.left, dout * slope.right), middle)
        high = np.where(slope.kinked, np.maximum(dout * slope.left, dout * slope.right), middle)
        got = float(np.vdot(gradient, direction))
        expected = float(middle.sum())
        if slope.kinked.any():
            expected = float(np.clip(got, low.sum(), high.sum()))
        terms = float(np.sqrt(np.sum(np.square(gradient * direction))))
        size = max(float(np.sqrt(np.sum(np.square(middle)))), terms)
        if middle.size > 1:
            size = min(size, max(terms, abs(expected)))
        size = max(size, abs(expected) if middle.size == 1 else 0.0)
        unsure = TRUST * float(
            np.sqrt(np.sum(np.square(dout * np.where(slope.kinked, 0.0, slope.error))))
        )
        unsure += evidence.negligible(slot)
        difference = abs(expected - got)
        small = difference <= NOTHING_AT_ALL
        error = 0.0 if small else difference / size if size else np.inf
        uncertain = unsure / size if size else 0.0
    if not np.isfinite(error):
        error = np.inf if np.isnan(got) or np.isinf(got) else error
    return Verdict(expected, got, float(error), float(uncertain), bool(slope.kinked.any()))


def wrong_elements(
    evidence: Evidence, slot: Slot, gradient: Floats, most: int = 5, budget: int = 64
) -> list[int]:
    """Find elements that are wrong, by halving where the difference is largest.

    Each half is judged by the slope along random signs within it; the difference that is left
    over says which half is worse. Elements beyond ``most`` are not looked for, and none are where
    a slight difference is spread over more pieces than that.
    """
    bad = np.flatnonzero(~np.isfinite(gradient.ravel()))
    if bad.size:
        return [int(i) for i in bad[:most]]
    rng = np.random.default_rng(7)

    def judged(low: int, high: int) -> Verdict:
        mask = np.zeros(slot.array.size)
        mask[low:high] = rng.choice([-1.0, 1.0], high - low) * rng.uniform(0.5, 1.5, high - low)
        return projected(evidence, slot, gradient, mask.reshape(slot.shape))

    borders = np.linspace(0, slot.array.size, min(PIECES, slot.array.size) + 1).astype(int)
    pieces = list(zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True))
    verdicts = [judged(*piece) for piece in pieces]
    groups = [(v.off, *piece) for v, piece in zip(verdicts, pieces, strict=True) if v.shows]
    slight = max(v.error for v in verdicts) < 0.1 * evidence.tolerance
    if slight and len(groups) > most:  # it is everywhere, as what a guard against log(0) leaves
        return []
    found: list[int] = []
    spent = len(pieces)
    while groups and len(found) < most and spent < budget:
        groups.sort()
        weight, start, stop = groups.pop()
        if stop - start == 1:
            found.append(start)
            continue
        if weight == 0:
            break
        middle = (start + stop) // 2
        for low, high in ((start, middle), (middle, stop)):
            verdict = judged(low, high)
            spent += 1
            if verdict.shows:
                groups.append((verdict.off, low, high))
    return found
