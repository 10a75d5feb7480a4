"""Pooling layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from backlit.layers.convolution import ends_in_short, short
from backlit.layers.layer import Layer
from backlit.ops import avg_pool2d, max, max_pool2d, mean
from backlit.ops.windows import pairs, per_axis, refuse_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backlit.tensor import Tensor, TensorLike

__all__ = ["AvgPool2d", "GlobalAvgPool2d", "GlobalMaxPool2d", "MaxPool2d"]


class _Pooling(Layer):
    """Where the window of a pooling stands."""

    def __init__(
        self,
        size: int | Sequence[int],
        stride: int | Sequence[int] | None,
        padding: int | Sequence[int | Sequence[int]],
    ) -> None:
        name = type(self).__name__
        self.size = per_axis(size, 2, "size", name)
        self.stride = self.size if stride is None else per_axis(stride, 2, "stride", name)
        self.padding = pairs(padding, 2, name)

    def _told(self, *more: str) -> str:
        told = [short(self.size)]
        told += [f"stride={short(self.stride)}"] * (self.stride != self.size)
        told += [f"padding={ends_in_short(self.padding)}"] * any(map(any, self.padding))
        return f"{type(self).__name__}({', '.join([*told, *more])})"


class _GlobalPooling(Layer):
    """One number of each channel."""

    function: ClassVar[Callable[..., Tensor]]
    """The reduction."""

    def __call__(self, x: TensorLike) -> Tensor:
        """Return the numbers, ``(N, C)``."""
        x = self.as_input(x)
        refuse_axes(x.shape, 2, type(self).__name__)
        return type(self).function(x, axis=(2, 3))


class MaxPool2d(_Pooling):
    """The largest element of each window, ``(N, C, H, W)`` to ``(N, C, OH, OW)``.

    On a tie the first element, row by row, gets the gradient. See :func:`backlit.max_pool2d`.

    Parameters
    ----------
    size
        Of the window: one number, or ``(height, width)``.
    stride
        By how much it moves; ``size`` if left out.
    padding
        How far it reaches over the edges, at most half of it; padding never wins.
    dilation
        The distance between neighbouring elements of the window.

    Raises
    ------
    ShapeError
        When called with an ``x`` that is no batch of images, or smaller than the window.
    TypeRefusedError
        If an option is no whole number, or none for each axis.
    ValueRefusedError
        If one is out of range; when called, if the padding is more than half of the window.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import MaxPool2d
    >>> MaxPool2d(2)(np.zeros((100, 32, 28, 28))).shape
    (100, 32, 14, 14)
    """

    def __init__(
        self,
        size: int | Sequence[int] = 2,
        *,
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int | Sequence[int]] = 0,
        dilation: int | Sequence[int] = 1,
    ) -> None:
        super().__init__(size, stride, padding)
        self.dilation = per_axis(dilation, 2, "dilation", "MaxPool2d")

    def __call__(self, x: TensorLike) -> Tensor:
        """Return the largest elements."""
        return max_pool2d(
            self.as_input(x),
            self.size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )

    def __repr__(self) -> str:
        gaps = [f"dilation={short(self.dilation)}"] * (self.dilation != (1, 1))
        return self._told(*gaps)


class AvgPool2d(_Pooling):
    """The average of each window, ``(N, C, H, W)`` to ``(N, C, OH, OW)``.

    See :func:`backlit.avg_pool2d`.

    Parameters
    ----------
    size
        Of the window: one number, or ``(height, width)``.
    stride
        By how much it moves; ``size`` if left out.
    padding
        How far it reaches over the edges, at most half of it.
    count_include_pad
        Whether the zeros of the padding count in the average.

    Raises
    ------
    ShapeError
        When called with an ``x`` that is no batch of images, or smaller than the window.
    TypeRefusedError
        If an option is no whole number, or none for each axis.
    ValueRefusedError
        If one is out of range; when called, if the padding is more than half of the window.

    Examples
    --------
    >>> from backlit.layers import AvgPool2d
    >>> AvgPool2d(2).forward([[[[1.0, 5.0, 2.0, 2.0], [3.0, 4.0, 2.0, 0.0]]]])
    array([[[[3.25, 1.5 ]]]])
    """

    def __init__(
        self,
        size: int | Sequence[int] = 2,
        *,
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int | Sequence[int]] = 0,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(size, stride, padding)
        self.count_include_pad = bool(count_include_pad)

    def __call__(self, x: TensorLike) -> Tensor:
        """Return the averages."""
        return avg_pool2d(
            self.as_input(x),
            self.size,
            stride=self.stride,
            padding=self.padding,
            count_include_pad=self.count_include_pad,
        )

    def __repr__(self) -> str:
        return self._told(*["count_include_pad=False"] * (not self.count_include_pad))


class GlobalAvgPool2d(_GlobalPooling):
    """The average of each channel, ``(N, C, H, W)`` to ``(N, C)``.

    Raises
    ------
    ShapeError
        When called with an ``x`` that is no batch of images.

    References
    ----------
    M. Lin, Q. Chen and S. Yan, "Network In Network", ICLR 2014, section 3.2.

    Examples
    --------
    >>> from backlit.layers import GlobalAvgPool2d
    >>> GlobalAvgPool2d().forward([[[[1.0, 2.0], [3.0, 6.0]]]])
    array([[3.]])
    """

    function = staticmethod(mean)


class GlobalMaxPool2d(_GlobalPooling):
    """The largest element of each channel, ``(N, C, H, W)`` to ``(N, C)``.

    Elements that share the maximum share its gradient, as in :func:`backlit.max`.

    Raises
    ------
    ShapeError
        When called with an ``x`` that is no batch of images, or of images without pixels.

    Examples
    --------
    >>> from backlit.layers import GlobalMaxPool2d
    >>> GlobalMaxPool2d().forward([[[[1.0, 2.0], [3.0, 6.0]]]])
    array([[6.]])
    """

    function = staticmethod(max)
