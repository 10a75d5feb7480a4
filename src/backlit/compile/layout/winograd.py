"""3×3 convolution with fewer multiplications, and max pooling, bias and ReLU in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout import tiles
from backlit.compile.layout.stage import Stage
from backlit.compile.layout.winners import Winners

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.geometry import Geometry
    from backlit.compile.layout.scratch import Scratch

__all__ = ["Winograd"]


class Winograd(Stage):
    """A 3×3 convolution of stride 1 with what follows it, for a part of the batch.

    As :class:`Convolution`, with 16 multiplications in the place of 36, and more sums. Two rows
    and columns of results come together, so a pooling window of 2×2 is one tile.

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
        The gradients of the weights, ``(F, C, 3, 3)``, and of the bias, ``(F,)``.
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
        g, self.pooled, self.bias = geometry, geometry.pool == (2, 2), bias
        channels, height, width = g.image
        (top, _), (left, _) = g.padding
        self.size = g.convolved
        self.rows, self.tiles = (
            g.output if self.pooled else ((self.size[0] + 1) // 2, (self.size[1] + 1) // 2)
        )
        padded = np.zeros(
            (max(g.padded[0], 2 * self.rows + 2), channels,
             max(g.padded[1], 2 * self.tiles + 2), batch),
            dtype,
        )  # fmt: skip
        self.x = padded[top : top + height, :, left : left + width]
        self.weights = np.empty((4, 4, g.filters, channels), dtype)
        run = self.tiles * batch
        self.pixels = tiles.Pixels(padded, self.tiles, scratch)
        self.products = scratch.take((4, 4, g.filters, run), dtype)
        self.work = scratch.take((2, 4, g.filters, run), dtype)
        self.results = scratch.take((2, 2, g.filters, run), dtype)
        shape = (g.filters, self.tiles, batch)
        self.candidates = [self.results[a, b].reshape(shape) for a in (0, 1) for b in (0, 1)]
        self.corners = [self.products[a, b].reshape(shape) for a in (0, 3) for b in (0, 3)]
        self.winners = [
            Winners(
                4 if self.pooled else 1,
                self.rows if self.pooled else self.size[0],
                (g.filters, self.tiles if self.pooled else (self.size[1] + 1 - b) // 2, batch),
                dtype, scratch, relu=relu, training=training,
            )
            for b in ((0,) if self.pooled else (0, 1))
        ]  # fmt: skip
        if training:
            self.d_weights = np.empty((g.filters, channels, 3, 3), dtype)
            self.d_bias = np.empty(g.filters, dtype)
            self.d_transformed = scratch.take(self.weights.shape, dtype)
            self.d_product = scratch.take(self.weights.shape, dtype)
            self.d_sums = scratch.take((self.rows, g.filters), dtype)
            self.ones = np.ones(run, dtype)
        self.back = None
        if training and descends:
            self.back = tiles.PixelsBack((channels, self.tiles, batch), (top, left), dtype, scratch)

    def forward(self, weights: Any, bias: Any = None) -> None:
        """Compute :attr:`out` from :attr:`x`.

        ``weights`` is ``(F, C, 3, 3)`` and ``bias`` ``(F,)``, or ``None``.
        """
        tiles.from_weights(weights, self.weights)
        column = None if bias is None else bias.reshape(-1, 1, 1)
        for t in range(self.rows):
            np.matmul(self.weights, self.pixels.load(t), out=self.products)
            tiles.results(self.products, self.work, self.results)
            if self.pooled:
                self.winners[0].forward(t, self.candidates, column, self.out[t])
                continue
            for y, b, columns, result, _ in self._results(t):
                self.winners[b].forward(y, [result[:, :columns]], column, self.out[y][:, b::2])

    def backward(self, weights: Any) -> None:  # noqa: ARG002  (transformed on the way there)
        """Compute the gradients from :attr:`d_out`; that of the image goes to :attr:`d_x`."""
        self.d_transformed.fill(0)
        turned = self.weights.swapaxes(2, 3)
        if self.back is not None:
            self.back.begin(self.d_x)
        for t in range(self.rows):
            self._corners(t)
            tiles.results_back(self.products)
            values = self.pixels.load(t)
            np.matmul(self.products, values.swapaxes(2, 3), out=self.d_product)
            self.d_transformed += self.d_product
            if self.bias:  # the middle is the sum of all four results' gradients
                np.matmul(self.products[1, 1], self.ones, out=self.d_sums[t])
            if self.back is not None:
                np.matmul(turned, self.products, out=values)
                self.back.take(t, values)
        if self.back is not None:
            self.back.finish(self.rows)
        tiles.to_weights(self.d_transformed, self.d_weights)
        if self.bias:
            np.sum(self.d_sums, axis=0, out=self.d_bias)

    def gradients(self) -> tuple[Any, ...]:
        """Return the gradients of the weights and, if there is one, of the bias."""
        return (self.d_weights, self.d_bias) if self.bias else (self.d_weights,)

    def _corners(self, t: int) -> None:
        """Write the gradients of a row of results where products' gradients begin."""
        if self.pooled:
            self.winners[0].backward(t, self.d_out[t], self.corners)
            return
        for corner in self.corners[2:] if 2 * t + 1 == self.size[0] else ():
            corner.fill(0)
        for y, b, columns, _, corner in self._results(t):
            self.winners[b].backward(y, self.d_out[y][:, b::2], [corner[:, :columns]])
            corner[:, columns:].fill(0)

    def _results(self, t: int) -> list[tuple[int, int, int, Any, Any]]:
        """Return row, remainder of columns, their number, results, gradients, for each of 2×2."""
        return [
            (2 * t + a, b, (self.size[1] + 1 - b) // 2, self.candidates[2 * a + b],
             self.corners[2 * a + b])
            for a in (0, 1)
            for b in (0, 1)
            if 2 * t + a < self.size[0]
        ]  # fmt: skip
