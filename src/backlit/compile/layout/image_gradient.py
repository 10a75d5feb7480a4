"""The gradient of a convolution's image, in the two ways there are."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.blocks import blocks
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
    products
        Its products, whose values become gradients.
    scratch
        Memory shared with other stages.
    """

    def __init__(self, geometry: Geometry, products: Products, scratch: Scratch) -> None:
        g, d_candidates = geometry, products.candidates
        batch, dtype = d_candidates.shape[-1], d_candidates.dtype
        channels, height, width = g.image
        top, left = (span - 1 - pads[0] for span, pads in zip(g.span, g.padding, strict=True))
        size = [n + span - 1 for n, span in zip(g.image[1:], g.span, strict=True)]
        d_output = scratch.take((size[0], g.filters, size[1], batch), dtype)
        bottom, right = (
            start + n * k for start, n, k in zip((top, left), g.output, g.pool, strict=True)
        )
        borders = (
            d_output[:top], d_output[bottom:], d_output[top:bottom, :, :left],
            d_output[top:bottom, :, right:],
        )  # fmt: skip
        self.borders = [border for border in borders if border.size]
        rows, columns = g.pool
        self.copies = [
            [
                (
                    d_output[top + block.start * rows + a : top + block.stop * rows : rows,
                             :, left + b : right : columns],
                    products.of(number)[a, b],
                )
                for a, b in product(range(rows), range(columns))
            ]
            for number, block in enumerate(products.blocks)
        ]  # fmt: skip
        self.blocks = blocks(height, channels * width * batch * dtype.itemsize)
        self.windows = Windows(
            d_output, g.kernel, (1, 1), g.dilation, scratch, blocks=self.blocks, run=width
        )
        self.turned = scratch.take((channels, *g.kernel, g.filters), dtype)
        self.matrix = self.turned.reshape(channels, -1)

    def begin(self, weights: Any) -> None:
        """Prepare for the gradients of rows."""
        np.copyto(self.turned, weights[:, :, ::-1, ::-1].transpose(1, 2, 3, 0))
        for border in self.borders:
            border.fill(0)

    def take(self, number: int) -> None:
        """Take what stands in the products' values as the gradient of a block of rows."""
        for target, d in self.copies[number]:
            np.copyto(target, d)

    def finish(self, d_x: Any) -> None:
        """Write the gradient of the image, ``(H, C, W, N)``."""
        flat = d_x.reshape(1, len(d_x), 1, len(self.matrix), -1)
        for number, rows in enumerate(self.blocks):
            np.matmul(self.matrix, self.windows[number], out=flat[:, rows])


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
        g, windows, values = geometry, products.windows, products.values
        channels, height, width = g.image
        (top, _), (left, _) = g.padding
        batch = values.shape[-1] // windows.run
        d_padded = scratch.take((g.padded[0], channels, g.padded[1], batch), values.dtype)
        self.d_padded, self.products = d_padded, products
        self.inside = d_padded[top : top + height, :, left : left + width]
        self.d_patches = scratch.take(
            (windows.phases, products.most, windows.height, products.matrix.shape[1],
             values.shape[-1]), values.dtype,
        )  # fmt: skip
        apart = self.d_patches.reshape(
            windows.phases, products.most, windows.height, *g.kernel, channels, windows.run, batch
        )
        down = g.stride[0]
        self.sums = [
            [
                (
                    d_padded[first * down + i * g.dilation[0] :: down * windows.height]
                    [: rows.stop - rows.start, :, columns],
                    apart[phase, : rows.stop - rows.start, a, i, j],
                )
                for i, j in product(*map(range, g.kernel))
                for phase, columns in enumerate(windows.under(j))
                for a in range(windows.height)
                for first in (rows.start * windows.height + a,)
            ]
            for rows in windows.blocks
        ]  # fmt: skip

    def begin(self, weights: Any) -> None:
        """Prepare for the gradients of rows."""
        self.products.load(weights)
        self.d_padded.fill(0)

    def take(self, number: int) -> None:
        """Take what stands in the products' values as the gradient of a block of rows."""
        products = self.products
        values = products.as_products(number)
        out = self.d_patches[:, : values.shape[1]]
        np.matmul(products.matrix.T, values, out=out)
        for target, part in self.sums[number]:
            np.add(target, part, out=target)

    def finish(self, d_x: Any) -> None:
        """Write the gradient of the image, ``(H, C, W, N)``."""
        np.copyto(d_x, self.inside)
