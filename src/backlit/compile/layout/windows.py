"""The patches under a kernel as matrices, one block of output rows after the other."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backlit.compile.layout.scratch import Scratch

__all__ = ["Windows"]

_BUDGET = 4 << 20  # bytes of patches kept at a time; only the last few rows are read again


class Windows:
    """The patches that a kernel meets in an image, as matrices ``(KH·KW·C, Q·N)``.

    With the batch innermost a patch's pixels are runs of ``Q·N`` numbers. Each row of the image
    is copied once for every column of the kernel, and rows that two output rows share are
    shared: the matrix of an output row is a window of ``KH`` copied rows, without a copy of its
    own.

    Parameters
    ----------
    image
        ``(H, C, W, N)``, padding included.
    kernel, stride, dilation
        Of the convolution, vertical and horizontal.
    scratch
        Where patches are kept.
    blocks
        Rows of pooling windows, those of each block together.
    height, phases
        The size of a pooling window: so many rows of the output stand in one, and its columns
        are sorted by their remainder modulo ``P = phases``. What lies under one pixel of the
        windows is one run.
    run
        How many columns have the same remainder, ``Q``.
    """

    def __init__(
        self,
        image: Any,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        dilation: tuple[int, int],
        scratch: Scratch,
        *,
        blocks: Sequence[slice],
        run: int,
        height: int = 1,
        phases: int = 1,
    ) -> None:
        self.kernel, self.stride, self.dilation = kernel, stride, dilation
        self.blocks, self.height, self.phases, self.run = blocks, height, phases, run
        self.matrices: list[Any] = []
        self.copies: list[tuple[Any, Any] | None] = []
        _, channels, width, batch = image.shape
        if kernel[1] == stride[1] == phases == 1 and dilation[0] == 1 and run == width:
            self._as_it_is(image)
            return
        seen = self._seen(image)
        per_row = (kernel[1], channels, run, batch)
        if dilation[0] == 1 and stride[0] < kernel[0]:
            self._shared(seen, per_row, scratch)
        else:
            self._apart(seen, per_row, scratch)

    def __getitem__(self, number: int) -> Any:
        """Return the matrices of a block, ``(phases, rows, height, KH·KW·C, Q·N)``.

        Blocks are asked for in order, from 0 on.
        """
        copied = self.copies[number]
        if copied is not None:
            np.copyto(*copied)
        return self.matrices[number]

    def _as_it_is(self, image: Any) -> None:
        flat = image.reshape(1, *image.shape[:2], -1)
        for rows in self.blocks:
            first = rows.start * self.height * self.stride[0]
            self.matrices.append(self._overlapping(flat[:, first:], rows))
            self.copies.append(None)

    def _shared(self, seen: Any, per_row: tuple[int, ...], scratch: Scratch) -> None:
        """Copy every row of the image once; output rows share them."""
        down = self.stride[0]
        lines = [(r.start * self.height, r.stop * self.height) for r in self.blocks]
        reaches = [(last - first - 1) * down + self.kernel[0] for first, last in lines]
        whole = (lines[-1][1] - 1) * down + self.kernel[0]
        affordable = _BUDGET // max(1, self.phases * prod(per_row) * seen.itemsize)
        slots = min(whole, max(2 * max(reaches), affordable))
        patches = scratch.take((self.phases, slots, *per_row), seen.dtype)
        flat = patches.reshape(self.phases, slots, per_row[0] * per_row[1], -1)
        start = held = before = 0
        for rows, (first, _), reach in zip(self.blocks, lines, reaches, strict=True):
            start += down * (first - before)
            before = first
            if start + reach > slots:
                start = held = 0
            known = held - start
            pixels = seen[:, first * down + known : first * down + reach]
            self.copies.append((patches[:, start + known : start + reach], pixels))
            held = start + reach
            self.matrices.append(self._overlapping(flat[:, start:], rows))

    def _apart(self, seen: Any, per_row: tuple[int, ...], scratch: Scratch) -> None:
        """Copy, for every output row, the image's rows that it sees."""
        most = max(rows.stop - rows.start for rows in self.blocks)
        shape = (self.phases, most, self.height, self.kernel[0], *per_row)
        patches = scratch.take(shape, seen.dtype)
        aside, down, *inside = seen.strides
        for rows in self.blocks:
            count = rows.stop - rows.start
            pixels = as_strided(
                seen[:, rows.start * self.height * self.stride[0] :],
                (self.phases, count, *shape[2:]),
                (aside, self.height * self.stride[0] * down, self.stride[0] * down,
                 self.dilation[0] * down, *inside),
                writeable=False,
            )  # fmt: skip
            fresh = patches[:, :count]
            self.copies.append((fresh, pixels))
            deep = self.kernel[0] * per_row[0] * per_row[1]
            self.matrices.append(fresh.reshape(self.phases, count, self.height, deep, -1))

    def _overlapping(self, flat: Any, rows: slice) -> Any:
        """Return windows of ``KH`` rows, each ``stride`` rows after the one before, a view."""
        aside, down, deep, inward = flat.strides
        step = self.stride[0] * down
        return as_strided(
            flat,
            (self.phases, rows.stop - rows.start, self.height,
             self.kernel[0] * flat.shape[2], flat.shape[3]),
            (aside, self.height * step, step, deep, inward),
            writeable=False,
        )  # fmt: skip

    def _seen(self, image: Any) -> Any:
        """Return what the kernel's columns see of each row, ``(P, H, KW, C, Q, N)``, a view.

        One copy of a view with many axes takes fewer calls than many copies, and threads that
        call wait for one another.
        """
        height, channels, _, batch = image.shape
        down, deep, across, inward = image.strides
        step = self.stride[1] * across
        return as_strided(
            image,
            (self.phases, height, self.kernel[1], channels, self.run, batch),
            (step, down, self.dilation[1] * across, deep, self.phases * step, inward),
            writeable=False,
        )

    def under(self, j: int) -> list[slice]:
        """Return, for each phase, the image's columns under the kernel's column ``j``."""
        step = self.stride[1] * self.phases
        firsts = [j * self.dilation[1] + phase * self.stride[1] for phase in range(self.phases)]
        return [slice(first, first + (self.run - 1) * step + 1, step) for first in firsts]
