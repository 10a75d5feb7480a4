"""Pooling of any size, stride and padding, with the batch innermost."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.stage import Stage
from backlit.compile.layout.winners import Winners

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.geometry import Pair, Pooled
    from backlit.compile.layout.scratch import Scratch

__all__ = ["AveragePooling", "MaxPooling"]


class _Pooling(Stage):
    """What the two kinds share: the image in its padding, and the pixels under each window."""

    def __init__(
        self,
        geometry: Pooled,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        fill: float,
        *,
        descends: bool,
    ) -> None:
        scratch.restart()
        g = geometry
        channels, height, width = g.image
        (top, _), (left, _) = g.padding
        shape = (g.padded[0], channels, g.padded[1], batch)
        self.padded = np.full(shape, fill, dtype)
        inside = np.s_[top : top + height, :, left : left + width]
        self.x = self.padded[inside]
        self.rows, columns = g.output
        self.shape = (channels, columns, batch)
        self.views = [_under(self.padded, g, y) for y in range(self.rows)]
        self.work = scratch.take(self.shape, dtype)
        if descends:
            self.d_padded = scratch.take(shape, dtype)
            self.d_inside = self.d_padded[inside]
            self.d_views = [_under(self.d_padded, g, y) for y in range(self.rows)]


class MaxPooling(_Pooling):
    """The largest number under every window; of equals the first.

    Parameters
    ----------
    geometry
        Sizes.
    batch
        How many images.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    training, descends
        Whether there will be a :meth:`backward`.
    """

    def __init__(
        self,
        geometry: Pooled,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        training: bool = True,
        descends: bool = True,
    ) -> None:
        super().__init__(geometry, batch, dtype, scratch, -np.inf, descends=training and descends)
        candidates = geometry.size[0] * geometry.size[1]
        # Windows without overlap and padding can write to the image's gradient themselves.
        self.geometry, self.apart = geometry, geometry.apart
        self.direct: list[list[Any]] | None = None
        self.winners = Winners(
            candidates, self.rows, self.shape, dtype, scratch, relu=False, training=training
        )
        self.candidates = [scratch.take(self.shape, dtype) for _ in range(candidates)]

    def forward(self) -> None:
        """Compute :attr:`out` from :attr:`x`."""
        for row, views in enumerate(self.views):
            np.copyto(self.work, views[0])
            self.winners.forward(row, [self.work, *views[1:]], None, self.out[row])

    def backward(self) -> None:
        """Compute :attr:`d_x` from :attr:`d_out`."""
        if self.d_x is None:
            return
        if self.apart:
            for row, targets in enumerate(self._targets()):
                self.winners.backward(row, self.d_out[row], targets)
            return
        self.d_padded.fill(0)
        for row, targets in enumerate(self.d_views):
            self.winners.backward(row, self.d_out[row], self.candidates)
            for target, part in zip(targets, self.candidates, strict=True):
                np.add(target, part, out=target)
        np.copyto(self.d_x, self.d_inside)

    def _targets(self) -> list[list[Any]]:
        """Return the pixels under each row of windows, and write 0 where there is no window."""
        g = self.geometry
        self.d_x[self.rows * g.size[0] :].fill(0)
        self.d_x[:, :, self.shape[1] * g.size[1] :].fill(0)
        if self.direct is None:
            self.direct = [_under(self.d_x, g, y) for y in range(self.rows)]
        return self.direct


class AveragePooling(_Pooling):
    """The mean of the numbers under every window.

    Parameters
    ----------
    geometry
        Sizes.
    batch
        How many images.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    padding_counts
        Whether the zeros of the padding count as numbers.
    training, descends
        Whether there will be a :meth:`backward`.
    """

    def __init__(
        self,
        geometry: Pooled,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        padding_counts: bool = True,
        training: bool = True,
        descends: bool = True,
    ) -> None:
        super().__init__(geometry, batch, dtype, scratch, 0.0, descends=training and descends)
        g = geometry
        counted = np.ones((1, g.padded[0], 1, g.padded[1], 1), dtype)
        if not padding_counts:
            counted.fill(0)
            (top, _), (left, _) = g.padding
            counted[:, top : top + g.image[1], :, left : left + g.image[2]] = 1
        counts = [sum(_under(counted[0], g, y)) for y in range(self.rows)]
        self.shares = [1 / count for count in counts]

    def forward(self) -> None:
        """Compute :attr:`out` from :attr:`x`."""
        for views, share, out in zip(self.views, self.shares, self.out, strict=True):
            np.copyto(self.work, views[0])
            for view in views[1:]:
                self.work += view
            np.multiply(self.work, share, out=out)

    def backward(self) -> None:
        """Compute :attr:`d_x` from :attr:`d_out`."""
        if self.d_x is None:
            return
        self.d_padded.fill(0)
        for targets, share, d in zip(self.d_views, self.shares, self.d_out, strict=True):
            np.multiply(d, share, out=self.work)
            for target in targets:
                np.add(target, self.work, out=target)
        np.copyto(self.d_x, self.d_inside)


def _under(padded: Any, g: Pooled, y: int) -> list[Any]:
    """Return the pixels ``(C, Q, N)`` at each position of the windows of output row ``y``."""
    columns = g.output[1]

    def at(i: int, j: int) -> Any:
        first, step = j * g.dilation[1], g.stride[1]
        row = padded[y * g.stride[0] + i * g.dilation[0]]
        return row[:, first : first + (columns - 1) * step + 1 : step]

    size: Pair = g.size
    return [at(i, j) for i, j in product(range(size[0]), range(size[1]))]
