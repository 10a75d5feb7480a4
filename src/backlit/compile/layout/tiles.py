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
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

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
    """Turn products ``(4, R, 4, F, T·N)`` into results ``(2, 2, R, F, T·N)``."""
    first_and_last = products[::3]
    np.add(products[1], products[2], out=work[0])
    np.subtract(products[1], products[2], out=work[1])
    np.add(work, first_and_last, out=work)
    across = work.transpose(0, 2, 1, 3, 4)
    np.add(across[:, 1], across[:, 2], out=out[:, 0])
    np.subtract(across[:, 1], across[:, 2], out=out[:, 1])
    np.add(out, across[:, ::3], out=out)


def results_back(d_products: Any) -> None:
    """Complete the gradients of products: those of the results stand in the four corners."""
    d = d_products
    np.add(d[0, :, ::3], d[3, :, ::3], out=d[1, :, ::3])
    np.subtract(d[0, :, ::3], d[3, :, ::3], out=d[2, :, ::3])
    np.add(d[:, :, 0], d[:, :, 3], out=d[:, :, 1])
    np.subtract(d[:, :, 0], d[:, :, 3], out=d[:, :, 2])


class Pixels:
    """The transformed pixels of one block of rows of tiles after the other.

    Parameters
    ----------
    padded
        The image in its padding, ``(2·rows + 2 or more, C, 2·T + 2 or more, N)``.
    tiles
        How many tiles a row has, ``T``.
    blocks
        Rows of tiles that come together, ``R`` at most.
    scratch
        Memory shared with other stages.

    Attributes
    ----------
    values
        ``(4, R, 4, C, T·N)``, written by :meth:`load`.
    """

    def __init__(self, padded: Any, tiles: int, blocks: Sequence[slice], scratch: Scratch) -> None:
        _, channels, _, batch = padded.shape
        run, most = tiles * batch, max(rows.stop - rows.start for rows in blocks)
        self.values = scratch.take((4, most, 4, channels, run), padded.dtype)
        self.blocks = blocks
        # Two rows of pixels belong to the next row of tiles, too. The next block, which is never
        # larger, goes back through memory, and so begins with this one's last.
        pairs = scratch.take((most + 1, 2, 4, channels, run), padded.dtype)
        self.pairs, last = [], 0
        for number, rows in enumerate(blocks):
            count = rows.stop - rows.start
            first, last = last, last + (-count if number % 2 else count)
            self.pairs.append(
                pairs[last : first + 1][::-1] if number % 2 else pairs[first : last + 1]
            )
        self.apart = scratch.take((2, most + 1, 2, channels, tiles + 1, batch), padded.dtype)
        down, deep, across, inward = padded.strides
        self.split = as_strided(
            padded,
            (2, len(padded) // 2, 2, channels, tiles + 1, batch),
            (across, 2 * down, down, deep, 2 * across, inward),
            writeable=False,
        )

    def load(self, number: int) -> Any:
        """Return :attr:`values` of a block. Blocks are asked for in order."""
        rows = self.blocks[number]
        count, known = rows.stop - rows.start, bool(rows.start)
        pairs = self.pairs[number]
        self._across(slice(rows.start + known, rows.stop + 1), pairs[known:])
        values = self.values[:, :count]
        (first, second), (third, fourth) = (pairs[k : count + k].swapaxes(0, 1) for k in (0, 1))
        np.subtract(first, third, out=values[0])
        np.add(second, third, out=values[1])
        np.subtract(third, second, out=values[2])
        np.subtract(fourth, second, out=values[3])
        return values

    def _across(self, pairs: slice, out: Any) -> None:
        """Transform pairs of rows of pixels, ``out`` being ``(pairs, 2, 4, C, T·N)``."""
        apart = self.apart[:, : len(out)]
        np.copyto(apart, self.split[:, pairs])
        even, odd = apart.reshape(*apart.shape[:4], -1)
        batch, run = apart.shape[-1], out.shape[-1]
        after_even, after_odd = even[..., batch:], odd[..., batch:]
        even, odd = even[..., :run], odd[..., :run]
        np.subtract(even, after_even, out=out[:, :, 0])
        np.add(odd, after_even, out=out[:, :, 1])
        np.subtract(after_even, odd, out=out[:, :, 2])
        np.subtract(after_odd, odd, out=out[:, :, 3])


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
    blocks
        Rows of tiles that come together.
    scratch
        Memory shared with other stages.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        padding: tuple[int, int],
        dtype: DTypeLike,
        blocks: Sequence[slice],
        scratch: Scratch,
    ) -> None:
        channels, tiles, batch = shape
        most = max(rows.stop - rows.start for rows in blocks)
        self.blocks = blocks
        self.top, self.left = padding
        # What a row of tiles leaves to the next one.
        self.carried = scratch.take((2, 1, 4, channels, tiles * batch), dtype)
        self.sums = scratch.take((most, 4, channels, tiles * batch), dtype)
        self.work = scratch.take((2, most, channels, tiles * batch), dtype)
        self.apart = scratch.take((2, most, 2, channels, tiles + 1, batch), dtype)

    def begin(self, d_x: Any) -> None:
        """Prepare for an image whose gradient goes to ``d_x``, ``(H, C, W, N)``."""
        self.d_x = d_x
        self.carried.fill(0)

    def take(self, number: int, d_values: Any) -> None:
        """Take the gradients of a block, ``(4, R, 4, C, T·N)``, which are overwritten."""
        first, second, third, fourth = d_values
        sums = self.sums[: len(first)]
        np.add(second, third, out=sums)
        np.subtract(sums, first, out=sums)
        np.subtract(second, third, out=second)
        np.subtract(second, fourth, out=second)
        np.add(d_values[:2, :1], self.carried, out=d_values[:2, :1])
        if len(first) > 1:
            np.add(first[1:], sums[:-1], out=first[1:])
            np.add(second[1:], fourth[:-1], out=second[1:])
        np.copyto(self.carried[0], sums[-1:])
        np.copyto(self.carried[1], fourth[-1:])
        self._across(self.blocks[number].start, d_values[:2])

    def finish(self, rows: int) -> None:
        """Write what ``rows`` rows of tiles leave over, and zeros where none reaches."""
        self._across(rows, self.carried)
        self.d_x[2 * rows + 2 - self.top :].fill(0)
        self.d_x[:, :, 2 * self.apart.shape[4] - self.left :].fill(0)

    def _across(self, row: int, pairs: Any) -> None:
        """Write pairs of rows ``(2, R, 4, C, T·N)``, of which the first is ``2·row``."""
        count, run, batch = pairs.shape[1], pairs.shape[-1], self.apart.shape[-1]
        first, second, third, fourth = pairs.transpose(2, 0, 1, 3, 4)
        work, apart = self.work[:, :count], self.apart[:, :count]
        even, odd = apart.reshape(*apart.shape[:4], -1).swapaxes(1, 2)
        np.add(second, third, out=work)
        np.subtract(work, first, out=work)
        np.copyto(even[..., :run], first)
        even[..., run:].fill(0)
        np.add(even[..., batch:], work, out=even[..., batch:])
        np.subtract(second, third, out=odd[..., :run])
        np.subtract(odd[..., :run], fourth, out=odd[..., :run])
        odd[..., run:].fill(0)
        np.add(odd[..., batch:], fourth, out=odd[..., batch:])
        above = max(0, self.top - 2 * row)  # rows of padding
        target = self.d_x[max(0, 2 * row - self.top) : 2 * (row + count) - self.top]
        for k, part in enumerate(apart):
            lines = part.reshape(2 * count, *part.shape[2:])[above : above + len(target)]
            skipped = max(0, -(-(self.left - k) // 2))  # columns of padding
            columns = target[:, :, 2 * skipped + k - self.left :: 2]
            width = min(columns.shape[2], lines.shape[2] - skipped)
            np.copyto(columns[:, :, :width], lines[:, :, skipped : skipped + width])
