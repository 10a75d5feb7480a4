"""Batch normalisation with the batch innermost, by statistics of the whole batch."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.blocks import blocks
from backlit.compile.layout.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from backlit.compile.layout.scratch import Scratch

__all__ = ["Normalization", "descend", "normalise"]


class Normalization(Stage):
    """Batch normalisation, and ReLU if wanted, of a part of the batch.

    All parts are measured before any is normalised: :meth:`measure` each, then
    :func:`normalise` all, then :meth:`forward` each. The way back is :meth:`gather` each, then
    :func:`descend`, then :meth:`backward` each.

    Parameters
    ----------
    image
        ``(C, H, W)``.
    batch
        How many images.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    relu
        Whether ReLU follows.
    training
        Whether there will be a way back.
    """

    def __init__(
        self,
        image: tuple[int, int, int],
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        relu: bool = False,
        training: bool = True,
    ) -> None:
        scratch.restart()
        channels, height, width = image
        self.relu = relu
        self.x = np.empty((height, channels, width, batch), dtype)
        row = self.x.shape[1:]
        self.blocks = blocks(height, 2 * prod(row) * self.x.itemsize)
        self.work = scratch.take((max(b.stop - b.start for b in self.blocks), *row), dtype)
        self.passing = np.empty(self.x.shape, np.bool_) if relu and training else None
        self.zeros = np.zeros(self.x.shape[2:], dtype)
        self.ones = np.ones(width * batch, dtype)
        self.count = height * width * batch
        self.sums = np.empty((2, height, channels), dtype)
        self.mean: Any = None
        self.deviation: Any = None

    def measure(self) -> None:
        """Find the mean and the sum of squared distances from it, row by row."""
        means, squares = self.sums
        for rows in self.blocks:
            x, mean, work = self.x[rows], means[rows], self._work(rows)
            np.matmul(_flat(x), self.ones, out=mean)
            np.divide(mean, len(self.ones), out=mean)
            np.subtract(x, mean[:, :, None, None], out=work)
            np.vecdot(_flat(work), _flat(work), out=squares[rows])

    def forward(self, gamma: Any, beta: Any) -> None:
        """Normalise; :attr:`x` is left centred."""
        mean = self.mean.reshape(-1, 1, 1)
        scale = (gamma / self.deviation).reshape(-1, 1, 1)
        shift = beta.reshape(-1, 1, 1)
        for rows in self.blocks:
            x, out, work = self.x[rows], self.out[rows], self._work(rows)
            np.subtract(x, mean, out=x)
            np.multiply(x, scale, out=work)
            np.add(work, shift, out=work if self.relu else out)
            if self.passing is not None:
                np.greater(work, self.zeros, out=self.passing[rows])
            if self.relu:
                np.maximum(work, self.zeros, out=out)

    def gather(self) -> None:
        """Take the sums over the batch that every gradient needs; :attr:`d_out` is overwritten."""
        plain, weighted = self.sums
        for rows in self.blocks:
            d = self.d_out[rows]
            if self.passing is not None:
                np.multiply(d, self.passing[rows], out=d)
            np.matmul(_flat(d), self.ones, out=plain[rows])
            np.vecdot(_flat(d), _flat(self.x[rows]), out=weighted[rows])

    def backward(self, gamma: Any, d_gamma: Any, d_beta: Any, count: int) -> None:
        """Write the gradient of the input, given those of the parameters over ``count`` numbers."""
        if self.d_x is None:
            return
        by_mean = (d_beta / count).reshape(-1, 1, 1)
        by_variance = (d_gamma / (count * self.deviation)).reshape(-1, 1, 1)
        scale = (gamma / self.deviation).reshape(-1, 1, 1)
        for rows in self.blocks:
            work = self._work(rows)
            np.multiply(self.x[rows], by_variance, out=work)
            np.subtract(self.d_out[rows], work, out=work)
            np.subtract(work, by_mean, out=work)
            np.multiply(work, scale, out=self.d_x[rows])

    def _work(self, rows: slice) -> Any:
        return self.work[: rows.stop - rows.start]


def _flat(x: Any) -> Any:
    return x.reshape(*x.shape[:2], -1)


def normalise(parts: Sequence[Normalization], eps: float) -> tuple[Any, Any]:
    """Give all parts the statistics of the whole batch.

    Returns
    -------
    tuple
        Mean and variance, ``(C,)``.

    References
    ----------
    Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample
    variances (1979), section 3: sums of squares about different means put together.
    """
    counts = [len(part.ones) for part in parts for _ in part.x]
    means = np.concatenate([part.sums[0] for part in parts]).astype(np.float64)
    squares = np.concatenate([part.sums[1] for part in parts]).astype(np.float64)
    weights = np.asarray(counts, np.float64)[:, None]
    total = weights.sum()
    mean = (weights * means).sum(0) / total
    variance = (squares.sum(0) + (weights * (means - mean) ** 2).sum(0)) / total
    dtype = parts[0].x.dtype
    for part in parts:
        part.mean = mean.astype(dtype)
        part.deviation = np.sqrt(variance + eps).astype(dtype)
    return mean.astype(dtype), variance.astype(dtype)


def descend(parts: Sequence[Normalization]) -> tuple[Any, Any]:
    """Return the gradients of gamma and beta, ``(C,)``, over the whole batch."""
    plain = sum(part.sums[0].sum(0) for part in parts)
    weighted = sum(part.sums[1].sum(0) for part in parts)
    return weighted / parts[0].deviation, plain
