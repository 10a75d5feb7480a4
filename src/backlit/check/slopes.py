"""Slopes along a direction: central differences extrapolated to step zero, with an error estimate.

All outputs are looked at at once, each by itself. So a kink in one of them (a ReLU at 0, a
tie in a maximum) is seen in that output, and takes nothing from the digits of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backlit.check.numerical import EPS, restored

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENOUGH", "Direction", "Slope", "directional"]

Floats: TypeAlias = NDArray[np.float64]
Direction: TypeAlias = "Floats | int"
"""An array of the tensor's shape, or the flat index of one element."""

SHRINK = 4.0
"""Each step is so many times smaller than the one before."""
RUNGS = 13
"""The most steps: the smallest is 6e-9 times the scale."""
COLUMNS = 4
"""How many orders of the extrapolation are kept; higher ones only amplify rounding."""
ENOUGH = 1e-11
"""A relative error at which no smaller step is tried."""
ROUNDING = 4
"""An output is off by about so many units in its last place."""
WIDE = 4096
"""Of so many outputs, those that an element does not reach are left out of the reckoning."""


@dataclass(frozen=True)
class Slope:
    """How every output changes along a direction.

    Parameters
    ----------
    value
        The slope of each output; its shape is the output's.
    error
        How far off each may be, estimated.
    left, right
        The one-sided slopes at the smallest step.
    kinked
        Where the one-sided slopes do not close up as the step shrinks.
    calls
        How often the function was called.
    """

    value: Floats
    error: Floats
    left: Floats
    right: Floats
    kinked: NDArray[np.bool_]
    calls: int


def directional(
    output: Callable[[], NDArray[Any]],
    array: NDArray[Any],
    direction: Direction,
    here: Floats,
    *,
    thorough: bool = False,
    eps: float = EPS,
    floor: float = 0.0,
    enough: float = ENOUGH,
) -> Slope:
    """Return the slopes of ``output()`` as ``array`` moves along ``direction``.

    Parameters
    ----------
    output
        Reads ``array``, which is moved in place and put back.
    array
        What is moved.
    direction
        Where to.
    here
        The output at the start.
    thorough
        Whether to go down all steps, also where the first few agree.
    eps
        How finely the outputs are rounded, relative to their size.
    floor
        The size of the numbers that the outputs are made of, if that is larger.
    enough
        The relative error at which no smaller step is tried.

    References
    ----------
    C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering
    Software 4 (1982). Here with an estimate for every output, and a test for kinks.
    """
    scale = _scale(array, direction)
    largest = max(scale, 1.0) if scale > 1e-4 or scale == 0 else np.sqrt(scale)
    walk = _Walk(output, _mover(array, direction), np.asarray(here, np.float64), eps, floor, enough)
    with restored(array), np.errstate(all="ignore"):
        slope = _ladder(walk, 0.1 * largest, thorough=thorough)
        if 0 < scale < 1e-2 and not _settled(slope):
            slope = _better(slope, _ladder(walk, 0.1 * scale, thorough=thorough))
    return slope


@dataclass(frozen=True)
class _Walk:
    """A function on a line: how to go there, what it gives, and how finely that is rounded."""

    output: Callable[[], NDArray[Any]]
    move: Callable[[float], None]
    here: Floats
    eps: float
    floor: float
    enough: float = ENOUGH

    def pair(self, h: float) -> tuple[Floats, Floats]:
        self.move(h)
        up = np.asarray(self.output(), np.float64)
        self.move(-h)
        return up, np.asarray(self.output(), np.float64)

    def noise(self, up: Floats, down: Floats, h: float) -> Floats:
        size = np.maximum(np.maximum(np.abs(up), np.abs(down)), self.floor + np.abs(self.here))
        noise: Floats = ROUNDING * self.eps * size / h
        return noise


class _Widened(Exception):  # noqa: N818 - caught where it is raised
    """A smaller step reached outputs that a larger one did not."""


@dataclass(frozen=True)
class _Narrow(_Walk):
    """A walk that looks at some of the outputs only, and sees to it that the others stay."""

    whole: Floats = field(default_factory=lambda: np.empty(0))
    index: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))

    def pair(self, h: float) -> tuple[Floats, Floats]:
        found = []
        for full in super().pair(h):
            part = full.ravel()[self.index]
            if np.count_nonzero(full != self.whole) > np.count_nonzero(part != self.here):
                raise _Widened
            found.append(part)
        return found[0], found[1]


def _ladder(walk: _Walk, h: float, *, thorough: bool) -> Slope:
    """Go down the steps, and extrapolate; what is out of an element's reach is left out."""
    first = walk.pair(h)
    here = walk.here
    if here.size < WIDE or first[0].shape != here.shape or first[1].shape != here.shape:
        return _climbed(walk, h, first, thorough=thorough)
    index = np.flatnonzero((first[0] != here) | (first[1] != here))
    if 4 * index.size > here.size:
        return _climbed(walk, h, first, thorough=thorough)
    narrow = _Narrow(
        walk.output, walk.move, here.ravel()[index], walk.eps, walk.floor, walk.enough, here, index
    )
    start = first[0].ravel()[index], first[1].ravel()[index]
    try:
        slope = _climbed(narrow, h, start, thorough=thorough)
    except _Widened:
        return _climbed(walk, h, first, thorough=thorough)

    def spread(values: NDArray[Any], rest: Any) -> NDArray[Any]:
        whole = np.full(here.shape, rest, values.dtype)
        whole.reshape(-1)[index] = values
        return whole

    outside = walk.noise(here, here, h)
    outside.reshape(-1)[index] = slope.error
    return Slope(
        spread(slope.value, 0.0), outside, spread(slope.left, 0.0), spread(slope.right, 0.0),
        spread(slope.kinked, rest=False), slope.calls,
    )  # fmt: skip


