"""The patches under a kernel as matrices, one output row after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from backlit.compile.layout.scratch import Scratch

__all__ = ["Windows"]

_BUDGET = 4 << 20  # bytes of patches kept at a time; only the last few rows are read again


class Windows:
    """The patches that a kernel meets in an image, as matrices ``(KH·KW·C, P·Q·N)``.

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
    rows, columns
        The size of the output.
    phases
        The output's columns are sorted by their remainder modulo ``P = phases``: all of
        remainder 0 first. What lies under one pooling window is then ``P`` runs, and no run is
        broken up. ``Q = columns // P``; columns beyond ``P·Q`` are left out.
    """

    def __init__(
        self,
        image: Any,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        dilation: tuple[int, int],
        scratch: Scratch,
        *,
        rows: int,
        columns: int,
        phases: int = 1,
    ) -> None:
        self.kernel, self.stride, self.dilation = kernel, stride, dilation
        self.rows, self.phases, self.run = rows, phases, columns // phases
        self.matrices: list[Any] = []
        self.copies: list[tuple[Any, Any] | None] = []
        _, channels, width, batch = image.shape
        if kernel[1] == stride[1] == phases == 1 and dilation[0] == 1 and self.run == width:
            self._as_it_is(image, rows)
            return
        per_row = (kernel[1], channels, phases, self.run, batch)
        shared = dilation[0] == 1 and stride[0] < kernel[0]
        reach = (rows - 1) * stride[0] + kernel[0] if shared else kernel[0]
        affordable = _BUDGET // max(1, int(np.prod(per_row)) * image.itemsize)
        slots = min(reach, max(kernel[0] + 2 * stride[0], affordable)) if shared else reach
        patches = scratch.take((slots, *per_row), image.dtype)
        seen = self._seen(image)
        start = held = 0
        for y in range(rows):
            start += stride[0] * bool(y)
            if y == 0 or not shared or start + kernel[0] > slots:
                start = held = 0
            first = held - start
            pixels = seen[y * stride[0] + first * dilation[0] :: dilation[0]]
            fresh = patches[start + first : start + kernel[0]]
            self.copies.append((fresh, pixels[: kernel[0] - first]))
            held = start + kernel[0]
            self.matrices.append(patches[start:held].reshape(-1, phases * self.run * batch))

    def __getitem__(self, y: int) -> Any:
        """Return the matrix of output row ``y``. Rows are asked for in order, from 0 on."""
        copied = self.copies[y]
        if copied is not None:
            np.copyto(*copied)
        return self.matrices[y]

    def _as_it_is(self, image: Any, rows: int) -> None:
        flat = image.reshape(*image.shape[:2], -1)
        for y in range(rows):
            first = y * self.stride[0]
            self.matrices.append(flat[first : first + self.kernel[0]].reshape(-1, flat.shape[2]))
            self.copies.append(None)

    def _seen(self, image: Any) -> Any:
        """Return what the kernel's columns see of each row, ``(H, KW, C, P, Q, N)``, a view.

        One copy of a view with many axes takes fewer calls than many copies, and threads that
        call wait for one another.
        """
        height, channels, _, batch = image.shape
        down, deep, across, inward = image.strides
        step = self.stride[1] * across
        return as_strided(
            image,
            (height, self.kernel[1], channels, self.phases, self.run, batch),
            (down, self.dilation[1] * across, deep, step, self.phases * step, inward),
            writeable=False,
        )

    def under(self, j: int) -> list[slice]:
        """Return, for each phase, the image's columns under the kernel's column ``j``."""
        step = self.stride[1] * self.phases
        firsts = [j * self.dilation[1] + phase * self.stride[1] for phase in range(self.phases)]
        return [slice(first, first + (self.run - 1) * step + 1, step) for first in firsts]
