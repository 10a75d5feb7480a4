"""The book's windows as rows of a matrix, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ShapeError
from backlit.ops import Overlap
from backlit.ops.windows import lengths_out, padded, per_axis, refuse_axes, refuse_window, shifted
from backlit.ops.windows import pairs as padding_of
from backlit.ops.windows import unpadded as cropped

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]

__all__ = ["col2im", "conv_output_size", "im2col"]


def conv_output_size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> float:
    """Return at how many places a filter stands along one axis.

    Examples
    --------
    >>> conv_output_size(28, 5)
    24.0
    """
    return (input_size + 2 * pad - filter_size) / stride + 1


def im2col(
    input_data: ArrayLike, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0
) -> Array:
    """Lay out what each window of images sees as one row.

    Parameters
    ----------
    input_data
        Images, ``(N, C, H, W)``.
    filter_h, filter_w
        The size of the window.
    stride
        By how much it moves.
    pad
        Zeros around the images, on every side.

    Returns
    -------
    ndarray
        ``(N · OH · OW, C · filter_h · filter_w)``.

    Raises
    ------
    ShapeError
        If the images are not a batch with channels, or smaller than the window.

    Examples
    --------
    >>> im2col([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]], 2, 2)
    array([[1., 2., 4., 5.],
           [2., 3., 5., 6.]])
    """
    images = np.asarray(input_data)
    kernel, strides, padding = _options(images.shape, (filter_h, filter_w), stride, pad, "im2col")
    views = shifted(padded(images, padding), kernel, strides, (1, 1))
    seen = np.stack(views, axis=-1)  # (N, C, OH, OW, K)
    rows = np.moveaxis(seen, 1, 3)
    return rows.reshape(-1, images.shape[1] * len(views))


def col2im(  # noqa: PLR0917  (the book's arguments)
    col: ArrayLike,
    input_shape: tuple[int, int, int, int],
    filter_h: int,
    filter_w: int,
    stride: int = 1,
    pad: int = 0,
) -> Array:
    """Add what each window saw back to where it was: the reverse of :func:`im2col` for gradients.

    An element that several windows saw gets the sum.

    Parameters
    ----------
    col
        ``(N · OH · OW, C · filter_h · filter_w)``.
    input_shape
        Of the images, ``(N, C, H, W)``.
    filter_h, filter_w, stride, pad
        As for :func:`im2col`.

    Returns
    -------
    ndarray
        ``(N, C, H, W)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> col2im([[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0]], (1, 1, 2, 3), 2, 2)
    array([[[[ 1.,  4.,  3.],
             [ 4., 10.,  6.]]]])
    """
    shape = tuple(input_shape)
    kernel, strides, padding = _options(shape, (filter_h, filter_w), stride, pad, "col2im")
    batch, channels = shape[:2]
    whole = (batch, channels, *(n + sum(p) for n, p in zip(shape[2:], padding, strict=True)))
    lengths = lengths_out(whole, kernel, strides, (1, 1))
    count = kernel[0] * kernel[1]
    rows = np.asarray(col)
    expected = (batch * lengths[0] * lengths[1], channels * count)
    if rows.shape != expected:
        raise ShapeError(
            f"col2im: col has shape {rows.shape}, but for images of shape {shape} and a window of "
            f"{kernel} it must have shape {expected}."
        )
    parts = np.moveaxis(rows.reshape(batch, *lengths, channels, count), (4, 3), (0, 2))
    images = Overlap(whole, kernel, strides, (1, 1))(*parts)
    return np.ascontiguousarray(cropped(images, padding))


def _options(
    shape: tuple[int, ...], kernel: tuple[int, int], stride: int, pad: int, taker: str
) -> Any:
    kernel = per_axis(kernel, 2, "filter_h, filter_w", taker)  # type: ignore[assignment]
    strides, padding = per_axis(stride, 2, "stride", taker), padding_of(pad, 2, taker)
    refuse_axes(shape, 2, taker)
    refuse_window(shape, kernel, padding, (1, 1), taker)
    return kernel, strides, padding
