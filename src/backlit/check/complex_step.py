"""The complex step: a slope without a difference, exact to rounding, where the code allows it.

``Im f(x + ihv) / h`` subtracts nothing, so ``h`` may be as small as one likes. It is right only
where ``f`` is made of functions that know complex numbers: ``abs``, a comparison, ``.real`` or
an array of floats to write into make it wrong in silence. So it never stands alone: it sharpens a
slope that was found by differences, and only where both agree.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backlit.check.numerical import EPS

if TYPE_CHECKING:
    from backlit.check.part import Part, Slot
    from backlit.check.slopes import Direction, Slope

__all__ = ["sharpened", "worth_it"]

Floats: TypeAlias = NDArray[np.float64]

STEP = 1e-50
"""So small that its square is nothing beside any number, and so large that it does not vanish."""
GOOD = 1e-9
"""Differences that are so good, relatively, need no sharpening."""
SURE = 1e-6
"""What agrees with differences as good as this is taken at its word."""
POOR = 0.1
"""With differences as poor as this nothing can be verified."""
AGREES = 3
"""How many times their estimated error the differences may be away."""
ALIKE = 1e-10
"""Slopes that differ by so little, relatively, are the same: complex sums round otherwise."""
FAR = 30
"""How many times so in a few of many outputs, for which the differences are kept."""
MOST = 0.9
"""How many of the outputs have to agree."""
GAIN = 10
"""What two ways have found alike is so many times surer than what one has."""


def worth_it(slope: Slope, *, thorough: bool) -> bool:
    """Tell whether differences have left a slope less than good, and good enough to verify one.

    With ``thorough`` it may be good: more digits are wanted all the same.
    """
    off, size = float(slope.error.max(initial=0.0)), _size(slope)
    if slope.kinked.any() or not 0 < size < np.inf or not off <= POOR * size:
        return False
    return thorough or off > GOOD * size


def sharpened(
    slope: Slope, part: Part, slot: Slot, direction: Direction, here: NDArray[Any]
) -> Slope | None:
    """Return a slope with the digits of a complex step; ``None`` if that does not confirm it.

    Parameters
    ----------
    slope
        What differences have found.
    part
        What is run, once.
    slot
        What is moved.
    direction
        Where to.
    here
        The output at the start.

    References
    ----------
    W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions",
    SIAM Review 40 (1998).
    """
    size = _size(slope)
    off = float(slope.error.max(initial=0.0))
    moved = slot.array.astype(np.complex128)
    if isinstance(direction, (int, np.integer)):
        moved.flat[int(direction)] += 1j * STEP
    else:
        moved += 1j * STEP * direction
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # the discarded imaginary part is noticed below
        value = _slope_of(part.complex_output(slot, moved), here)
    if value is None:
        return None
    away = np.abs(value - slope.value)
    confirmed = away <= AGREES * slope.error + ALIKE * size
    if confirmed.mean() < MOST or not (away <= FAR * slope.error + ALIKE * size).all():
        return None
    exact = 64 * EPS * np.maximum(np.abs(value), 0.1 * size)
    error = exact if off <= SURE * size else np.maximum(slope.error / GAIN, exact)
    return replace(
        slope,
        value=np.where(confirmed, value, slope.value),
        error=np.where(confirmed, np.minimum(error, np.maximum(slope.error, exact)), slope.error),
    )


def _size(slope: Slope) -> float:
    return float(np.abs(slope.value).max(initial=0.0))


def _slope_of(output: Any, here: NDArray[Any]) -> Floats | None:
    """Return the slope in a complex output, if this is the real one with something added."""
    try:
        y = np.asarray(output)
    except ValueError:
        return None
    if y.dtype.kind != "c" or y.shape != here.shape:
        return None
    close = 1e-9 * np.abs(here).max(initial=0.0)
    if not (np.abs(y.real - here) <= close).all() or not np.isfinite(y.imag).all():
        return None
    return np.asarray(y.imag, np.float64) / STEP
