"""``W -= x @ y`` in one call of the BLAS that NumPy itself multiplies with.

NumPy has no way to add a product to what is there: it writes the product, and a second pass reads
it and adds. A BLAS does both at once. The one that NumPy has loaded is called here, never another,
and only if it is an OpenBLAS, as in NumPy's wheels; otherwise NumPy's two calls remain.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np

from backlit.compile.threads import numpy_blas

__all__ = ["is_reachable", "subtract_product"]

_ROW_MAJOR, _AS_IT_IS, _TRANSPOSED = 101, 111, 112
_first_byte = ctypes.c_char.from_buffer
_address_of = ctypes.addressof
_LETTERS = {"f": ("s", ctypes.c_float), "d": ("d", ctypes.c_double)}


def subtract_product(W: Any, x: Any, y: Any) -> None:
    """Subtract ``x @ y`` from ``W``, in place.

    Parameters
    ----------
    W
        ``(M, N)``, written into.
    x, y
        ``(M, K)`` and ``(K, N)``, of the dtype of ``W``.

    Examples
    --------
    >>> W = np.ones((2, 2))
    >>> subtract_product(W, np.eye(2), np.full((2, 2), 3.0))
    >>> W
    array([[-2., -2.],
           [-2., -2.]])
    """
    gemm = _gemm(W.dtype.char)
    left, right = _laid_out(x, W.dtype), _laid_out(y, W.dtype)
    if (
        gemm is None
        or left is None
        or right is None
        or not W.flags.c_contiguous
        or not (x.size and W.size)
    ):
        np.subtract(W, np.dot(x, y), out=W)
        return
    rows, columns = W.shape
    at_x = _address(x.T if left[0] == _TRANSPOSED else x)
    at_y = _address(y.T if right[0] == _TRANSPOSED else y)
    gemm(
        _ROW_MAJOR, left[0], right[0], rows, columns, x.shape[1],
        -1.0, at_x, left[1], at_y, right[1], 1.0, _address(W), columns,
    )  # fmt: skip


def is_reachable(dtype: np.dtype[Any]) -> bool:
    """Tell whether :func:`subtract_product` is one call for arrays of a dtype."""
    return _gemm(dtype.char) is not None


@cache
def _gemm(letter: str) -> Any:
    """Return the BLAS's product of matrices, or ``None`` if it can't be had."""
    library = numpy_blas()
    if library is None or library.internal_api != "openblas" or letter not in _LETTERS:
        return None
    name, number = _LETTERS[letter]
    for prefix, suffix in (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", "")):
        found = getattr(library.dynlib, f"{prefix}cblas_{name}gemm{suffix}", None)
        if found is not None:
            whole = ctypes.c_int64 if suffix or _counts_in_64_bits(library) else ctypes.c_int32
            found.restype = None
            found.argtypes = [
                *[ctypes.c_int] * 3, *[whole] * 3, number, ctypes.c_void_p, whole,
                ctypes.c_void_p, whole, number, ctypes.c_void_p, whole,
            ]  # fmt: skip
            return found
    return None


def _counts_in_64_bits(library: Any) -> bool:
    config = getattr(library.dynlib, "openblas_get_config", None)
    if config is None:
        return False
    config.restype = ctypes.c_char_p
    return b"USE64BITINT" in config()


def _laid_out(x: Any, dtype: Any) -> tuple[int, int] | None:
    """Return whether a matrix lies in rows or in columns, and how far these are apart."""
    if x.ndim != 2 or x.dtype != dtype:
        return None
    size = x.itemsize
    (down, across), (rows, columns) = x.strides, x.shape
    if across == size and down >= columns * size and down % size == 0:
        return _AS_IT_IS, down // size
    if down == size and across >= rows * size and across % size == 0:
        return _TRANSPOSED, across // size
    return None


def _address(x: Any) -> int:
    try:  # a fifth of the time of `__array_interface__`, which makes a dictionary
        return _address_of(_first_byte(x))
    except TypeError:  # it may not be written into, or has gaps between its rows
        return x.__array_interface__["data"][0]  # type: ignore[no-any-return]
