"""Images unrolled into columns, one for each place of a window: convolution as a matrix product."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.ops.windows import Overlap, lengths_out, padded, shifted, unpadded

if TYPE_CHECKING:
    from backlit.ops.windows import Pairs

__all__ = ["Unrolling"]


class Unrolling:
    """How images of one shape become columns, and back.

    Inside, channels come before the batch: so one product serves all samples, and its result
    lies in memory as the next convolution reads it.

    Parameters
    ----------
    shape
        Of the images, ``(N, C, ...)``.
    kernel, stride, padding, dilation
        The window, per axis after the channels.
    groups
        Into how many groups the channels are split.

    Examples
    --------
    >>> plain = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    >>> unrolling = Unrolling((1, 1, 4), (2,), **plain)
    >>> unrolling.columns(np.array([[[1, 2, 3, 4]]]))
    array([[[1, 2, 3],
            [2, 3, 4]]])
    >>> unrolling.images(np.array([[[1, 2, 3], [10, 20, 30]]]))
    array([[[ 1, 12, 23, 30]]])
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        kernel: tuple[int, ...],
        *,
        stride: tuple[int, ...],
        padding: Pairs,
        dilation: tuple[int, ...],
        groups: int,
    ) -> None:
        batch, channels, *lengths = shape
        whole = (n + sum(ends) for n, ends in zip(lengths, padding, strict=True))
        self.batch, self.groups, self.padding = batch, groups, padding
        self.window = kernel, stride, dilation
        self.inside = groups, channels // groups, batch, *whole
        self.lengths = lengths_out(self.inside, kernel, stride, dilation)

    def columns(self, x: Any) -> Any:
        """Unroll images ``(N, C, ...)`` into ``(groups, C/groups · K, N · O)``."""
        images = np.reshape(padded(np.swapaxes(x, 0, 1), self.padding), self.inside)
        views = shifted(images, *self.window)
        seen = np.stack(views, axis=2) if len(views) > 1 else np.expand_dims(views[0], 2)
        return np.reshape(seen, (self.groups, self.inside[1] * len(views), self._places))

    def images(self, columns: Any) -> Any:
        """Add columns back into images; an element that several windows see gets the sum."""
        count = prod(self.window[0])
        parts = np.reshape(columns, (*self.inside[:2], count, self.batch, *self.lengths))
        overlap = Overlap(self.inside, *self.window)
        images = unpadded(overlap(*(parts[:, :, k] for k in range(count))), self.padding)
        shape = (self.groups * self.inside[1], *np.shape(images)[2:])
        return np.swapaxes(np.reshape(images, shape), 0, 1)

    def rows(self, z: Any) -> Any:
        """Lay out maps ``(N, F, ...)`` as one row per filter, ``(groups, F/groups, N · O)``."""
        shape = (self.groups, np.shape(z)[1] // self.groups, self._places)
        return np.reshape(np.swapaxes(z, 0, 1), shape)

    def maps(self, rows: Any) -> Any:
        """Take rows back to maps, ``(N, F, ...)``."""
        filters = self.groups * np.shape(rows)[1]
        return np.swapaxes(np.reshape(rows, (filters, self.batch, *self.lengths)), 0, 1)

    @property
    def _places(self) -> int:
        return self.batch * prod(self.lengths)
