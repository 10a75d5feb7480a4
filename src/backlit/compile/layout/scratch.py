"""Memory that stages use in turn: what one leaves there the next may overwrite."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["Scratch"]

_ALIGNMENT = 64  # bytes, a cache line


class Scratch:
    """One block of memory, handed out again from its start for every stage.

    Parameters
    ----------
    size
        Bytes. With 0 it measures: every array is fresh, and :attr:`needed` says what size would
        have held them.
    """

    def __init__(self, size: int = 0) -> None:
        self._bytes = np.empty(size + _ALIGNMENT, np.uint8) if size else None
        self._start = -self._bytes.ctypes.data % _ALIGNMENT if self._bytes is not None else 0
        self._used = 0
        self.needed = 0

    def restart(self) -> None:
        """Begin anew: what was handed out before may be overwritten."""
        self._used = 0

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array with nothing meaningful in it."""
        kind = np.dtype(dtype)
        size = prod(shape) * kind.itemsize
        first = self._start + self._used
        self._used += -(-size // _ALIGNMENT) * _ALIGNMENT
        self.needed = max(self.needed, self._used)
        if self._bytes is None:
            return np.empty(shape, kind)
        return self._bytes[first : first + size].view(kind).reshape(shape)
