"""Labels as one-hot vectors."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import TypeRefusedError, ValueRefusedError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray


def one_hot(labels: ArrayLike, classes: int, *, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Turn each label into a vector of zeros with a one in the label's place.

    Parameters
    ----------
    labels
        Integers from 0 to ``classes - 1``, ``(N,)`` or any other shape.
    classes
        The number of classes, C.
    dtype
        The dtype of the vectors.

    Returns
    -------
    ndarray
        ``(N, C)``, or the shape of ``labels`` with C appended.

    Raises
    ------
    TypeRefusedError
        If the labels are not integers, or ``classes`` is not a whole number.
    ValueRefusedError
        If a label is out of range, or ``classes`` is below 1.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    t = np.asarray(labels)
    if t.dtype.kind not in "iu":
        raise TypeRefusedError(
            f"one_hot: labels must be integers, not {t.dtype} of shape {t.shape}; leave them as "
            "they are if they are one-hot already, or convert with labels.astype(np.int64)."
        )
    try:
        classes = operator.index(classes)
    except TypeError:
        raise TypeRefusedError(
            f"one_hot: classes must be a whole number, not {classes!r}."
        ) from None
    if classes < 1:
        raise ValueRefusedError(f"one_hot: classes must be at least 1, not {classes}.")
    wrong = (t < 0) | (t >= classes)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueRefusedError(
            f"one_hot: the label {t[where]} at index {where} lies outside 0 to {classes - 1}; "
            "count classes from 0, or give more classes."
        )
    vectors = np.zeros((t.size, classes), dtype)
    vectors[np.arange(t.size), t.ravel()] = 1
    return vectors.reshape(*t.shape, classes)
