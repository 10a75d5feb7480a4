"""The Taylor remainder: whether a gradient is wrong, or only the step of the slope it is held to.

With a right gradient ``g``, ``f(x + hv) − f(x) − h·g·v`` falls as ``h²``; with a wrong one as
``h``, for what is left is the difference itself, times ``h``. That is seen down a long row of
steps, whichever of them is the best, so it decides where a slope by differences is too uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backlit.check.numerical import restored

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence, Floats
    from backlit.check.part import Slot

__all__ = ["Remainder", "in_doubt", "remainder"]

SHRINK = 8.0
"""Each step is so many times smaller than the one before."""
STEPS = 15
"""The most steps: the smallest is 2e-14 times the scale."""
IN_A_ROW = 4
"""So many steps have to show the same order."""
ABOVE = 30
"""A remainder counts where it is so many times what rounding makes."""
ALIKE = 0.05
"""How far remainders, over their step, may differ and be called the same."""
DOUBTFUL = 0.1
"""An uncertainty that is so much of a difference leaves it in doubt."""


@dataclass(frozen=True)
class Remainder:
    """How the remainder falls as the step shrinks.

    Parameters
    ----------
    order
        Its order: about 1 for a wrong gradient, 2 or more for a right one; ``nan`` where rounding
        leaves too few steps to see it.
    off
        How far the gradient is off along the direction, at most, if the order is 2; and just so
        far if it is 1.
    wrong
        Whether the gradient is wrong for sure: by the same on both sides, at all of the
        smallest steps.
    """

    order: float
    off: float
    wrong: bool = False

    def clears(self, allowed: float) -> bool:
        """Tell whether the gradient is right, to within ``allowed`` along the direction."""
        return bool(self.order > 1.5 and self.off <= allowed)

    @property
    def told(self) -> str:
        """What this says, in words."""
        return (
            f"the remainder f(x + hv) − f(x) − h·g·v falls as h^{self.order:.1f} as the step h "
            "shrinks (as h^2 if the gradient g were right), so the gradient is wrong, not the step"
        )


def in_doubt(error: float, uncertain: float, tolerance: float) -> bool:
    """Tell whether a difference is one that counts, and the slope's error about as large."""
    return error > tolerance and uncertain > DOUBTFUL * error


def remainder(evidence: Evidence, slot: Slot, gradient: Floats, direction: Floats) -> Remainder:
    """Follow the remainder down a row of steps, on both sides.

    Parameters
    ----------
    evidence
        The part, and the upstream gradient whose product with the output is followed.
    slot
        The tensor that is moved.
    gradient
        Its gradient as backward gave it.
    direction
        Where to; of the tensor's shape.

    References
    ----------
    P. E. Farrell et al., "Automated derivation of the adjoint of high-level transient finite
    element programs", SIAM Journal on Scientific Computing 35 (2013), section 4.2.
    """
    array, dout = slot.array, evidence.dout
    moved = np.asarray(direction) != 0
    size = float(np.sqrt(np.mean(np.square(array[moved])))) if moved.any() else 0.0
    h = 0.1 * (size if size > 0 else 1.0)
    terms = np.sum(np.abs(dout * evidence.y)) + evidence.part.floor
    rounding = 4 * evidence.eps * terms
    found: list[tuple[float, float, float]] = []
    with restored(array), np.errstate(all="ignore"):
        along = float(np.vdot(gradient, direction))
        original = array.copy()
        for _ in range(STEPS):
            sides, moves, steepness = [], True, 0.0
            for step in (h, -h):
                np.copyto(array, original + step * direction)
                rises = dout * (evidence.part.output() - evidence.y)
                rise = float(rises.sum())
                moves &= rise != 0
                sides.append(rise / step)
                steepness = max(steepness, float(np.sqrt(np.sum(np.square(rises)))) / h)
            # x + h is rounded too, and f follows it there.
            slack = (rounding + 4 * evidence.eps * size * steepness) / h
            left, right = (side - along for side in sides)
            if not np.isfinite(sides).all():
                found, h = [], h / SHRINK
                continue
            if not moves or not max(abs(left), abs(right)) > ABOVE * slack:
                break
            found.append((h, left, right))
            h /= SHRINK
    return _read(found, along)


def _read(found: list[tuple[float, float, float]], along: float) -> Remainder:
    """Read the order off the smallest steps."""
    nothing = Remainder(np.nan, np.inf)
    if len(found) < IN_A_ROW:
        return nothing
    last = np.array(found[-IN_A_ROW:])
    steps, sides = last[:, 0], last[:, 1:]
    largest = np.abs(sides).max(axis=1)
    if not np.isfinite(sides).all() or not (largest > 0).all():
        return nothing
    order = 1 + float(np.polyfit(np.log(steps), np.log(largest), 1)[0])
    off = float(np.median(sides))
    same = bool((np.abs(sides - off) <= ALIKE * abs(off)).all())
    # A slope that is nothing beside the gradient may be a function that rounds what it is given.
    follows = abs(off + along) > 0.01 * abs(along)
    return Remainder(order, float(largest[-1]), same and follows and abs(order - 1) < 0.1)
