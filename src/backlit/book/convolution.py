"""The book's layers for images: ``Convolution`` and ``Pooling``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit import ops
from backlit.book.call import Call
from backlit.ops.windows import pairs, refuse_axes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]

__all__ = ["Convolution", "Pooling"]


class Convolution:
    """Filters moved over images.

    Parameters
    ----------
    W
        Filters, ``(FN, C, FH, FW)``. The array itself is held, so ``W -= ...`` is seen here.
    b
        ``(FN,)``, held too.
    stride
        By how much the filters move.
    pad
        Zeros around the images, on every side.

    Attributes
    ----------
    x : ndarray
        The last input.
    dW, db : ndarray
        The gradients that the last backward left.

    Examples
    --------
    >>> layer = Convolution(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([0.5]))
    >>> layer.forward([[[[1.0, 2.0, 0.0], [0.0, 3.0, 1.0]]]])
    array([[[[17.5, 15.5]]]])
    >>> layer.backward(np.array([[[[1.0, 10.0]]]]))
    array([[[[ 1., 12., 20.],
             [ 3., 34., 40.]]]])
    >>> layer.db
    array([11.])
    """

    def __init__(self, W: ArrayLike, b: ArrayLike, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b = np.asarray(W), np.asarray(b)
        self.stride, self.pad = stride, pad
        self.x: Any = None
        self.dW: Any = None
        self.db: Any = None
        self._call = Call("Convolution")

    def forward(self, x: ArrayLike) -> Array:
        """Return ``(N, FN, OH, OW)`` for images ``(N, C, H, W)``.

        Raises
        ------
        ShapeError
            If the shapes do not fit, or the filters are larger than the padded images.
        """
        x = np.array(x)
        op = ops.Conv2d(stride=self.stride, padding=self.pad)
        out: Array = self._call.forward(op, x, self.W, self.b)
        self.x = x
        return out

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``; leave those of ``W`` and ``b`` behind."""
        dx, self.dW, self.db = self._call.backward(dout)
        return dx  # type: ignore[no-any-return]


class Pooling:
    """The largest element of each window.

    Parameters
    ----------
    pool_h, pool_w
        The size of the window.
    stride
        By how much it moves.
    pad
        Zeros around the images, on every side. As in the book they take part: where all else is
        negative they win.

    Attributes
    ----------
    x : ndarray
        The last input.

    Examples
    --------
    >>> layer = Pooling(2, 2, stride=2)
    >>> layer.forward([[[[1.0, 5.0, 2.0, 2.0], [3.0, 4.0, 2.0, 0.0]]]])
    array([[[[5., 2.]]]])
    >>> layer.backward(np.array([[[[10.0, 20.0]]]]))
    array([[[[ 0., 10., 20.,  0.],
             [ 0.,  0.,  0.,  0.]]]])
    """

    def __init__(self, pool_h: int, pool_w: int, stride: int = 1, pad: int = 0) -> None:
        self.pool_h, self.pool_w, self.stride, self.pad = pool_h, pool_w, stride, pad
        self.x: Any = None
        self._call, self._padding = Call("Pooling"), Call("Pooling")

    def forward(self, x: ArrayLike) -> Array:
        """Return ``(N, C, OH, OW)`` for images ``(N, C, H, W)``.

        Raises
        ------
        ShapeError
            If ``x`` is no batch of images with channels, or smaller than the window.
        TypeRefusedError, ValueRefusedError
            If an option is no whole number, or out of range.
        """
        x = np.array(x)
        refuse_axes(x.shape, 2, "Pooling")
        around = ((0, 0), (0, 0), *pairs(self.pad, 2, "Pooling"))
        whole = self._padding.forward(ops.Pad(around), x)
        op = ops.MaxPool2d((self.pool_h, self.pool_w), self.stride)
        out: Array = self._call.forward(op, whole)
        self.x = x
        return out

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``; on a tie the first element of a window gets it."""
        (dwhole,) = self._call.backward(dout)
        (dx,) = self._padding.backward(dwhole)
        return dx  # type: ignore[no-any-return]
