"""Convolution, max pooling, bias and ReLU in one go, row by row, batch innermost."""

from __future__ import annotations

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

    One product gives one row of the output, of all filters and images. Pooling, bias and ReLU
    follow while the row is in the cache.

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
        self.rows, columns = g.output
        self.there = Products(g, padded, scratch, wide=g.widens)
        self.winners = Winners(
            len(self.there.candidates), self.rows, (g.filters, columns, batch), dtype, scratch,
            relu=relu, training=training,
        )  # fmt: skip
        if not training:
            return
        # Nothing is gained by wide products on the way back: the weights' gradient is small.
        self.back = Products(g, padded, scratch) if g.widens else self.there
        self.d_weights = np.empty((g.filters, channels, *g.kernel), dtype)
        self.d_bias = np.empty(g.filters, dtype)
        self.ones = np.ones(self.back.values[0].shape[1], dtype)
        turned = self.back.matrix.shape[::-1]  # the faster way round for the product
        self.d_matrix = scratch.take(turned, dtype)
        self.d_product = scratch.take(turned, dtype)
        self.d_sums = scratch.take((self.rows * g.pool[0], g.filters), dtype)
        self.image_gradient: FlippedGradient | ScatteredGradient | None = None
        if descends and g.flips:
            self.image_gradient = FlippedGradient(g, self.back.candidates, scratch)
        elif descends:
            self.image_gradient = ScatteredGradient(g, self.back, scratch)

    def forward(self, weights: Any, bias: Any = None) -> None:
        """Compute :attr:`out` from :attr:`x`.

        ``weights`` is ``(F, C, KH, KW)`` and ``bias`` ``(F,)``, or ``None``.
        """
        self.there.load(weights)
        column = None if bias is None else bias.reshape(-1, 1, 1)
        for row in range(self.rows):
            self.there.run(row)
            self.winners.forward(row, self.there.candidates, column, self.out[row])

    def backward(self, weights: Any) -> None:
        """Compute the gradients from :attr:`d_out`; that of the image goes to :attr:`d_x`."""
        self.d_matrix.fill(0)
        image, back = self.image_gradient, self.back
        if image is not None:
            image.begin(weights)
        for row in range(self.rows):
            self.winners.backward(row, self.d_out[row], back.candidates)
            for a, d in enumerate(back.values):
                y = row * back.per_row + a
                np.matmul(back.windows[y], d.T, out=self.d_product)
                np.add(self.d_matrix, self.d_product, out=self.d_matrix)
                if self.bias:
                    np.matmul(d, self.ones, out=self.d_sums[y])
            if image is not None:
                image.take(row)
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
