"""The arrays of a page: each once, whole where there is room, else the strongest of each block."""

from __future__ import annotations

from base64 import b64encode
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.heat import pooled
from backlit.quiet import quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.tensor import Tensor

__all__ = ["Store"]

_CELLS = 48
"""An array without room is kept as a picture of at most so many rows and columns."""


class Store:
    """Arrays by number.

    Parameters
    ----------
    room
        How many bytes of numbers are kept as they are, the smallest arrays first.

    Examples
    --------
    >>> store = Store(room=10_000)
    >>> store.add(np.ones(3)), store.add(np.zeros(())), store.add(np.ones(3))
    (0, 1, 0)
    >>> store.written()[0]
    {'shape': [3], 'data': 'AAAAAAAA8D8AAAAAAADwPwAAAAAAAPA/'}
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self._arrays: list[NDArray[Any]] = []
        self._known: dict[tuple[Any, ...], int] = {}
        self._keys: dict[Tensor, int] = {}

    def key(self, x: Tensor) -> int:
        """Return the number by which a tensor is known in all views."""
        return self._keys.setdefault(x, len(self._keys))

    def add(self, array: Any) -> int:
        """Keep an array, and return its number; equal ones share it."""
        values = np.asarray(array)
        kind = np.dtype(np.float32 if values.dtype == np.float32 else np.float64)
        values = np.ascontiguousarray(values, kind.newbyteorder("<"))
        key = (kind, np.shape(array), values.tobytes())
        if key not in self._known:
            self._known[key] = len(self._arrays)
            self._arrays.append(values.reshape(np.shape(array)))
        return self._known[key]

    @property
    def whole(self) -> set[int]:
        """The numbers of the arrays that have room as they are: the small ones first."""
        order = sorted(range(len(self._arrays)), key=lambda i: self._arrays[i].nbytes)
        spent = np.cumsum([self._arrays[i].nbytes for i in order])
        return {i for i, sum_ in zip(order, spent, strict=True) if sum_ <= self.room}

    def written(self) -> list[dict[str, Any]]:
        """Return all arrays as JSON takes them."""
        whole = self.whole
        return [
            _whole(array) if i in whole else _pooled(array) for i, array in enumerate(self._arrays)
        ]


def _whole(array: NDArray[Any]) -> dict[str, Any]:
    kind = {"kind": "f4"} if array.dtype.itemsize == 4 else {}
    return {"shape": list(array.shape), **kind, "data": b64encode(array.tobytes()).decode()}


def _pooled(array: NDArray[Any]) -> dict[str, Any]:
    """Return of each block what is furthest from 0, as heat maps do, so that no extreme is lost."""
    table = array.reshape(len(array), -1) if array.ndim > 1 else array.reshape(1, -1)
    block = [ceil(length / _CELLS) for length in table.shape]
    cells = pooled(table.astype(np.float64), *block)
    finite = table[np.isfinite(table)]
    ends = [finite.min(), finite.max()] if finite.size else [np.nan, np.nan]
    summary = np.array([*ends, quiet(np.mean, table)], "<f8")
    return {
        "shape": list(array.shape),
        "block": block,
        "cells": list(cells.shape),
        "kind": "f4",
        "data": b64encode(cells.astype("<f4").tobytes()).decode(),
        "summary": b64encode(summary.tobytes()).decode(),
    }