def _climbed(walk: _Walk, h: float, first: tuple[Floats, Floats], *, thorough: bool) -> Slope:
    """Go down the steps, the first of which is taken, and extrapolate."""
    here = walk.here
    best, best_error = np.zeros(here.shape), np.full(here.shape, np.inf)
    before: list[Floats] = []
    gap_before = np.full(here.shape, np.inf)
    smooth = np.zeros(here.shape, bool)
    left = right = best
    sides = left, right
    jump = np.zeros(here.shape)
    calls = 0
    for rung in range(RUNGS):
        up, down = walk.pair(h) if rung else first
        calls += 2
        noise = walk.noise(up, down, h)
        # A sum that cancels is rounded as its terms are, and these are like its neighbours.
        cancelled = _rounding_of_sums(noise)
        sides = left, right
        left, right = (here - down) / h, (up - here) / h
        row = [(up - down) / (2 * h)]
        for order, coarser in enumerate(before[: COLUMNS - 1], 1):
            factor = SHRINK ** (2 * order)
            row.append(row[-1] + (row[-1] - coarser) / (factor - 1))
        for order in range(len(row)):
            if not before:
                break
            differences = np.abs(row[order] - before[min(order, len(before) - 1)])
            if order:
                differences = np.maximum(
                    np.abs(row[order] - row[order - 1]), np.abs(row[order] - before[order - 1])
                )
            estimate = differences + noise
            # A smaller step that contradicts a larger one by more than both errors is believed.
            contradicts = np.abs(row[order] - best) > 3 * (best_error + estimate)
            better = np.isfinite(estimate) & ((estimate < best_error) | contradicts)
            best, best_error = (
                np.where(better, row[order], best),
                np.where(better, estimate, best_error),
            )
        jump = np.abs(row[0] - before[0]) if before else jump
        gap = np.abs(right - left)
        closing = 0.5 * gap_before + 8 * noise
        calm = (gap <= closing + cancelled) & np.isfinite(gap)
        smooth = (gap <= closing) & np.isfinite(gap)
        before, gap_before, h = row, gap, h / SHRINK
        size = np.abs(best).max(initial=0.0)
        close = best_error <= np.maximum(
            walk.enough * np.maximum(np.abs(best), 0.1 * size), noise + cancelled
        )
        if rung >= 2 and not thorough and bool((close & calm).all()):
            smooth = calm
            break
    # A kink between the two smallest steps shows in the last one alone, too late to be believed.
    late = (calls == 2 * RUNGS) & (jump > 1e-4 * np.abs(best) + 64 * noise)
    best_error = np.where(late, np.maximum(best_error, jump), best_error)
    # At a kink both sides settle, each at a slope of its own; noise settles nowhere.
    settled = np.maximum(np.abs(left - sides[0]), np.abs(right - sides[1])) <= 0.25 * gap_before
    kinked = ~smooth & settled & (gap_before > 1e-9 * np.maximum(np.abs(left), np.abs(right)))
    middle = (left + right) / 2
    return Slope(
        np.where(kinked, middle, best),
        np.where(kinked, gap_before, best_error),
        left,
        right,
        kinked,
        calls,
    )


def _settled(slope: Slope) -> bool:
    size = np.abs(slope.value).max(initial=0.0)
    return bool((slope.error <= 1e-8 * size).all()) and not slope.kinked.any()


def _better(one: Slope, other: Slope) -> Slope:
    """Take for each output the estimate with the smaller error."""
    first = one.error <= other.error
    return Slope(
        np.where(first, one.value, other.value),
        np.where(first, one.error, other.error),
        np.where(first, one.left, other.left),
        np.where(first, one.right, other.right),
        np.where(first, one.kinked, other.kinked),
        one.calls + other.calls,
    )


def _mover(array: NDArray[Any], direction: Direction) -> Callable[[float], None]:
    if isinstance(direction, (int, np.integer)):
        flat, place = array.flat, int(direction)
        start = float(flat[place])

        def move_one(h: float) -> None:
            flat[place] = start + h

        return move_one
    original, along = array.copy(), direction

    def move_all(h: float) -> None:
        np.copyto(array, original + h * along)

    return move_all


def _scale(array: NDArray[Any], direction: Direction) -> float:
    if isinstance(direction, (int, np.integer)):
        return abs(float(array.flat[int(direction)]))
    moved = np.abs(array[np.asarray(direction) != 0])
    return float(np.sqrt(np.mean(moved**2))) if moved.size else 0.0


def _rounding_of_sums(noise: Floats) -> float:
    finite = noise[np.isfinite(noise)]
    return 8 * float(np.sqrt(np.mean(np.square(finite)))) if finite.size else 0.0
