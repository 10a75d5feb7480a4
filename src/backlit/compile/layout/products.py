"""The matrix products that a convolution is, one block of rows of pooling windows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.blocks import blocks
from backlit.compile.layout.windows import Windows

if TYPE_CHECKING:
    from backlit.compile.layout.geometry import Geometry
    from backlit.compile.layout.scratch import Scratch

__all__ = ["Products"]


class Products:
    """Weights times windows, for the rows of the output under rows of pooling windows.

    Parameters
    ----------
    geometry
        Of the convolution.
    padded
        The image with its padding, ``(H, C, W, N)``.
    scratch
        Memory shared with other stages.

    Attributes
    ----------
    blocks
        Rows of pooling windows that are computed together.
    most
        The rows of the largest block.
    """

    def __init__(self, geometry: Geometry, padded: Any, scratch: Scratch) -> None:
        g, (height, width) = geometry, geometry.pool
        rows, columns = g.output
        batch = padded.shape[3]
        self.matrix = np.empty((g.filters, g.kernel[0] * g.kernel[1] * g.image[0]), padded.dtype)
        self.kernels = self.matrix.reshape(g.filters, *g.kernel, g.image[0])
        run = columns * batch
        self.blocks = blocks(rows, height * width * max(self.matrix.shape) * run * padded.itemsize)
        self.most = max(block.stop - block.start for block in self.blocks)
        self.windows = Windows(
            padded, g.kernel, g.stride, g.dilation, scratch,
            blocks=self.blocks, height=height, phases=width, run=columns,
        )  # fmt: skip
        self.values = scratch.take((height, width, self.most, g.filters, run), padded.dtype)
        self.candidates = self.values.reshape(*self.values.shape[:4], columns, batch)

    def load(self, weights: Any) -> None:
        """Take the weights ``(F, C, KH, KW)``."""
        np.copyto(self.kernels, weights.transpose(0, 2, 3, 1))

    def run(self, number: int) -> Any:
        """Compute the candidates of a block, and return them. Blocks come in order."""
        np.matmul(self.matrix, self.windows[number], out=self.as_products(number))
        return self.of(number)

    def of(self, number: int) -> Any:
        """Return where the candidates of a block stand.

        They are sorted by their pixel of the pooling window: ``(height, width, rows, F, Q, N)``.
        """
        rows = self.blocks[number]
        return self.candidates[:, :, : rows.stop - rows.start]

    def as_products(self, number: int) -> Any:
        """Return the same in the order of windows, ``(width, rows, height, F, Q·N)``."""
        rows = self.blocks[number]
        return self.values[:, :, : rows.stop - rows.start].transpose(1, 2, 0, 3, 4)
