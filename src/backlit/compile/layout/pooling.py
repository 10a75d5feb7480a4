"""Pooling of any size, stride and padding, with the batch innermost."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from backlit.compile.layout.blocks import blocks
from backlit.compile.layout.stage import Stage
from backlit.compile.layout.winners import Winners

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.geometry import Pooled
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
        rows, columns = g.output
        self.shape = (channels, columns, batch)
        size = channels * columns * batch * self.padded.itemsize
        self.blocks = blocks(rows, size * g.size[0] * g.size[1])
        self.most = max(block.stop - block.start for block in self.blocks)
        self.views = [_under(self.padded, g, block) for block in self.blocks]
        if descends:
            self.d_padded = scratch.take(shape, dtype)
            self.d_inside = self.d_padded[inside]
            self.d_views = [_under(self.d_padded, g, block) for block in self.blocks]


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
        # Windows without overlap and padding can write to the image's gradient themselves.
        self.geometry, self.apart = geometry, geometry.apart
        self.direct: list[Any] | None = None
        self.winners = Winners(
            geometry.size, (geometry.output[0], *self.shape), dtype, scratch,
            most=self.most, relu=False, training=training,
        )  # fmt: skip
        self.work = scratch.take((geometry.size[0], self.most, *self.shape), dtype)
        if training and descends and not self.apart:
            self.candidates = scratch.take((*geometry.size, self.most, *self.shape), dtype)

    def forward(self) -> None:
        """Compute :attr:`out` from :attr:`x`."""
        for rows, views in zip(self.blocks, self.views, strict=True):
            work = self.work[:, : rows.stop - rows.start]
            self.winners.forward(rows, views, None, self.out[rows], work)

    def backward(self) -> None:
        """Compute :attr:`d_x` from :attr:`d_out`."""
        if self.d_x is None:
            return
        if self.apart:
            for rows, targets in zip(self.blocks, self._targets(), strict=True):
                self.winners.backward(rows, self.d_out[rows], targets)
            return
        self.d_padded.fill(0)
        for rows, targets in zip(self.blocks, self.d_views, strict=True):
            parts = self.candidates[:, :, : rows.stop - rows.start]
            self.winners.backward(rows, self.d_out[rows], parts)
            for i, j in product(*map(range, self.geometry.size)):
                np.add(targets[i, j], parts[i, j], out=targets[i, j])
        np.copyto(self.d_x, self.d_inside)

    def _targets(self) -> list[Any]:
        """Return the pixels under each block of windows, and write 0 where there is no window."""
        g = self.geometry
        self.d_x[g.output[0] * g.size[0] :].fill(0)
        self.d_x[:, :, self.shape[1] * g.size[1] :].fill(0)
        if self.direct is None:
            self.direct = [_under(self.d_x, g, block) for block in self.blocks]
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
        counts = [_under(counted[0], g, block).sum((0, 1)) for block in self.blocks]
        self.shares = [1 / count for count in counts]
        self.work = scratch.take((self.most, *self.shape), dtype)

    def forward(self) -> None:
        """Compute :attr:`out` from :attr:`x`."""
        for rows, views, share in zip(self.blocks, self.views, self.shares, strict=True):
            work = self.work[: rows.stop - rows.start]
            for number, (i, j) in enumerate(product(*map(range, views.shape[:2]))):
                if number:
                    np.add(work, views[i, j], out=work)
                else:
                    np.copyto(work, views[i, j])
            np.multiply(work, share, out=self.out[rows])

    def backward(self) -> None:
        """Compute :attr:`d_x` from :attr:`d_out`."""
        if self.d_x is None:
            return
        self.d_padded.fill(0)
        for rows, targets, share in zip(self.blocks, self.d_views, self.shares, strict=True):
            work = self.work[: rows.stop - rows.start]
            np.multiply(self.d_out[rows], share, out=work)
            for i, j in product(*map(range, targets.shape[:2])):
                np.add(targets[i, j], work, out=targets[i, j])
        np.copyto(self.d_x, self.d_inside)


def _under(padded: Any, g: Pooled, rows: slice) -> Any:
    """Return the pixels at each position of the windows of some rows of the output, a view.

    It has shape ``(height, width, rows, C, Q, N)``.
    """
    down, deep, across, inward = padded.strides
    return as_strided(
        padded[rows.start * g.stride[0] :],
        (*g.size, rows.stop - rows.start, padded.shape[1], g.output[1], padded.shape[3]),
        (g.dilation[0] * down, g.dilation[1] * across, g.stride[0] * down, deep,
         g.stride[1] * across, inward),
    )  # fmt: skip
