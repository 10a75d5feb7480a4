"""Links that would run through what stands in their way are led around all of it.

The layout keeps links apart from pieces; of hundreds of links it misses one at times.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from backlit.draw.scene import Line, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from backlit.draw.scene import Box, Item

__all__ = ["lane", "meeting"]

_AROUND = 1.0
"""So near to a text no line runs; a border may be touched."""


def meeting(
    lines: Sequence[Line | None],
    links: Sequence[tuple[int, int]],
    pieces: Sequence[Sequence[Item]],
) -> list[int]:
    """Return the numbers of the lines that meet a text or a shape of a piece not their own."""
    owners, boxes = [], []
    for i, items in enumerate(pieces):
        for item in items:
            if not isinstance(item, Line):
                left, top, right, bottom = item.box
                far = _AROUND if isinstance(item, Text) else -_AROUND
                owners.append(i)
                boxes.append((left - far, top - far, right + far, bottom + far))
    owner, box = np.array(owners, int), np.array(boxes, float).reshape(-1, 4)
    found = []
    for k, (line, ends) in enumerate(zip(lines, links, strict=True)):
        if line is None:
            continue
        others = box[~np.isin(owner, ends) & _near(box, line.box)]
        if len(others) and any(_crossed(others, *ends) for ends in pairwise(line.points)):
            found.append(k)
    return found


def _near(boxes: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    across = (boxes[:, 0] < box.right) & (box.left < boxes[:, 2])
    down = (boxes[:, 1] < box.bottom) & (box.top < boxes[:, 3])
    near: NDArray[np.bool_] = across & down
    return near


def _crossed(
    boxes: NDArray[np.float64], start: tuple[float, float], end: tuple[float, float]
) -> bool:
    """Whether the straight line enters one of the boxes, by clipping it to each."""
    low, high = np.zeros(len(boxes)), np.ones(len(boxes))
    for axis in (0, 1):
        first, last = boxes[:, axis], boxes[:, axis + 2]
        step = end[axis] - start[axis]
        if abs(step) < 1e-9:
            high[(start[axis] <= first) | (start[axis] >= last)] = -1.0
            continue
        ways = np.stack([(first - start[axis]) / step, (last - start[axis]) / step])
        low, high = np.maximum(low, ways.min(0)), np.minimum(high, ways.max(0))
    return bool((high - low > 1e-9).any())


def lane(taken: NDArray[np.float64], first: float, last: float, middle: float, gap: float) -> float:
    """Return where, across the graph, nothing stands between two places along it.

    Parameters
    ----------
    taken
        Rooms that are taken: from and to along the graph, from and to across it.
    first, last
        Where along the graph the lane begins and ends.
    middle
        Across the graph, where the lane had better be.
    gap
        How far it keeps from everything.
    """
    within = taken[(taken[:, 0] < last) & (first < taken[:, 1])]
    above = float(within[:, 2].min(initial=middle)) - gap
    below = float(within[:, 3].max(initial=middle)) + gap
    return above if middle - above < below - middle else below
