"""3×3 convolution with fewer multiplications, and max pooling, bias and ReLU in one go."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout import tiles
from backlit.compile.layout.blocks import blocks
from backlit.compile.layout.stage import Stage
from backlit.compile.layout.winners import Winners

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        self.weights = np.empty((4, 1, 4, g.filters, channels), dtype)
        run = self.tiles * batch
        size = 16 * (channels + g.filters) * run * padded.itemsize
        self.blocks = blocks(self.rows, size)
        most = max(rows.stop - rows.start for rows in self.blocks)
        self.pixels = tiles.Pixels(padded, self.tiles, self.blocks, scratch)
        self.products = scratch.take((4, most, 4, g.filters, run), dtype)
        self.work = scratch.take((2, most, 4, g.filters, run), dtype)
        self.results = scratch.take((2, 2, most, g.filters, run), dtype)
        self.candidates = self.results.reshape(*self.results.shape[:4], self.tiles, batch)
        corners = self.products[::3, :, ::3].swapaxes(1, 2)
        self.corners = corners.reshape(self.candidates.shape)
        self.winners = self._winners(
            g.filters, batch, dtype=dtype, scratch=scratch, most=most, relu=relu, training=training
        )
        if training:
            self.d_weights = np.empty((g.filters, channels, 3, 3), dtype)
            self.d_bias = np.empty(g.filters, dtype)
            shape = 4, 4, g.filters, channels
            self.d_transformed = scratch.take(shape, dtype)
            self.d_product = scratch.take(shape, dtype)
            self.d_products = scratch.take((4, most, *shape[1:]), dtype)
            self.d_sums = scratch.take((self.rows, g.filters), dtype)
            self.ones = np.ones(run, dtype)
        self.back = None
        if training and descends:
            self.back = tiles.PixelsBack(
                (channels, self.tiles, batch), (top, left), dtype, self.blocks, scratch
            )

    def forward(self, weights: Any, bias: Any = None) -> None:
        """Compute :attr:`out` from :attr:`x`.

        ``weights`` is ``(F, C, 3, 3)`` and ``bias`` ``(F,)``, or ``None``.
        """
        tiles.from_weights(weights, self.weights[:, 0])
        column = None if bias is None else bias.reshape(-1, 1, 1)
        for number, rows in enumerate(self.blocks):
            count = rows.stop - rows.start
            products, results = self.products[:, :count], self.results[:, :, :count]
            np.matmul(self.weights, self.pixels.load(number), out=products)
            tiles.results(products, self.work[:, :count], results)
            for winners, lines, columns, found, _ in self._results(number):
                winners.forward(lines, found, column, self.out[lines, :, columns])

    def backward(self, weights: Any) -> None:  # noqa: ARG002  (transformed on the way there)
        """Compute the gradients from :attr:`d_out`; that of the image goes to :attr:`d_x`."""
        self.d_transformed.fill(0)
        turned = self.weights.swapaxes(3, 4)
        if self.back is not None:
            self.back.begin(self.d_x)
        for number, rows in enumerate(self.blocks):
            count = rows.stop - rows.start
            products, d_products = self.products[:, :count], self.d_products[:, :count]
            self._corners(number)
            tiles.results_back(products)
            values = self.pixels.load(number)
            np.matmul(products, values.swapaxes(3, 4), out=d_products)
            np.add.reduce(d_products, axis=1, out=self.d_product)
            np.add(self.d_transformed, self.d_product, out=self.d_transformed)
            if self.bias:  # the middle is the sum of all four results' gradients
                np.matmul(products[1, :, 1], self.ones, out=self.d_sums[rows])
            if self.back is not None:
                np.matmul(turned, products, out=values)
                self.back.take(number, values)
        if self.back is not None:
            self.back.finish(self.rows)
        tiles.to_weights(self.d_transformed, self.d_weights)
        if self.bias:
            np.sum(self.d_sums, axis=0, out=self.d_bias)

    def gradients(self) -> tuple[Any, ...]:
        """Return the gradients of the weights and, if there is one, of the bias."""
        return (self.d_weights, self.d_bias) if self.bias else (self.d_weights,)

    def _winners(self, filters: int, batch: int, **settings: Any) -> list[Winners]:
        """Return what pools, or for each remainder of columns what passes results on."""
        if self.pooled:
            return [Winners((2, 2), (self.rows, filters, self.tiles, batch), **settings)]
        height, width = self.size
        columns = ((width + 1) // 2, width // 2)
        return [Winners((1, 1), (height, filters, n, batch), **settings) for n in columns if n]

    def _corners(self, number: int) -> None:
        """Write the gradients of a block of results where products' gradients begin."""
        rows = self.blocks[number]
        if not self.pooled and 2 * rows.stop > self.size[0]:
            self.corners[1, :, rows.stop - rows.start - 1].fill(0)
        if not self.pooled and self.size[1] % 2:
            self.corners[:, 1, :, :, -1].fill(0)
        for winners, lines, columns, _, corners in self._results(number):
            winners.backward(lines, self.d_out[lines, :, columns], corners)

    def _results(self, number: int) -> Iterator[tuple[Winners, slice, slice, Any, Any]]:
        """Yield rows and columns of the output, with results and the corners of gradients."""
        rows = self.blocks[number]
        if self.pooled:
            count = rows.stop - rows.start
            both = self.candidates[:, :, :count], self.corners[:, :, :count]
            yield self.winners[0], rows, slice(None), *both
            return
        for a, (b, winners) in product((0, 1), enumerate(self.winners)):
            lines = slice(2 * rows.start + a, min(2 * rows.stop, self.size[0]), 2)
            count, columns = len(range(lines.stop)[lines]), (self.size[1] + 1 - b) // 2
            if count:
                part = np.s_[a : a + 1, b : b + 1, :count, :, :columns]
                both = self.candidates[part], self.corners[part]
                yield winners, lines, slice(b, None, 2), *both
