"""Convolution, max pooling, bias and ReLU in one go, in blocks of rows, batch innermost."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.image_gradient import FlippedGradient, ScatteredGradient
from backlit.compile.layout.products import Products
from backlit.compile.layout.stage import Stage
from backlit.compile.layout.winners import Winners

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.geometry import Geometry
    from backlit.compile.layout.scratch import Scratch

__all__ = ["Convolution"]


class Convolution(Stage):
    """A convolution with what follows it, for a part of the batch.

    Products give a block of rows of the output, of all filters and images. Pooling, bias and
    ReLU follow while it is in the cache.

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
    relu, bias
        What follows.
    training
        Whether there will be a :meth:`backward`.
    descends
        Whether it computes the image's gradient.

    Attributes
    ----------
    d_weights, d_bias
        The gradients of the weights, ``(F, C, KH, KW)``, and of the bias, ``(F,)``.
    """

    def __init__(
        self,
        geometry: Geometry,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        relu: bool = False,
        bias: bool = True,
        training: bool = True,
        descends: bool = True,
    ) -> None:
        scratch.restart()
        g = geometry
        self.bias = bias
        (top, _), (left, _) = g.padding
        channels, height, width = g.image
        padded = np.zeros((g.padded[0], channels, g.padded[1], batch), dtype)
        self.x = padded[top : top + height, :, left : left + width]
        self.products = Products(g, padded, scratch)
        rows, columns = g.output
        self.winners = Winners(
            g.pool, (rows, g.filters, columns, batch), dtype, scratch,
            most=self.products.most, relu=relu, training=training,
        )  # fmt: skip
        if not training:
            return
        self.d_weights = np.empty((g.filters, channels, *g.kernel), dtype)
        self.d_bias = np.empty(g.filters, dtype)
        self.ones = np.ones(columns * batch, dtype)
        turned = self.products.matrix.shape[::-1]  # the faster way round for the product
        self.d_matrix = scratch.take(turned, dtype)
        self.d_product = scratch.take(turned, dtype)
        count = g.pool[1] * self.products.most * g.pool[0]
        self.d_products = scratch.take((count, *turned), dtype)
        self.d_sums = scratch.take((rows, g.filters), dtype)
        self.image_gradient: FlippedGradient | ScatteredGradient | None = None
        if descends and g.flips:
            self.image_gradient = FlippedGradient(g, self.products, scratch)
        elif descends:
            self.image_gradient = ScatteredGradient(g, self.products, scratch)

    def forward(self, weights: Any, bias: Any = None) -> None:
        """Compute :attr:`out` from :attr:`x`.

        ``weights`` is ``(F, C, KH, KW)`` and ``bias`` ``(F,)``, or ``None``.
        """
        self.products.load(weights)
        column = None if bias is None else bias.reshape(-1, 1, 1)
        for number, rows in enumerate(self.products.blocks):
            self.winners.forward(rows, self.products.run(number), column, self.out[rows])

    def backward(self, weights: Any) -> None:
        """Compute the gradients from :attr:`d_out`; that of the image goes to :attr:`d_x`."""
        self.d_matrix.fill(0)
        image, products = self.image_gradient, self.products
        if image is not None:
            image.begin(weights)
        for number, rows in enumerate(products.blocks):
            d_result = self.winners.backward(rows, self.d_out[rows], products.of(number))
            if self.bias:
                flat = d_result.reshape(*d_result.shape[:2], -1)
                np.matmul(flat, self.ones, out=self.d_sums[rows])
            windows, d_values = products.windows[number], products.as_products(number)
            shape = windows.shape[:3]
            d_products = self.d_products[: prod(shape)]
            out = d_products.reshape(*shape, *self.d_matrix.shape)
            np.matmul(windows, d_values.swapaxes(3, 4), out=out)
            np.add.reduce(d_products, axis=0, out=self.d_product)
            np.add(self.d_matrix, self.d_product, out=self.d_matrix)
            if image is not None:
                image.take(number)
        filters, channels, height, width = self.d_weights.shape
        d_kernels = self.d_matrix.reshape(height, width, channels, filters)
        np.copyto(self.d_weights, d_kernels.transpose(3, 2, 0, 1))
        if self.bias:
            np.sum(self.d_sums, axis=0, out=self.d_bias)
        if image is not None:
            image.finish(self.d_x)

    def gradients(self) -> tuple[Any, ...]:
        """Return the gradients of the weights and, if there is one, of the bias."""
        return (self.d_weights, self.d_bias) if self.bias else (self.d_weights,)
