"""Bias, ReLU and the maximum over a pooling window, a block of rows at a time, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.scratch import Scratch

__all__ = ["Winners"]


class Winners:
    """The largest of several candidates, and which of them it was.

    The maximum is taken before bias and ReLU: both are monotone, so the result is the same, of
    a fraction of the work. Of equals the first wins.

    Parameters
    ----------
    window
        The height and width of a pooling window, each pixel of which is a candidate.
    shape
        Of the results, ``(rows, C, Q, N)``.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    most
        How many rows come together at most.
    relu
        Whether negative results become 0, without a gradient.
    training
        Whether winners are remembered for :meth:`backward`.
    """

    def __init__(
        self,
        window: tuple[int, int],
        shape: tuple[int, ...],
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        most: int,
        relu: bool,
        training: bool = True,
    ) -> None:
        height, width = self.window = window
        self.relu = relu
        self.many = window != (1, 1)
        self.across: Any = None
        self.down: Any = None
        self.passing: Any = None
        if training:
            # Whether a pixel is larger than all before it: in its row, then its row's largest.
            self.across = np.empty((width - 1, height, *shape), np.bool_)
            self.down = np.empty((height - 1, *shape), np.bool_)
            self.passing = np.empty(shape, np.bool_) if relu else None
        if training and self.many:
            self.passed = scratch.take((most, *shape[1:]), dtype)
            self.between = scratch.take((height, most, *shape[1:]), dtype)
        # Compared with an array, which is faster than with a number.
        self.zeros: Any = np.zeros(shape[1:], dtype) if relu else None

    def forward(self, rows: slice, candidates: Any, bias: Any, out: Any, work: Any = None) -> None:
        """Write the results of a block of rows to ``out``.

        ``candidates`` has shape ``(height, width, rows, C, Q, N)``; they are overwritten, unless
        there is ``work`` of shape ``(height, rows, C, Q, N)`` for what is computed of them.
        """
        best = candidates[:, 0]
        written = best if work is None else work
        for j in range(1, self.window[1]):
            if self.across is not None:
                np.greater(candidates[:, j], best, out=self.across[j - 1, :, rows])
            best = np.maximum(best, candidates[:, j], out=written)
        lines, best = best, best[0]
        for i in range(1, self.window[0]):
            if self.down is not None:
                np.greater(lines[i], best, out=self.down[i - 1, rows])
            best = np.maximum(best, lines[i], out=written[0])
        if bias is not None:
            best = np.add(best, bias, out=best if self.relu else out)
        if self.relu:
            if self.passing is not None:
                np.greater(best, self.zeros, out=self.passing[rows])
            np.maximum(best, self.zeros, out=out)
        elif best is not out:
            np.copyto(out, best)

    def backward(self, rows: slice, d_out: Any, d_candidates: Any) -> Any:
        """Hand the gradient of a block of rows to the winners, and 0 to all others.

        Returns
        -------
        array
            The gradient before it is handed on, ``(rows, C, Q, N)`` in memory without gaps.
        """
        d = self.passed[: len(d_out)] if self.many else d_candidates[0, 0]
        if self.passing is None:
            np.copyto(d, d_out)
        else:
            np.multiply(d_out, self.passing[rows], out=d)
        height, width = self.window
        lines = self.between[:, : len(d_out)] if width > 1 else d_candidates[:, 0]
        rest = d
        # The last that was larger than all before it is the largest.
        for i in range(1, height)[::-1]:
            np.multiply(rest, self.down[i - 1, rows], out=lines[i])
            rest = np.subtract(rest, lines[i], out=lines[0])
        rest = lines if height > 1 else d[None]
        for j in range(1, width)[::-1]:
            np.multiply(rest, self.across[j - 1, :, rows], out=d_candidates[:, j])
            rest = np.subtract(rest, d_candidates[:, j], out=d_candidates[:, 0])
        return d
