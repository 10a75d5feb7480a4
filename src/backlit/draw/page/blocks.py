"""How many elements a cell of a heat map stands for."""

from __future__ import annotations

from math import ceil, prod

# The page's cells must be the drawing's own.
from backlit.draw.heat import _TILED, _size

__all__ = ["blocks"]


def blocks(shape: tuple[int, ...], *, tiled: bool) -> tuple[int, int]:
    """Return how many rows and columns of an array of ``shape`` one cell stands for.

    Examples
    --------
    >>> blocks((50, 10), tiled=False), blocks((6, 28, 28), tiled=True)
    ((2, 1), (1, 1))
    """
    if tiled:
        block = ceil(max(shape[-2:]) / (_TILED // 2))
        return block, block
    table = (1, shape[0]) if len(shape) == 1 else (shape[0], prod(shape[1:]))
    _, side = _size(*table)
    return ceil(table[0] / side), ceil(table[1] / side)
