"""Runs of the same structure, each computed from the one before: layers in a row, steps in time."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backlit.draw.structure import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from backlit.draw.structure import Structure
    from backlit.tensor import Tensor

__all__ = ["repeated"]

_PERIOD, _PHASES, _TRIES = 2000, 8, 40
"""The longest body that is looked for, from how many of its units on, and how many of the best
candidates are looked at."""


class _Run(NamedTuple):
    """``times`` bodies of ``period`` units, from unit ``first``."""

    saved: int
    first: int
    period: int
    times: int


def repeated(units: Sequence[Part], structure: Structure, tokens: NDArray[np.int64]) -> list[Part]:
    """Return ``units`` with every run of one structure made one part.

    First what saves most: in A A B A A B it is (A A B) twice. A body is looked into when it is
    opened, not before.

    Parameters
    ----------
    units
        Parts that follow one another.
    structure
        How their calls are wired.
    tokens
        A number for each call, the same for calls of one kind.
    """
    known: dict[Any, int] = {}
    kinds = np.array(
        [known.setdefault(_kind(unit, tokens), len(known)) for unit in units], np.int64
    )
    result: list[Part] = []
    waiting: list[tuple[int, int] | Part] = [(0, len(units))]
    while waiting:
        taken = waiting.pop()
        if isinstance(taken, Part):
            result.append(taken)
            continue
        first, last = taken
        run = _best(units, kinds, first, last, structure)
        if run is None:
            result += units[first:last]
        else:
            part, begin, end = run
            waiting += [(end, last), part, (first, begin)]
    return result


def _kind(unit: Part, tokens: NDArray[np.int64]) -> tuple[Any, ...]:
    layer = type(unit.layer).__qualname__ if unit.layer is not None else ""
    return layer, unit.repeats, tokens[unit.start : unit.stop].tobytes()


def _best(
    units: Sequence[Part], kinds: NDArray[np.int64], first: int, last: int, structure: Structure
) -> tuple[Part, int, int] | None:
    """Return the run that saves most, with the places of its first unit and after its last."""
    candidates = nlargest(_TRIES, _runs(kinds[first:last]), key=lambda run: (run.saved, -run.first))
    best: tuple[Part, int, int] | None = None
    saved = 0
    for run in candidates:
        if run.saved <= saved:
            break
        begin = first + run.first
        bodies = [
            units[begin + k * run.period : begin + (k + 1) * run.period] for k in range(run.times)
        ]
        skipped, count, begins = _aligned(bodies, structure)
        count = _closed(bodies[skipped : skipped + count], structure)
        gain = (count - 1) * run.period
        if gain <= max(saved, 1):  # two ops in one block are no easier to read
            continue
        inside = tuple(_body(body) for body in bodies[skipped : skipped + count])
        part = Part(inside[0].start, inside[-1].stop, inside, repeats=True, begins=begins)
        if structure.output(part) is None:
            continue
        begin += skipped * run.period
        best, saved = (part, begin, begin + count * run.period), gain
    return best


def _aligned(
    bodies: list[Sequence[Part]], structure: Structure
) -> tuple[int, int, frozenset[Tensor]]:
    """Return how many bodies to skip, how many are wired alike then, and what they begin with."""
    length = bodies[0][-1].stop - bodies[0][0].start
    skipped = 0
    while len(bodies) - skipped > 1:
        starts = [body[0].start for body in bodies[skipped:]]
        count, begins = structure.aligned(starts, length)
        if count > 1:
            return skipped, count, begins
        skipped += 1
    return skipped, 1, frozenset()


def _closed(bodies: list[Sequence[Part]], structure: Structure) -> int:
    """Return how many of the bodies come before one that is used further on than in the next."""
    starts = [*(body[0].start for body in bodies), bodies[-1][-1].stop]
    for k in range(len(bodies) - 1):
        if structure.last_use[starts[k] : starts[k + 1]].max() >= starts[k + 2]:
            return k + 1
    return len(bodies)


def _body(units: Sequence[Part]) -> Part:
    return units[0] if len(units) == 1 else Part(units[0].start, units[-1].stop, tuple(units))


def _runs(kinds: NDArray[np.int64]) -> Iterator[_Run]:
    """Yield where a stretch of kinds follows itself, by the period."""
    for period in range(1, min(len(kinds) // 2, _PERIOD) + 1):
        same = kinds[period:] == kinds[:-period]
        if np.count_nonzero(same) < period:
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([0], same, [0]))))
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if end - begin < period:
                continue
            count = (end - begin) // period + 1
            for phase in range(min((end - begin) % period, _PHASES) + 1):
                yield _Run((count - 1) * period, begin + phase, period, count)
