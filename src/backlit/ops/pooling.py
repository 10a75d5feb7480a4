"""Pooling: the largest element of each window, or their average."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.card import Draw, Example, Refusal, Sample, Words
from backlit.errors import ValueRefusedError
from backlit.op import Op
from backlit.ops.windows import (
    Overlap,
    Pairs,
    padded,
    pairs,
    per_axis,
    refuse_axes,
    refuse_window,
    shifted,
    spans,
    unpadded,
)
from backlit.tensor import Tensor, TensorLike, record

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AvgPool2d", "MaxPool2d", "avg_pool2d", "max_pool2d"]

_REFUSALS = (
    Refusal((np.zeros((28, 28)),), ("x", "(28, 28)", "(N, C, H, W)")),
    Refusal((np.zeros((2, 3, 4, 1)),), ("x", "(2, 3, 4, 1)", "(2, 2)")),
    Refusal((np.zeros((2, 3, 4, 4)),), ("padding", "((2, 2), (0, 0))", "half", "(2, 2)"),
            {"padding": ((2, 2), (0, 0))}),
)  # fmt: skip


class MaxPool2d(Op):
    """The largest element that a window sees; on a tie the first, row by row, gets the gradient.

    Shapes: ``x`` is ``(N, C, H, W)``, the output ``(N, C, OH, OW)`` with
    ``OH = (H + top + bottom − dilation · (KH − 1) − 1) // stride + 1``. Padding never wins: it
    is minus infinity (for integers the least of their dtype).
    """

    symbol = "max pool"
    formula = Words("z[n, c, i] = max x[n, c, stride·i + dilation·k − padding], over k")
    gradients = {"x": Words("dz[n, c, i] for the first element that has the maximum, else 0")}
    examples = (
        Example(([[[[1.0, 5.0, 2.0, 2.0], [3.0, 4.0, 2.0, 0.0]]]],), [[[[5.0, 2.0]]]],
                dout=[[[[10.0, 20.0]]]],
                gradients=([[[[0.0, 10.0, 20.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]],)),
        Example(([[[[1.0, 3.0, 2.0]]]],), [[[[3.0, 3.0]]]], dout=[[[[10.0, 20.0]]]],
                gradients=([[[[0.0, 30.0, 0.0]]]],), options={"size": (1, 2), "stride": 1}),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3, 4, 6)),)),
        Sample((Draw((2, 2, 5, 7)),)),
        Sample((Draw((1, 2, 5, 7)),), {"size": 3, "stride": 2, "padding": 1}),
        Sample((Draw((2, 2, 6, 5)),),
               {"size": (2, 3), "stride": (1, 2), "padding": ((0, 1), (1, 0)), "dilation": (2, 1)}),
        Sample((Draw((0, 2, 4, 4)),)),
    )  # fmt: skip
    refusals = _REFUSALS
    smooth = False

    def __init__(
        self,
        size: int | Sequence[int] = 2,
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int | Sequence[int]] = 0,
        dilation: int | Sequence[int] = 1,
    ) -> None:
        self.size = per_axis(size, 2, "size", "max_pool2d")
        self.stride = per_axis(size if stride is None else stride, 2, "stride", "max_pool2d")
        self.padding = pairs(padding, 2, "max_pool2d")
        self.dilation = per_axis(dilation, 2, "dilation", "max_pool2d")

    def forward(self, x: Any) -> Any:
        images = padded(x, self.padding, _least(x.dtype))
        self.padded_shape = np.shape(images)
        self.seen = shifted(images, self.size, self.stride, self.dilation)
        z = self.seen[0]
        for element in self.seen[1:]:
            z = np.maximum(z, element)
        self.z = z
        return z

    def backward(self, dz: Any) -> Any:
        parts = []
        waiting = np.ones_like(self.seen[0], dtype=bool)  # where none has won yet
        for element in self.seen:
            wins = waiting & (element == self.z)
            waiting = waiting & ~wins
            parts.append(dz * wins)
        overlap = Overlap(self.padded_shape, self.size, self.stride, self.dilation)
        return unpadded(overlap(*parts), self.padding)

    def refuse(self, x: Any) -> None:
        _refuse(x.shape, self.size, self.padding, self.dilation, self.name)


class AvgPool2d(Op):
    """The average of what a window sees.

    Shapes: ``x`` is ``(N, C, H, W)``, the output ``(N, C, OH, OW)`` with
    ``OH = (H + top + bottom − KH) // stride + 1``. Padding is zeros; whether they count in the
    divisor is an option.
    """

    symbol = "avg pool"
    formula = Words("z[n, c, i] = Σ x[n, c, stride·i + k − padding] / count[i], over k")
    gradients = {"x": Words("Σ dz[n, c, i] / count[i], over the windows i that see an element")}
    examples = (
        Example(([[[[1.0, 5.0, 2.0, 2.0], [3.0, 4.0, 2.0, 0.0]]]],), [[[[3.25, 1.5]]]],
                dout=[[[[4.0, 8.0]]]],
                gradients=([[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]],)),
        Example(([[[[4.0, 2.0]]]],), [[[[4.0, 3.0]]]], dout=[[[[1.0, 10.0]]]],
                gradients=([[[[6.0, 5.0]]]],),
                options={"size": (1, 2), "stride": 1, "padding": ((0, 0), (1, 0)),
                         "count_include_pad": False}),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3, 4, 6)),)),
        Sample((Draw((1, 2, 5, 7)),), {"size": 3, "stride": 2, "padding": 1}),
        Sample((Draw((1, 2, 5, 7)),),
               {"size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
        Sample((Draw((2, 2, 6, 5)),),
               {"size": (2, 3), "stride": (1, 2), "padding": ((0, 1), (1, 0))}),
        Sample((Draw((0, 2, 4, 4)),)),
    )  # fmt: skip
    refusals = _REFUSALS
    floating = True

    def __init__(
        self,
        size: int | Sequence[int] = 2,
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int | Sequence[int]] = 0,
        count_include_pad: bool = True,
    ) -> None:
        self.size = per_axis(size, 2, "size", "avg_pool2d")
        self.stride = per_axis(size if stride is None else stride, 2, "stride", "avg_pool2d")
        self.padding = pairs(padding, 2, "avg_pool2d")
        self.count_include_pad = bool(count_include_pad)

    def forward(self, x: Any) -> Any:
        images = padded(x, self.padding)
        self.padded_shape = np.shape(images)
        self.count = self._count(np.shape(x), x.dtype)
        seen = shifted(images, self.size, self.stride, (1, 1))
        total = seen[0]
        for element in seen[1:]:
            total = total + element
        return total / self.count

    def backward(self, dz: Any) -> Any:
        parts = [dz / self.count] * prod(self.size)
        overlap = Overlap(self.padded_shape, self.size, self.stride, (1, 1))
        return unpadded(overlap(*parts), self.padding)

    def refuse(self, x: Any) -> None:
        _refuse(x.shape, self.size, self.padding, (1, 1), self.name)

    def _count(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return how many elements each window is averaged over, ``(OH, OW)`` or a number."""
        if self.count_include_pad or not any(map(any, self.padding)):
            return prod(self.size)
        real = padded(np.ones(shape[2:]), self.padding)
        seen = shifted(real, self.size, self.stride, (1, 1))
        return np.sum(seen, axis=0).astype(dtype if dtype.kind == "f" else np.float64)


