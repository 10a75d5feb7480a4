"""Rows that are computed together."""

from __future__ import annotations

from itertools import accumulate, pairwise

__all__ = ["blocks"]

_CACHED = 1 << 20
"""Bytes that a block may take. Whatever is larger leaves a core's own cache; whatever is smaller
takes more calls, and threads that call wait for one another."""


def blocks(rows: int, size: int) -> list[slice]:
    """Cut rows into blocks, as equal as can be, larger ones first.

    Parameters
    ----------
    rows
        How many there are.
    size
        Bytes that one row takes.

    Examples
    --------
    >>> blocks(10, 300_000)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 8, None), slice(8, 10, None)]
    """
    many = max(1, _CACHED // max(1, size))
    count = -(-rows // many)
    sizes = [rows // count + (i < rows % count) for i in range(count)]
    stops = [0, *accumulate(sizes)]
    return [slice(first, last) for first, last in pairwise(stops)]
