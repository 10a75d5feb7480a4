"""One tensor's gradient against slopes, element by element, kinks included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backlit.check.numerical import EPS, central_differences, restored
from backlit.check.report import Fault, Row
from backlit.errors import BacklitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.check.subject import Place

__all__ = ["Probe", "compare"]

Floats: TypeAlias = NDArray[np.float64]

STEP = 2e-5
"""Near the optimum ``(3 ε f / f''')^(1/3)`` of a central difference in float64."""
FINER = (1.0, 0.1, 0.01, 0.001)
"""The steps, in units of :data:`STEP`, at which an element in doubt is looked at again."""
ROUNDING = 8
"""A loss is off by a few units in the last place; this many are taken as rounding."""
DOUBTS = 100
"""After so many wrong elements a tensor is wrong, and the rest need no second look."""
WORST = 5
"""How many elements of a tensor are listed as faults."""


@dataclass(frozen=True)
class Probe:
    """How slopes are taken, and when they agree with a gradient.

    Parameters
    ----------
    evaluate
        Reads the arrays and returns the number that is differentiated.
    magnitude
        The size of the numbers that ``evaluate`` adds up.
    tolerance
        The largest relative error that passes.
    """

    evaluate: Callable[[], float]
    magnitude: float
    tolerance: float

    def errors(self, expected: Any, got: Any, rounding: Any) -> Floats:
        """Return relative errors that exceed the tolerance only beyond what rounding explains."""
        with np.errstate(all="ignore"):
            difference = np.abs(expected - got)
            size = np.maximum(np.abs(expected), np.abs(got)) + rounding / self.tolerance
            errors = np.where(difference == 0, 0.0, difference / size)
        return np.where(np.isfinite(errors), errors, np.inf)


def compare(
    probe: Probe, place: Place, gradient: Any, chosen: NDArray[np.intp]
) -> tuple[Row, list[Fault]]:
    """Compare a gradient with slopes.

    Parameters
    ----------
    probe
        Takes the slopes.
    place
        The tensor: its layer, its name, and the array to move.
    gradient
        What ``backward`` says, to be of the array's shape.
    chosen
        Which elements, as indices into the flattened array.
    """
    array = place.array
    row = Row(place.layer, place.tensor, array.shape)
    analytic, complaint = _as_gradient(gradient, array.shape)
    if complaint:
        return replace(row, ok=False), [Fault(place.layer, place.tensor, message=complaint)]
    got = analytic.ravel()[chosen]
    expected, errors, kinked = _judge(probe, array, got, chosen)
    right, smooth = errors <= probe.tolerance, ~kinked
    with np.errstate(all="ignore"):
        differences = np.abs(expected - got)[smooth]
    row = replace(
        row,
        checked=len(chosen),
        mean_difference=float(differences.mean()) if differences.size else 0.0,
        max_error=float(errors[smooth].max(initial=0.0)),
        wrong=int(np.count_nonzero(~right)),
        kinks=int(np.count_nonzero(kinked & right)),
        ok=bool(right.all()),
    )
    still = "" if expected.any() else "moving the tensor changes nothing"
    worst = [k for k in np.argsort(-errors, kind="stable")[:WORST].tolist() if not right[k]]
    return row, [
        Fault(
            place.layer,
            place.tensor,
            tuple(int(i) for i in np.unravel_index(int(chosen[k]), array.shape)),
            float(expected[k]),
            float(got[k]),
            _plain_error(float(expected[k]), float(got[k])),
            "on a kink, and not between its one-sided slopes" if kinked[k] else still,
        )
        for k in worst
    ]


def _plain_error(expected: float, got: float) -> float:
    error = abs(expected - got) / max(abs(expected), abs(got))
    return error if np.isfinite(error) else np.inf


def _as_gradient(gradient: Any, shape: tuple[int, ...]) -> tuple[Floats, str]:
    """Return the gradient as an array, or what keeps it from being one of this tensor."""
    nothing = np.empty(0)
    if isinstance(gradient, BacklitError):
        return nothing, gradient.message
    if gradient is None:
        return nothing, "backward left no gradient"
    try:
        array = np.asarray(gradient)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        return nothing, f"the gradient is not made of real numbers but {gradient!r:.60}"
    if array.shape != shape:
        return nothing, f"the gradient has shape {array.shape}, but the tensor has shape {shape}"
    return array.astype(np.float64), ""


def _judge(
    probe: Probe, array: NDArray[Any], got: Floats, chosen: NDArray[np.intp]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the slopes, the errors of ``got``, and which elements lie on a kink."""
    expected, rounding, _ = central_differences(
        probe.evaluate, array, chosen.tolist(), STEP, magnitude=probe.magnitude, relative=True
    )
    errors = probe.errors(expected, got, ROUNDING * rounding)
    kinked = np.zeros(len(chosen), bool)
    wrong = 0
    with restored(array):
        for k in np.flatnonzero(~(errors <= probe.tolerance)).tolist():
            if wrong < DOUBTS:
                expected[k], errors[k], kinked[k] = _look_again(
                    probe, array, int(chosen[k]), float(got[k])
                )
            wrong += not errors[k] <= probe.tolerance
    return expected, errors, kinked


class _Look(NamedTuple):
    """The slopes to the left and to the right of a point, at one step."""

    left: float
    right: float
    rounding: float

    @property
    def central(self) -> float:
        return (self.left + self.right) / 2

    @property
    def gap(self) -> float:
        return abs(self.right - self.left)


def _look_again(
    probe: Probe, array: NDArray[Any], place: int, got: float
) -> tuple[float, float, bool]:
    """Judge an element in doubt: return the slope, the error of ``got``, and if it is a kink.

    The slopes on both sides are taken at ever smaller steps until the central one settles.
    Of a smooth function the two sides then close up in proportion to the step; at a kink
    they stay apart, and each value between them is a gradient as good as another.
    """
    looks = [_look(probe, array, place, h * STEP) for h in FINER]
    sides: tuple[float, ...] = ()
    for wide, narrow in pairwise(looks):
        near = probe.tolerance * max(abs(wide.central), abs(narrow.central))
        if abs(wide.central - narrow.central) <= near + wide.rounding + narrow.rounding:
            settled = wide
            if narrow.gap > near + 2 * narrow.rounding and narrow.gap > wide.gap / 2:
                sides = (narrow.left, narrow.right)
            break
    else:  # a kink nearer than the smallest step
        settled = looks[-1]
        sides = tuple(side for look in looks for side in (look.left, look.right))
    expected = min(max(got, min(sides)), max(sides)) if sides else settled.central
    return expected, float(probe.errors(expected, got, settled.rounding)), bool(sides)


def _look(probe: Probe, array: NDArray[Any], place: int, h: float) -> _Look:
    """Take the slopes on both sides of an element, and put it back."""
    flat = array.flat
    x = float(flat[place])
    here = probe.evaluate()
    by = h * max(1.0, abs(x))
    above, below = x + by, x - by
    flat[place] = above
    up = probe.evaluate()
    flat[place] = below
    down = probe.evaluate()
    flat[place] = x
    size = max(abs(here), abs(up), abs(down), probe.magnitude)
    return _Look((here - down) / (x - below), (up - here) / (above - x), ROUNDING * EPS * size / by)
