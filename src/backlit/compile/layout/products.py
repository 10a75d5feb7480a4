"""The matrix products that a convolution is, one row of pooling windows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.windows import Windows

if TYPE_CHECKING:
    from backlit.compile.layout.geometry import Geometry
    from backlit.compile.layout.scratch import Scratch

__all__ = ["Products"]


class Products:
    """Weights times windows, for the rows of the output under one row of pooling windows.

    Parameters
    ----------
    geometry
        Of the convolution.
    padded
        The image with its padding, ``(H, C, W, N)``.
    scratch
        Memory shared with other stages.
    wide
        Whether one product gives the results at all pixels of a pooling window: its windows are
        what these pixels see together, and its matrix holds the kernel once for each of them.

    Attributes
    ----------
    values
        The products of one row of pooling windows.
    candidates
        The same, sorted by pixel of the pooling window, each ``(F, Q, N)``.
    """

    def __init__(
        self, geometry: Geometry, padded: Any, scratch: Scratch, *, wide: bool = False
    ) -> None:
        g = geometry
        rows, columns = g.output
        batch = padded.shape[3]
        self.per_row = 1 if wide else g.pool[0]
        phases = 1 if wide else g.pool[1]
        kernel = g.window if wide else g.kernel
        self.windows = Windows(
            padded,
            kernel,
            (g.pool[0] * g.stride[0], g.pool[1] * g.stride[1]) if wide else g.stride,
            g.dilation,
            scratch,
            rows=rows * self.per_row,
            columns=columns * phases,
            phases=phases,
        )
        places = [(a, b) for a in range(g.pool[0]) for b in range(g.pool[1])] if wide else [(0, 0)]
        # Written once where no kernel stands: those stay 0.
        matrix = np.zeros((len(places), g.filters, *kernel, g.image[0]), padded.dtype)
        self.matrix = matrix.reshape(len(places) * g.filters, -1)
        self.kernels = [
            matrix[k, :, a * g.stride[0] :, b * g.stride[1] :][:, : g.kernel[0], : g.kernel[1]]
            for k, (a, b) in enumerate(places)
        ]
        values = scratch.take(
            (self.per_row, len(self.matrix), phases * columns * batch), padded.dtype
        )
        self.values = list(values)
        apart = values.reshape(self.per_row, len(places), g.filters, phases, columns, batch)
        self.candidates = [
            apart[a, k, :, phase]
            for a in range(self.per_row)
            for k in range(len(places))
            for phase in range(phases)
        ]

    def load(self, weights: Any) -> None:
        """Take the weights ``(F, C, KH, KW)``."""
        for kernel in self.kernels:
            np.copyto(kernel, weights.transpose(0, 2, 3, 1))

    def run(self, row: int) -> None:
        """Compute :attr:`values` for one row of pooling windows. Rows come in order."""
        for a, value in enumerate(self.values):
            np.matmul(self.matrix, self.windows[row * self.per_row + a], out=value)
