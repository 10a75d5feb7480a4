"""How finely a part rounds: as its output's dtype does, or as a coarser one on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.numerical import EPS
from backlit.check.part import Broken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.check.part import Part

__all__ = ["rounded_to"]

SINGLE = float(np.finfo(np.float32).eps)
SHOWN = 16
"""A change of so many units in the last place can't be missed."""


def rounded_to(part: Part, here: NDArray[Any]) -> float:
    """Return the distance from 1 to the next number, in the coarsest precision on the way.

    Parameters
    ----------
    part
        What is run, three times at most.
    here
        Its output.
    """
    if here.dtype.itemsize < 8:
        return float(np.finfo(here.dtype).eps)
    y = np.asarray(here, np.float64)
    with np.errstate(all="ignore"):
        moved = _beside(part, y, 0.01, least=0.01)
        if moved is None or np.count_nonzero(moved != y) < 0.5 * y.size:
            return EPS
        for dtype in (np.float16, np.float32):
            if all(np.array_equal(a, a.astype(dtype).astype(np.float64)) for a in (y, moved)):
                return float(np.finfo(dtype).eps)
        return SINGLE if _swallows(part, y) else EPS


def _swallows(part: Part, y: NDArray[Any]) -> bool:
    """Tell whether single precision swallows a step: 1e-9 moves nothing, and 1e-6 does."""
    tiny, small = _beside(part, y, 1e-9), _beside(part, y, 1e-6)
    if tiny is None or small is None:
        return False
    # Where double precision would have shown a thousandth of what the larger step changes.
    shown = np.abs(small - y) > 1e3 * SHOWN * EPS * np.abs(y)
    return bool(np.count_nonzero(tiny[shown] == y[shown]) > 0.5 * np.count_nonzero(shown))


def _beside(part: Part, y: NDArray[Any], by: float, least: float = 0.0) -> NDArray[Any] | None:
    """Return the output where everything is moved by a part of itself, and by ``least``."""
    saved = [(slot.array, slot.array.copy()) for slot in part.slots]
    rng = np.random.default_rng(23)
    try:
        for array, original in saved:
            step = by * np.abs(original) + least
            np.copyto(array, original + step * rng.standard_normal(original.shape))
        moved = np.array(part.output(), np.float64)
    except Broken:
        return None
    finally:
        for array, original in saved:
            np.copyto(array, original)
    return moved if moved.shape == y.shape else None
