"""The functions of chapters 3 and 4: on numbers, lists and arrays, and on tensors too."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit import ops
from backlit.book.call import own
from backlit.data import one_hot
from backlit.errors import ShapeError
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from backlit.op import Op

__all__ = [
    "cross_entropy_error",
    "identity_function",
    "mean_squared_error",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "softmax_loss",
    "step_function",
    "sum_squared_error",
]


def identity_function(x: Any) -> Any:
    """Return ``x`` (an array as a copy).

    Examples
    --------
    >>> identity_function(np.array([0.3, 0.7]))
    array([0.3, 0.7])
    """
    return own(x)


def step_function(x: Any) -> Any:
    """Return 1 where ``x`` is above 0, and 0 elsewhere.

    Examples
    --------
    >>> step_function([-1.0, 0.0, 2.0])
    array([0, 0, 1])
    """
    return np.asarray(_plain(x) > 0).astype(int)


def sigmoid(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))``; it does not overflow.

    Examples
    --------
    >>> sigmoid([0.0, -1000.0])
    array([0.5, 0. ])
    """
    return _call(ops.Sigmoid(), x)


def sigmoid_grad(x: Any) -> Any:
    """Return the slope of :func:`sigmoid` at ``x``.

    Examples
    --------
    >>> float(sigmoid_grad(0.0))
    0.25
    """
    return _slope(ops.Sigmoid(), x)


def relu(x: Any) -> Any:
    """Return ``max(x, 0)``.

    Examples
    --------
    >>> relu([-1.0, 2.0])
    array([0., 2.])
    """
    return _call(ops.Relu(), x)


def relu_grad(x: Any) -> Any:
    """Return the slope of :func:`relu` at ``x``: 1 above 0, else 0 (at 0 too, as in the layer).

    Examples
    --------
    >>> relu_grad([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """
    return _slope(ops.Relu(), x)


def softmax(x: Any) -> Any:
    """Return positive numbers that sum to 1, for ``(C,)`` or for each row of ``(N, C)``.

    Raises
    ------
    ShapeError
        If ``x`` is a single number.

    Examples
    --------
    >>> softmax([1010.0, 1010.0, 0.0])
    array([0.5, 0.5, 0. ])
    """
    return _call(ops.Softmax(), x)


def sum_squared_error(y: Any, t: Any) -> Any:
    """Return half the sum of squared errors, ``½ Σ (y − t)²``.

    Raises
    ------
    ShapeError
        If ``y`` and ``t`` differ in shape.

    Examples
    --------
    >>> float(sum_squared_error([1.0, 2.0], [0.0, 0.0]))
    2.5
    """
    return _call(ops.SumSquares(), y, t)


def mean_squared_error(y: Any, t: Any) -> Any:
    """Return ``½ Σ (y − t)²``: the book's name for :func:`sum_squared_error`; no mean is taken.

    Raises
    ------
    ShapeError
        If ``y`` and ``t`` differ in shape.

    Examples
    --------
    >>> float(mean_squared_error([1.0, 2.0], [0.0, 0.0]))
    2.5
    """
    return sum_squared_error(y, t)


def cross_entropy_error(y: Any, t: Any) -> Any:
    """Return the cross entropy, ``−Σ t log(y + 1e-7)``, averaged over the batch.

    Parameters
    ----------
    y
        Probabilities, ``(N, C)``, or ``(C,)`` for one sample.
    t
        Labels as class numbers, ``(N,)``, or as one-hot rows of the shape of ``y``.

    Raises
    ------
    ShapeError
        If the labels have neither shape.
    ValueRefusedError
        If a class number has no column.
    TypeRefusedError
        If class numbers are not integers.

    Examples
    --------
    >>> float(cross_entropy_error([0.1, 0.6, 0.3], 1))
    0.510825457099338
    """
    y = _plain(y)
    labels = np.asarray(t)
    rows = prod(y.shape[:-1])
    if y.ndim and y.shape[-1] > 1 and labels.size == rows:
        labels = one_hot(labels.reshape(y.shape[:-1]), y.shape[-1], dtype=np.float64)
    if not y.size or labels.size != y.size:
        raise ShapeError(
            f"cross_entropy_error: y has shape {y.shape} and t has shape {labels.shape}; t must be "
            f"class numbers of shape {y.shape[:-1]}, or one-hot rows of shape {y.shape}."
        )
    return -np.sum(labels.reshape(y.shape) * np.log(y + 1e-7)) / rows


def softmax_loss(X: Any, t: Any) -> Any:
    """Return the :func:`cross_entropy_error` of the :func:`softmax` of ``X``.

    Examples
    --------
    >>> round(float(softmax_loss([[1000.0, 1000.0]], [0])), 4)
    0.6931
    """
    return cross_entropy_error(softmax(X), t)


def _plain(x: Any) -> Any:
    return x if isinstance(x, Tensor) else np.asarray(x)


def _call(op: Op, *inputs: Any) -> Any:
    """Apply an op to tensors, or compute it on what can be made an array."""
    arrays = [_plain(x) for x in inputs]
    if any(isinstance(x, Tensor) for x in arrays):
        return op(*arrays)
    return own(op.run(*arrays))


def _slope(op: Op, x: Any) -> Any:
    """Return the derivative of an elementwise op."""
    x = np.asarray(x)
    z = op.run(x)
    return op.backward(np.ones_like(z, dtype=np.result_type(z, np.float16)))