def _least(dtype: np.dtype[Any]) -> float:
    """Return what every number of a dtype is at least."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return -np.inf if dtype.kind == "f" else False


def _refuse(
    shape: tuple[int, ...],
    size: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    taker: str,
) -> None:
    refuse_axes(shape, 2, taker)
    refuse_window(shape, size, padding, dilation, taker)
    covered = spans(size, dilation)
    if any(2 * max(ends) > span for ends, span in zip(padding, covered, strict=True)):
        raise ValueRefusedError(
            f"{taker}: padding={padding} is more than half of the window, which covers {covered}: "
            "some windows would see padding alone."
        )


def max_pool2d(
    x: TensorLike,
    size: int | Sequence[int] = 2,
    *,
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int | Sequence[int]] = 0,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Return the largest element of each window. See :class:`~backlit.ops.MaxPool2d`.

    Parameters
    ----------
    x
        Images, ``(N, C, H, W)``.
    size
        Of the window: one number, or ``(height, width)``.
    stride
        By how much the window moves: one number, or ``(down, right)``; ``size`` if left out.
    padding
        How far the window reaches over the edges, at most half of it: one number,
        ``(vertical, horizontal)``, or ``((top, bottom), (left, right))``.
    dilation
        The distance between neighbouring elements of the window.

    Returns
    -------
    Tensor
        ``(N, C, OH, OW)``; a last row or column that fills no window is left out.

    Raises
    ------
    ShapeError
        If ``x`` has not four axes, or is smaller than the window.
    ValueRefusedError
        If an option is out of range.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor([[[[1.0, 5.0, 2.0, 2.0], [3.0, 4.0, 2.0, 0.0]]]])
    >>> bl.max_pool2d(x, 2).numpy()
    array([[[[5., 2.]]]])
    """
    return record(MaxPool2d(size, stride, padding, dilation), x)


def avg_pool2d(
    x: TensorLike,
    size: int | Sequence[int] = 2,
    *,
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int | Sequence[int]] = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the average of each window. See :class:`~backlit.ops.AvgPool2d`.

    Parameters
    ----------
    x
        Images, ``(N, C, H, W)``.
    size, stride, padding
        As for :func:`max_pool2d`.
    count_include_pad
        Whether the zeros of the padding count: if so every window is divided by its size,
        else by the number of its elements that lie inside the image.

    Returns
    -------
    Tensor
        ``(N, C, OH, OW)``, as of :func:`max_pool2d`, and of floats.

    Raises
    ------
    ShapeError, ValueRefusedError
        As :func:`max_pool2d`.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor([[[[1.0, 5.0, 2.0, 2.0], [3.0, 4.0, 2.0, 0.0]]]])
    >>> bl.avg_pool2d(x, 2).numpy()
    array([[[[3.25, 1.5 ]]]])
    """
    return record(AvgPool2d(size, stride, padding, count_include_pad), x)
