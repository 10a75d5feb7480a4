"""Places for the pieces of huge drawings, in time that grows with their number.

Pieces stand in columns by their longest way from an input, beside what they are linked to.
A link that passes columns runs above or below all that stands there; so it meets no text.
Which is faster than crossing-free: a drawing of thousands of ops is searched and zoomed, and
can't be read at a glance anyway.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Columns", "in_columns", "passed"]

_SWEEPS = 4
"""How often pieces are pulled towards those that they are linked to."""


class Columns(NamedTuple):
    """The centre of each piece along and across the graph, and the bends of each link."""

    along: list[float]
    across: list[float]
    bends: list[list[tuple[float, float]]]


class _Stand(NamedTuple):
    """Which pieces stand in which column, with their sizes across and the room between them."""

    members: list[list[int]]
    column: list[int]
    breadths: Sequence[float]
    gap: float


def in_columns(
    lengths: Sequence[float],
    breadths: Sequence[float],
    links: Sequence[tuple[int, int]],
    *,
    column_gap: float,
    piece_gap: float,
) -> Columns:
    """Return places for pieces of these sizes.

    Parameters
    ----------
    lengths, breadths
        The size of each piece along and across the graph.
    links
        From which piece to which; no piece comes after itself.
    column_gap, piece_gap
        The room between columns, and between pieces and links in one.
    """
    after, before = _neighbours(len(lengths), links)
    column = _columns(after, before)
    members: list[list[int]] = [[] for _ in range(max(column, default=0) + 1)]
    for i in sorted(range(len(column)), key=lambda i: (column[i], i)):
        members[column[i]].append(i)
    stand = _Stand(members, column, breadths, piece_gap)
    across = _across(stand, after, before)
    left, right = [], []
    at = 0.0
    for inside in members:
        width = max((lengths[i] for i in inside), default=0.0)
        left.append(at)
        right.append(at + width)
        at += width + column_gap
    along = [(left[c] + right[c]) / 2 for c in column]
    lanes = _lanes(stand, links, across)
    bends = [
        [(left[column[i] + 1], lane), (right[column[j] - 1], lane)] if lane is not None else []
        for (i, j), lane in zip(links, lanes, strict=True)
    ]
    return Columns(along, across, bends)


def passed(count: int, links: Sequence[tuple[int, int]]) -> int:
    """Return how many columns the links between ``count`` pieces pass, all together."""
    column = _columns(*_neighbours(count, links))
    return sum(max(column[j] - column[i] - 1, 0) for i, j in links)


def _neighbours(
    count: int, links: Sequence[tuple[int, int]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Return for each piece those after it, and those before it."""
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for i, j in links:
        after[i].append(j)
        before[j].append(i)
    return after, before


def _columns(after: list[list[int]], before: list[list[int]]) -> list[int]:
    """Return for each piece the number of its column; what begins stands just before its use."""
    missing = [len(found) for found in before]
    ready = deque(i for i, count in enumerate(missing) if not count)
    column = [0] * len(after)
    order = []
    while ready:
        i = ready.popleft()
        order.append(i)
        for j in after[i]:
            column[j] = max(column[j], column[i] + 1)
            missing[j] -= 1
            if not missing[j]:
                ready.append(j)
    for i in order:
        if not before[i] and after[i]:
            column[i] = min(column[j] for j in after[i]) - 1
    return column


def _across(stand: _Stand, after: list[list[int]], before: list[list[int]]) -> list[float]:
    members, column, breadths, gap = stand
    across = [0.0] * len(column)
    for inside in members:
        _settle(inside, across, breadths, gap)
    for sweep in range(_SWEEPS):
        forth = not sweep % 2
        links = before if forth else after
        for inside in members if forth else members[::-1]:
            for i in inside:
                # The neighbours in the next column count; links from further off have lanes.
                near = [j for j in links[i] if abs(column[j] - column[i]) == 1]
                if near:
                    across[i] = sum(across[j] for j in near) / len(near)
            _settle(inside, across, breadths, gap)
    return across


def _settle(inside: list[int], across: list[float], breadths: Sequence[float], gap: float) -> None:
    """Move what stands in one column apart, each as little from where it wants to be."""
    if len(inside) < 2:
        return
    inside.sort(key=lambda i: across[i])
    wanted = [across[i] for i in inside]
    steps = [(breadths[i] + breadths[j]) / 2 + gap for i, j in pairwise(inside)]
    low, high = wanted[:], wanted[:]
    for k, step in enumerate(steps):
        low[k + 1] = max(low[k + 1], low[k] + step)
    for k in range(len(steps) - 1, -1, -1):
        high[k] = min(high[k], high[k + 1] - steps[k])
    # Both keep the distances, and so does what lies halfway between.
    for i, a, b in zip(inside, low, high, strict=True):
        across[i] = (a + b) / 2


def _lanes(
    stand: _Stand, links: Sequence[tuple[int, int]], across: list[float]
) -> list[float | None]:
    """Return for each link that passes columns where it does, beyond all that stands there."""
    members, column, breadths, gap = stand
    count = len(members)
    least: NDArray[np.float64] = np.zeros(count)
    most: NDArray[np.float64] = np.zeros(count)
    for c, inside in enumerate(members):
        least[c] = min((across[i] - breadths[i] / 2 for i in inside), default=0.0)
        most[c] = max((across[i] + breadths[i] / 2 for i in inside), default=0.0)
    lanes: list[float | None] = [None] * len(links)
    spans = [(column[j] - column[i], k) for k, (i, j) in enumerate(links)]
    for span, k in sorted(spans):
        if span < 2:
            continue
        i, j = links[k]
        passed = slice(column[i] + 1, column[j])
        above, below = float(least[passed].min()) - gap, float(most[passed].max()) + gap
        middle = (across[i] + across[j]) / 2
        if middle - above < below - middle:
            lanes[k] = above
            least[passed] = above
        else:
            lanes[k] = below
            most[passed] = below
    return lanes
