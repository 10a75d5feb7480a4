"""Rows of an array, batch after batch, in memory that is used again."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["room", "rows_of", "taken"]

_IN_TURN = 4
"""So many arrays take batches in turn. The last one read by a product with several threads lies in
the caches of all cores, and writing it anew takes half as long again."""


def room(shape: tuple[int, ...], dtype: np.dtype[Any]) -> list[NDArray[Any]]:
    """Make the arrays that batches are written into, for batches of at most this shape."""
    return [np.empty(shape, dtype) for _ in range(_IN_TURN)]


def rows_of(array: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Return ``array[rows]`` as a fresh array, its elements in order.

    Examples
    --------
    >>> rows_of(np.arange(6).reshape(2, 3).T, np.array([2, 0]))
    array([[2, 5],
           [0, 3]])
    """
    # Of what is not in order, a view of transposed images say, `take` would copy all first.
    return (
        array.take(rows, axis=0) if array.flags.c_contiguous else np.ascontiguousarray(array[rows])
    )


def taken(
    array: NDArray[Any], batches: Iterable[NDArray[np.intp]], memory: Sequence[NDArray[Any]]
) -> Iterator[NDArray[Any]]:
    """Go through batches, each given by its rows.

    Parameters
    ----------
    array
        Samples or labels, ``(N, ...)``.
    batches
        The rows of each batch, ``(B,)``, all from 0 to N - 1.
    memory
        Arrays ``(B, ...)`` or longer, of the dtype of ``array``; see :func:`room`.

    Returns
    -------
    Iterator of arrays
        ``array[rows]``, in each array of ``memory`` in turn: a batch holds until the next is asked
        for.

    Examples
    --------
    >>> x = np.arange(5) * 10
    >>> batches = np.array([[2, 4], [3, 0]])
    >>> [batch.tolist() for batch in taken(x, batches, room((2,), x.dtype))]
    [[20, 40], [30, 0]]
    """
    in_order = array.flags.c_contiguous
    for rows, whole in zip(batches, cycle(memory), strict=False):
        out = whole[: len(rows)]
        if in_order:
            array.take(rows, 0, out, "clip")  # looking whether rows are in range takes a copy
        else:
            out[...] = array[rows]
        yield out
