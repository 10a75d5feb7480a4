"""The transforms of Winograd's convolution, with the batch innermost.

Two by two results of a 3×3 kernel need 36 multiplications, and 16 after their 4×4 pixels, and
the weights, are put into another basis. All transforms are sums and differences of long rows.

References
----------
Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (CVPR 2016), section 4.1,
``F(2×2, 3×3)``; here with the sign of the last row of ``Bᵀ`` and of the last column of ``Aᵀ``
turned round, which saves a pass. The way back is each transform's transpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from backlit.compile.layout.scratch import Scratch

__all__ = ["Pixels", "PixelsBack", "from_weights", "results", "results_back", "to_weights"]

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])


def from_weights(weights: Any, out: Any) -> None:
    """Transform weights ``(F, C, 3, 3)`` to ``out``, ``(4, 4, F, C)``."""
    G = _G.astype(out.dtype)
    rows = G @ np.ascontiguousarray(weights.transpose(2, 3, 0, 1)).reshape(3, -1)
    np.matmul(G, rows.reshape(4, 3, -1), out=out.reshape(4, 4, -1))


def to_weights(d_transformed: Any, d_weights: Any) -> None:
    """Write the gradient of weights, given that of the transformed ones."""
    G = _G.astype(d_weights.dtype)
    filters, channels = d_transformed.shape[2:]
    rows = G.T @ (G.T @ d_transformed.reshape(4, 4, -1)).reshape(4, -1)
    np.copyto(d_weights, rows.reshape(3, 3, filters, channels).transpose(2, 3, 0, 1))


def results(products: Any, work: Any, out: Any) -> None:
    """Turn products ``(4, 4, F, T·N)`` into results ``(2, 2, F, T·N)``."""
    _pair(products[0], products[1], products[2], products[3], work)
    _pair(work[:, 0], work[:, 1], work[:, 2], work[:, 3], out.swapaxes(0, 1))


def _pair(first: Any, second: Any, third: Any, fourth: Any, out: Any) -> None:
    np.add(second, third, out=out[0])
    np.add(out[0], first, out=out[0])
    np.subtract(second, third, out=out[1])
    np.add(out[1], fourth, out=out[1])


def results_back(d_products: Any) -> None:
    """Complete the gradients of products: those of the results stand in the four corners."""
    d = d_products
    np.add(d[0, ::3], d[3, ::3], out=d[1, ::3])
    np.subtract(d[0, ::3], d[3, ::3], out=d[2, ::3])
    np.add(d[:, 0], d[:, 3], out=d[:, 1])
    np.subtract(d[:, 0], d[:, 3], out=d[:, 2])


class Pixels:
    """The transformed pixels of one row of tiles after the other.

    Parameters
    ----------
    padded
        The image in its padding, ``(2·rows + 2 or more, C, 2·T + 2 or more, N)``.
    tiles
        How many tiles a row has, ``T``.
    scratch
        Memory shared with other stages.

    Attributes
    ----------
    values
        ``(4, 4, C, T·N)``, written by :meth:`load`.
    """

    def __init__(self, padded: Any, tiles: int, scratch: Scratch) -> None:
        _, channels, _, batch = padded.shape
        run = tiles * batch
        self.values = scratch.take((4, 4, channels, run), padded.dtype)
        # Two rows of pixels belong to the next row of tiles, too: four are kept, in turn.
        self.rows = scratch.take((4, 4, channels, run), padded.dtype)
        apart = scratch.take((2, channels, tiles + 1, batch), padded.dtype)
        columns = 2 * tiles + 2
        self.split = [[(apart[k], row[:, k:columns:2]) for k in (0, 1)] for row in padded]
        even, odd = apart.reshape(2, channels, run + batch)
        self.even, self.after_even = even[:, :run], even[:, batch:]
        self.odd, self.after_odd = odd[:, :run], odd[:, batch:]

    def load(self, t: int) -> Any:
        """Return :attr:`values` of row ``t`` of tiles. Rows are asked for in order."""
        for y in range(2 * t + 2 * bool(t), 2 * t + 4):
            self._across(y)
        first, second, third, fourth = (self.rows[(2 * t + k) % 4] for k in range(4))
        np.subtract(first, third, out=self.values[0])
        np.add(second, third, out=self.values[1])
        np.subtract(third, second, out=self.values[2])
        np.subtract(fourth, second, out=self.values[3])
        return self.values

    def _across(self, y: int) -> None:
        for target, pixels in self.split[y]:
            np.copyto(target, pixels)
        out = self.rows[y % 4]
        np.subtract(self.even, self.after_even, out=out[0])
        np.add(self.odd, self.after_even, out=out[1])
        np.subtract(self.after_even, self.odd, out=out[2])
        np.subtract(self.after_odd, self.odd, out=out[3])


class PixelsBack:
    """The gradient of an image from those of transformed pixels: tiles overlap, and add up.

    Parameters
    ----------
    shape
        ``(C, T, N)``.
    padding
        How many rows and columns of padding stand before the image.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    """

    def __init__(
        self, shape: tuple[int, int, int], padding: tuple[int, int], dtype: Any, scratch: Scratch
    ) -> None:
        channels, tiles, batch = shape
        self.top, self.left = padding
        run = tiles * batch
        self.carried = scratch.take((2, 4, channels, run), dtype)
        self.sums = scratch.take((4, channels, run), dtype)
        self.work = scratch.take((channels, run), dtype)
        apart = scratch.take((2, channels, tiles + 1, batch), dtype)
        self.apart = apart
        even, odd = apart.reshape(2, channels, run + batch)
        self.even, self.after_even, self.last_even = even[:, :run], even[:, batch:], even[:, run:]
        self.odd, self.after_odd, self.last_odd = odd[:, :run], odd[:, batch:], odd[:, run:]

    def begin(self, d_x: Any) -> None:
        """Prepare for an image whose gradient goes to ``d_x``, ``(H, C, W, N)``."""
        self.d_x = d_x
        self.carried.fill(0)

    def take(self, t: int, d_values: Any) -> None:
        """Take the gradients of row ``t`` of tiles, ``(4, 4, C, T·N)``, which are overwritten."""
        first, second, third, fourth = d_values
        np.add(second, third, out=self.sums)
        np.subtract(self.sums, first, out=self.sums)
        np.add(first, self.carried[0], out=first)
        np.subtract(second, third, out=second)
        np.subtract(second, fourth, out=second)
        np.add(second, self.carried[1], out=second)
        np.copyto(self.carried[0], self.sums)
        np.copyto(self.carried[1], fourth)
        self._across(2 * t, first)
        self._across(2 * t + 1, second)

    def finish(self, rows: int) -> None:
        """Write what ``rows`` rows of tiles leave over, and zeros where none reaches."""
        self._across(2 * rows, self.carried[0])
        self._across(2 * rows + 1, self.carried[1])
        self.d_x[2 * rows + 2 - self.top :].fill(0)
        self.d_x[:, :, 2 * self.apart.shape[2] - self.left :].fill(0)

    def _across(self, y: int, row: Any) -> None:
        if not 0 <= y - self.top < len(self.d_x):
            return
        first, second, third, fourth = row
        np.add(second, third, out=self.work)
        np.subtract(self.work, first, out=self.work)
        np.copyto(self.even, first)
        self.last_even.fill(0)
        np.add(self.after_even, self.work, out=self.after_even)
        np.subtract(second, third, out=self.odd)
        np.subtract(self.odd, fourth, out=self.odd)
        self.last_odd.fill(0)
        np.add(self.after_odd, fourth, out=self.after_odd)
        target = self.d_x[y - self.top]
        for k, part in enumerate(self.apart):
            skipped = max(0, -(-(self.left - k) // 2))  # columns of padding
            columns = target[:, 2 * skipped + k - self.left :: 2]
            count = min(columns.shape[1], part.shape[1] - skipped)
            np.copyto(columns[:, :count], part[:, skipped : skipped + count])
