"""The chapter's loader of MNIST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.data import mnist

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["load_mnist"]


def load_mnist(
    normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[tuple[NDArray[Any], NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]:
    """Load MNIST, which comes with the package.

    Parameters
    ----------
    normalize
        Pixels from 0 to 1 in float32; otherwise 0 to 255 in uint8.
    flatten
        Images as rows, ``(N, 784)``; otherwise ``(N, 1, 28, 28)``.
    one_hot_label
        Labels as one-hot rows, ``(N, 10)``; otherwise as integers, ``(N,)``.

    Returns
    -------
    tuple
        ``(x_train, t_train), (x_test, t_test)``: 60,000 and 10,000 samples.

    Raises
    ------
    DataError
        If a file is missing or altered.

    Examples
    --------
    >>> (x_train, t_train), (x_test, t_test) = load_mnist()
    >>> x_train.shape, t_test.shape
    ((60000, 784), (10000,))
    """
    digits = mnist(normalize=normalize, flatten=flatten, one_hot=one_hot_label)
    return (digits.train.x, digits.train.t), (digits.test.x, digits.test.t)
