"""The gradient of a convolution's image, in the two ways there are."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.windows import Windows

if TYPE_CHECKING:
    from backlit.compile.layout.geometry import Geometry
    from backlit.compile.layout.products import Products
    from backlit.compile.layout.scratch import Scratch

__all__ = ["FlippedGradient", "ScatteredGradient"]


class FlippedGradient:
    """A convolution of the output's gradient with the kernel turned round; for stride 1.

    Nothing is added up in memory, so it is the faster one.

    Parameters
    ----------
    geometry
        Of the convolution.
    d_candidates
        The gradients under one row of pooling windows, ``(F, Q, N)`` for each pixel of a window.
    scratch
        Memory shared with other stages.
    """

    def __init__(self, geometry: Geometry, d_candidates: list[Any], scratch: Scratch) -> None:
        g, first = geometry, d_candidates[0]
        channels, height, width = g.image
        top, left = (span - 1 - pads[0] for span, pads in zip(g.span, g.padding, strict=True))
        size = [n + span - 1 for n, span in zip(g.image[1:], g.span, strict=True)]
        d_output = scratch.take((size[0], g.filters, size[1], first.shape[-1]), first.dtype)
        bottom, right = (
            start + n * k for start, n, k in zip((top, left), g.output, g.pool, strict=True)
        )
        borders = (
            d_output[:top], d_output[bottom:], d_output[top:bottom, :, :left],
            d_output[top:bottom, :, right:],
        )  # fmt: skip
        self.borders = [border for border in borders if border.size]
        self.copies = [
            [
                (d_output[y + a, :, left + b : right : g.pool[1]], d)
                for d, (a, b) in zip(d_candidates, product(*map(range, g.pool)), strict=True)
            ]
            for y in range(top, bottom, g.pool[0])
        ]
        self.windows = Windows(
            d_output, g.kernel, (1, 1), g.dilation, scratch, rows=height, columns=width
        )
        self.turned = scratch.take((channels, *g.kernel, g.filters), first.dtype)
        self.matrix = self.turned.reshape(channels, -1)

    def begin(self, weights: Any) -> None:
        """Prepare for the gradients of rows."""
        np.copyto(self.turned, weights[:, :, ::-1, ::-1].transpose(1, 2, 3, 0))
        for border in self.borders:
            border.fill(0)

    def take(self, row: int) -> None:
        """Take what stands in ``d_candidates`` as the gradient of one row."""
        for target, d in self.copies[row]:
            np.copyto(target, d)

    def finish(self, d_x: Any) -> None:
        """Write the gradient of the image, ``(H, C, W, N)``."""
        for y, row in enumerate(d_x):
            np.matmul(self.matrix, self.windows[y], out=row.reshape(len(self.matrix), -1))


class ScatteredGradient:
    """Every patch's gradient added where the patch was; for any stride and padding.

    Parameters
    ----------
    geometry
        Of the convolution.
    products
        Its products, whose values become gradients.
    scratch
        Memory shared with other stages.
    """

    def __init__(self, geometry: Geometry, products: Products, scratch: Scratch) -> None:
        g, windows, first = geometry, products.windows, products.values[0]
        channels, height, width = g.image
        (top, _), (left, _) = g.padding
        batch = first.shape[1] // (windows.phases * windows.run)
        d_padded = scratch.take((g.padded[0], channels, g.padded[1], batch), first.dtype)
        self.d_padded, self.products = d_padded, products
        self.inside = d_padded[top : top + height, :, left : left + width]
        self.d_patches = scratch.take((products.matrix.shape[1], first.shape[1]), first.dtype)
        apart = self.d_patches.reshape(*g.kernel, channels, windows.phases, windows.run, batch)
        self.sums = [
            [
                (
                    d_padded[y * g.stride[0] + i * g.dilation[0], :, columns],
                    apart[i, j, :, phase],
                )
                for i, j in product(*map(range, g.kernel))
                for phase, columns in enumerate(windows.under(j))
            ]
            for y in range(windows.rows)
        ]

    def begin(self, weights: Any) -> None:
        """Prepare for the gradients of rows."""
        self.products.load(weights)
        self.d_padded.fill(0)

    def take(self, row: int) -> None:
        """Take what stands in the products' values as the gradient of one row."""
        matrix = self.products.matrix.T
        for a, d in enumerate(self.products.values):
            np.matmul(matrix, d, out=self.d_patches)
            for target, part in self.sums[row * self.products.per_row + a]:
                np.add(target, part, out=target)

    def finish(self, d_x: Any) -> None:
        """Write the gradient of the image, ``(H, C, W, N)``."""
        np.copyto(d_x, self.inside)
