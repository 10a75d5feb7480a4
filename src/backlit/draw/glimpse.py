"""What fits of an array over an edge: a number, a small matrix, or a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.heat import Cells, cells
from backlit.draw.number import number
from backlit.quiet import quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Glimpse", "glimpse"]

ROWS, COLUMNS = 4, 4
"""An array of at most so many rows and columns is shown with all its numbers."""
CELLS = 14
"""A coarse heat map has at most so many rows and columns; more are averaged."""


@dataclass(frozen=True)
class Glimpse:
    """A number is one cell without a shape; a large array has a heat map and a range instead."""

    cells: tuple[tuple[str, ...], ...]
    shape: str = ""
    heat: NDArray[Any] | None = None
    range: str = ""
    mean: str = ""
    fine: Cells | None = None

    def __str__(self) -> str:
        rows = [" ".join(row) for row in self.cells]
        if not self.shape:
            return rows[0]
        if self.range:
            return f"{self.shape}: {self.range}, mean {self.mean}"
        return f"{self.shape}: [{'; '.join(rows)}]" if rows else f"{self.shape}: empty"


def glimpse(array: Any, precision: int = 4, *, fine: bool = False) -> Glimpse:
    """Return what to show of ``array``.

    A heat map has few cells, each a mean (a page computes them anew at each step); a ``fine`` one
    has many, and each shows the strongest of what it stands for.

    Examples
    --------
    >>> print(glimpse(0.5))
    0.5
    >>> print(glimpse([[1.0, 2.0], [3.0, -4.0]]))
    (2, 2): [1 2; 3 −4]
    >>> print(glimpse(np.arange(100.0)))
    (100,): 0 … 99, mean 49.5
    >>> print(glimpse([0.1, 0.2, -0.3] * 6))  # whose sum is 10⁻¹⁶ or so in floating point
    (18,): −0.3 … 0.2, mean 0
    >>> print(glimpse(np.zeros((0, 3))))
    (0, 3): empty
    """
    values = np.asarray(array)
    if not values.ndim:
        return Glimpse(((number(values, precision),),))
    shape = str(values.shape)
    if not values.size:
        return Glimpse((), shape)
    table = values.reshape(1, -1) if values.ndim == 1 else values.reshape(len(values), -1)
    if values.ndim <= 2 and table.shape[0] <= ROWS and table.shape[1] <= COLUMNS:
        numbers = tuple(tuple(number(x, precision) for x in row) for row in table)
        return Glimpse(numbers, shape)
    mean = number(quiet(_mean, values), min(precision, 3))
    if fine:
        return Glimpse((), shape, None, _range(values), mean, quiet(cells, values))
    return Glimpse((), shape, quiet(_cells, table.astype(float)), _range(values), mean)


def _mean(values: NDArray[Any]) -> float:
    """Return the mean, 0 where it is no more than the rounding of the numbers added up."""
    mean = float(np.mean(values))
    if values.dtype.kind != "f":
        return mean
    size = float(np.max(np.abs(values)))
    return 0.0 if abs(mean) < 4 * size * float(np.finfo(values.dtype).eps) else mean


def _range(values: NDArray[Any]) -> str:
    finite = values[np.isfinite(values)]
    lost = values.size - finite.size
    if not finite.size:
        return "no finite number"
    low, high = number(finite.min(), 3), number(finite.max(), 3)
    text = f"all {low}" if low == high else f"{low} … {high}"
    return f"{text}, {lost} not finite" if lost else text


def _cells(table: NDArray[Any]) -> NDArray[Any]:
    """Average blocks, and scale so that the strongest is ±1."""
    for axis in (0, 1):
        size = ceil(table.shape[axis] / CELLS)
        starts = np.arange(0, table.shape[axis], size)
        counts = np.diff(np.append(starts, table.shape[axis]))
        sums = np.add.reduceat(table, starts, axis=axis)
        table = sums / np.expand_dims(counts, 1 - axis)
    finite = np.abs(table[np.isfinite(table)])
    strongest = finite.max(initial=0.0)
    return table / strongest if strongest else table
