"""Bias, ReLU and the maximum over a pooling window, a row at a time, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from backlit.compile.layout.scratch import Scratch

__all__ = ["Winners"]


class Winners:
    """The largest of several candidates, and which of them it was.

    The maximum is taken before bias and ReLU: both are monotone, so the result is the same, of
    a fraction of the work. Of equals the first wins.

    Parameters
    ----------
    candidates
        How many there are: the pixels under a pooling window, row by row.
    rows
        How many rows :meth:`forward` is called for.
    shape
        Of a row of the result, ``(C, Q, N)``.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    relu
        Whether negative results become 0, without a gradient.
    training
        Whether winners are remembered for :meth:`backward`.
    """

    def __init__(
        self,
        candidates: int,
        rows: int,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        relu: bool,
        training: bool = True,
    ) -> None:
        self.relu = relu
        self.many = candidates > 1
        number: Any = np.uint8 if candidates < 255 else np.uint16
        self.nobody = np.iinfo(number).max
        self.index: Any = np.empty((rows, *shape), number) if training and self.many else None
        passing = training and relu and not self.many
        self.passing: Any = np.empty((rows, *shape), np.bool_) if passing else None
        self.mask = scratch.take(shape, np.bool_)
        # The mask read as numbers where it can be: converting it takes twice the time.
        bytes_ = number is np.uint8
        self.number = self.mask.view(np.uint8) if bytes_ else scratch.take(shape, number)
        self.marks = self.number if bytes_ else self.mask
        # Compared with an array, which is faster than with a number.
        self.zeros: Any = np.zeros(shape, dtype) if relu else None

    def forward(self, row: int, candidates: Sequence[Any], bias: Any, out: Any) -> None:
        """Write the results of one row to ``out``; candidates may be overwritten."""
        best = candidates[0]
        if self.many:
            best = self._largest(row, candidates)
        if bias is not None:
            np.add(best, bias, out=best if self.relu else out)
            best = best if self.relu else out
        if self.relu:
            if self.index is not None:
                np.less_equal(best, self.zeros, out=self.mask)
                self._mark(self.index[row], self.nobody)
            elif self.passing is not None:
                np.greater(best, self.zeros, out=self.passing[row])
            np.maximum(best, self.zeros, out=out)
        elif best is not out:
            np.copyto(out, best)

    def backward(self, row: int, d_out: Any, d_candidates: Sequence[Any]) -> None:
        """Hand the gradient of one row to the winners, and 0 to all others."""
        if self.index is not None:
            for number, d in enumerate(d_candidates):
                np.equal(self.index[row], number, out=self.mask)
                np.multiply(d_out, self.mask, out=d)
        elif self.passing is not None:
            np.multiply(d_out, self.passing[row], out=d_candidates[0])
        else:
            np.copyto(d_candidates[0], d_out)

    def _largest(self, row: int, candidates: Sequence[Any]) -> Any:
        first, second, *others = candidates
        if self.index is None:
            for other in candidates[1:]:
                np.maximum(first, other, out=first)
            return first
        index = self.index[row]
        np.greater(second, first, out=self.mask)
        np.copyto(index, self.mask)
        np.maximum(first, second, out=first)
        for number, other in enumerate(others, 2):
            np.greater(other, first, out=self.mask)
            self._mark(index, number)
            np.maximum(first, other, out=first)
        return first

    def _mark(self, index: Any, number: int) -> None:
        """Write ``number`` where the mask is set; it is larger than what stands there."""
        np.multiply(self.marks, self.number.dtype.type(number), out=self.number)
        np.maximum(index, self.number, out=index)
