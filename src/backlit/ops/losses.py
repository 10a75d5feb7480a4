"""Losses: one number that says how far predictions are from targets."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backlit.card import Draw, Example, Refusal, Sample
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.op import Op
from backlit.ops.activations import Sigmoid
from backlit.tensor import Tensor, TensorLike, record

__all__ = [
    "BinaryCrossEntropy",
    "Huber",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SoftmaxCrossEntropy",
    "SumSquares",
    "binary_cross_entropy",
    "huber",
    "mean_absolute_error",
    "mean_squared_error",
    "softmax_cross_entropy",
    "sum_squares",
]

PAIRS = (
    Sample((Draw((3, 4)), Draw((3, 4), 2.5, 4.0))),
    Sample((Draw(()), Draw((), 2.5, 4.0))),
)
_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
UNEQUAL = (
    Refusal((np.zeros((3, 1)), np.zeros(3)), ("y", "t", "(3, 1)", "(3,)")),
    Refusal((np.zeros((0, 1)), np.zeros((0, 1))), ("y", "(0, 1)")),
)
"""The first is the classic: NumPy would broadcast it to 3 × 3 errors without a word."""


class SoftmaxCrossEntropy(Op):
    """Softmax and cross entropy in one, averaged over the batch: the gradient is ``(y - t) / N``.

    Shapes: logits ``x`` are ``(N, C)`` (or ``(C,)``, or any leading axes); labels ``t`` are
    class numbers ``(N,)``, or one-hot rows or probabilities ``(N, C)``. In the gradient ``y``
    is the softmax of ``x`` and ``t`` has one row per sample.
    """

    symbol = "softmax loss"
    formula = "-np.sum(t * np.log(y)) / N"
    gradients = {"x": "dz * (y - t) / N", "t": None}
    floating = True
    examples = (
        Example((np.log([0.3, 0.2, 0.5]), [0.0, 1.0, 0.0]), -np.log(0.2),
                gradients=([0.3, -0.8, 0.5], None)),
        Example((np.log([[0.3, 0.2, 0.5], [0.25, 0.25, 0.5]]), [1, 2]), np.log(10) / 2, dout=2.0,
                gradients=([[0.3, -0.8, 0.5], [0.25, 0.25, -0.5]], None)),
    )  # fmt: skip
    samples = (
        Sample((Draw((3, 4)), np.array([2, 0, 3]))),
        Sample((Draw((3, 4)), np.eye(4)[[1, 1, 0]])),
        Sample((Draw((2, 3)), np.array([[0.2, 0.5, 0.3], [0.0, 0.9, 0.1]]))),
        Sample((Draw((4,)), np.array(2))),
        Sample((Draw((2, 3, 4)), np.array([[0, 1, 2], [3, 0, 1]]))),
    )
    refusals = (
        Refusal((np.zeros((3, 4)), np.array([0, 1])), ("x", "t", "(3, 4)", "(2,)")),
        Refusal((np.zeros((3, 4)), np.array([[0], [1], [2]])), ("x", "t", "(3, 4)", "(3, 1)")),
        Refusal((np.zeros((3, 4)), np.array([0, 4, 1])), ("t", "4", "0 … 3")),
        Refusal((np.zeros((3, 4)), np.array([0, -1, 1])), ("t", "-1", "0 … 3")),
        Refusal((np.zeros((3, 4)), np.array([0.0, 1.0, 1.0])), ("t", "float64")),
        Refusal((np.zeros((2, 2)), np.array([[0.5, 0.5], [0.5, 0.6]])), ("t", "row 1", "1.1")),
        Refusal((np.zeros((1, 2)), np.array([[-0.5, 1.5]])), ("t", "-0.5")),
        Refusal((np.zeros((0, 4)), np.zeros((0, 4))), ("x", "(0, 4)")),
        Refusal((np.zeros(()), np.array(0)), ("x", "()")),
    )

    def forward(self, x: Any, t: Any) -> Any:
        self.N = prod(np.shape(x)[:-1])
        classes = np.arange(np.shape(x)[-1])
        self.t = t if np.ndim(t) == np.ndim(x) else np.expand_dims(t, -1) == classes
        shifted = x - np.max(x, axis=-1, keepdims=True)
        log_y = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
        self.y = np.exp(log_y)
        # 0 · log 0 is 0 here: a class without probability adds nothing.
        return -np.sum(np.where(self.t, self.t * log_y, 0)) / self.N

    def backward(self, dz: Any) -> Any:
        return dz * (self.y - self.t) / self.N, None

    def refuse(self, x: Any, t: Any) -> None:
        # Asked at every step, so the usual case comes first.
        if x.ndim and x.size and t.shape == x.shape[:-1] and _are_class_numbers(t, x.shape[-1]):
            return
        given = f"softmax_cross_entropy: x has shape {x.shape} and t has shape {t.shape}"
        if x.ndim == 0 or x.size == 0:
            raise ShapeError(f"{given}; x must hold at least one row of logits.")
        if t.shape == x.shape:
            _refuse_rows(t)
        elif t.shape == x.shape[:-1]:
            _refuse_class_numbers(t, x.shape[-1])
        else:
            raise ShapeError(
                f"{given}; t must be class numbers of shape {x.shape[:-1]}, or one-hot rows or "
                f"probabilities of shape {x.shape}."
            )


class SumSquares(Op):
    """Half the sum of squared errors, ``½ Σ (y − t)²``: the gradient is the error itself."""

    symbol = "½Σ(y−t)²"
    formula = "0.5 * np.sum((y - t) ** 2)"
    gradients = {"y": "dz * (y - t)", "t": "-dz * (y - t)"}
    floating = True
    examples = (
        Example(([1.0, 2.0, 3.0], [1.0, 0.0, 6.0]), 6.5, dout=2.0,
                gradients=([0.0, 4.0, -6.0], [0.0, -4.0, 6.0])),
    )  # fmt: skip
    samples = PAIRS
    refusals = UNEQUAL

    def forward(self, y: Any, t: Any) -> Any:
        self.error = y - t
        return 0.5 * np.sum(self.error**2)

    def backward(self, dz: Any) -> Any:
        slope = dz * self.error
        return slope, -slope

    def refuse(self, y: Any, t: Any) -> None:
        _refuse_unequal(self, y, t)


class MeanSquaredError(Op):
    """The squared error, averaged over all ``n`` elements."""

    symbol = "mean (y−t)²"
    formula = "np.mean((y - t) ** 2)"
    gradients = {"y": "dz * 2 * (y - t) / n", "t": "-dz * 2 * (y - t) / n"}
    floating = True
    examples = (
        Example(([1.0, 2.0], [1.0, 0.0]), 2.0, dout=3.0, gradients=([0.0, 6.0], [0.0, -6.0])),
    )
    samples = PAIRS
    refusals = UNEQUAL

    def forward(self, y: Any, t: Any) -> Any:
        self.error = y - t
        self.n = prod(np.shape(self.error))
        return np.sum(self.error**2) / self.n

    def backward(self, dz: Any) -> Any:
        slope = dz * 2 * self.error / self.n
        return slope, -slope

    def refuse(self, y: Any, t: Any) -> None:
        _refuse_unequal(self, y, t)


class MeanAbsoluteError(Op):
    """The absolute error, averaged over all ``n`` elements; the gradient at the kink 0 is 0."""

    symbol = "mean |y−t|"
    formula = "np.mean(np.abs(y - t))"
    gradients = {"y": "dz * np.sign(y - t) / n", "t": "-dz * np.sign(y - t) / n"}
    floating = True
    examples = (
        Example(([1.0, 2.0], [1.0, 0.0]), 1.0, dout=3.0, gradients=([0.0, 1.5], [0.0, -1.5])),
    )
    samples = PAIRS
    refusals = UNEQUAL
    smooth = False

    def forward(self, y: Any, t: Any) -> Any:
        self.error = y - t
        self.n = prod(np.shape(self.error))
        return np.sum(np.abs(self.error)) / self.n

    def backward(self, dz: Any) -> Any:
        slope = dz * np.sign(self.error) / self.n
        return slope, -slope

    def refuse(self, y: Any, t: Any) -> None:
        _refuse_unequal(self, y, t)


class Huber(Op):
    """Half the squared error up to ``delta``, straight beyond it; averaged over all ``n`` elements.

    References
    ----------
    P. J. Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics
    35 (1964), section 1.
    """

    symbol = "Huber"
    formula = (
        "np.mean(np.where(abs(y - t) <= delta, (y - t)**2 / 2, delta * (abs(y - t) - delta / 2)))"
    )
    gradients = {
        "y": "dz * np.clip(y - t, -delta, delta) / n",
        "t": "-dz * np.clip(y - t, -delta, delta) / n",
    }
    floating = True
    examples = (
        Example(([0.5, 3.0], [0.0, 0.0]), 1.3125, dout=2.0, gradients=([0.5, 1.0], [-0.5, -1.0])),
        Example(([2.0], [0.0]), [2.0][0], gradients=([2.0], [-2.0]), options={"delta": 2.0}),
    )
    samples = (
        Sample((Draw((3, 4)), Draw((3, 4)))),
        Sample((Draw((3, 4)), Draw((3, 4))), {"delta": 0.7}),
    )
    refusals = (
        *UNEQUAL,
        Refusal((np.zeros(2), np.zeros(2)), ("delta", "0"), {"delta": 0.0}),
    )
    smooth = False

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def forward(self, y: Any, t: Any) -> Any:
        self.error = y - t
        self.n = prod(np.shape(self.error))
        # The part of the error within delta, times what is left of it after half of that part.
        self.within = np.clip(self.error, -self.delta, self.delta)
        return np.sum(self.within * (self.error - self.within / 2)) / self.n

    def backward(self, dz: Any) -> Any:
        slope = dz * self.within / self.n
        return slope, -slope

    def refuse(self, y: Any, t: Any) -> None:
        _refuse_unequal(self, y, t)
        if not self.delta > 0:
            raise ValueRefusedError(f"huber: delta is {self.delta}, but must be above 0.")


class BinaryCrossEntropy(Op):
    """Cross entropy of a sigmoid, from its logits ``x``; averaged over all ``n`` elements.

    Targets ``t`` are probabilities of the shape of ``x``.
    """

    symbol = "σ loss"
    formula = "np.mean(np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x))))"
    gradients = {"x": "dz * (1 / (1 + np.exp(-x)) - t) / n", "t": None}
    floating = True
    examples = (
        Example(
            ([0.0, np.log(3)], [1.0, 0.0]), np.log(8) / 2, dout=4.0, gradients=([-1.0, 1.5], None)
        ),
        Example(([1e4, -1e4], [1.0, 0.0]), 0.0, gradients=([0.0, 0.0], None)),
    )
    samples = (
        Sample((Draw((3, 2)), np.array([[0.0, 1.0], [0.3, 1.0], [0.5, 0.0]]))),
        Sample((Draw(()), np.array(1.0))),
    )
    refusals = (
        Refusal((np.zeros((3, 1)), np.zeros(3)), ("x", "t", "(3, 1)", "(3,)")),
        Refusal((np.zeros(2), np.array([0.5, 2.0])), ("t", "2.0", "0 … 1")),
        Refusal((np.zeros((0, 1)), np.zeros((0, 1))), ("x", "(0, 1)")),
    )

    def forward(self, x: Any, t: Any) -> Any:
        self.x, self.t = x, t
        self.n = prod(np.shape(x))
        losses = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
        return np.sum(losses) / self.n

    def backward(self, dz: Any) -> Any:
        return dz * (Sigmoid()(self.x) - self.t) / self.n, None

    def refuse(self, x: Any, t: Any) -> None:
        _refuse_unequal(self, x, t)
        outside = t[~((t >= 0) & (t <= 1))]
        if outside.size:
            raise ValueRefusedError(
                f"binary_cross_entropy: t holds {outside[0]}, but targets are probabilities, 0 … 1."
            )


def _refuse_unequal(op: Op, prediction: Any, target: Any) -> None:
    name, _ = op.input_names(2)
    given = f"{op.name}: {name} has shape {prediction.shape} and t has shape {target.shape}"
    if prediction.shape != target.shape:
        same_size = " t.reshape(y.shape) would fit." if prediction.size == target.size else ""
        raise ShapeError(
            f"{given}; they must be equal, or NumPy would pair every prediction with every target."
            f"{same_size.replace('y.', f'{name}.')}"
        )
    if prediction.size == 0:
        raise ShapeError(f"{given}; there is nothing to average over.")


def _refuse_rows(t: Any) -> None:
    if (t < 0).any():
        raise ValueRefusedError(
            f"softmax_cross_entropy: t has shape {t.shape}, so its rows are probabilities, but it "
            f"holds {t[t < 0][0]}."
        )
    sums = np.sum(t, axis=-1).reshape(-1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) <= 1e-3))
    if wrong.size:
        raise ValueRefusedError(
            f"softmax_cross_entropy: t has shape {t.shape}, so its rows are probabilities, but "
            f"row {wrong[0]} sums to {sums[wrong[0]]:.6g} instead of 1."
        )


def _are_class_numbers(t: Any, classes: int) -> bool:
    if t.dtype.kind not in "iu":
        return False
    # Read as unsigned, negative numbers are the largest of all, and one pass finds both ends.
    unsigned = t.view(_UNSIGNED[t.dtype.itemsize])
    return bool(np.maximum.reduce(unsigned, axis=None) < classes)


def _refuse_class_numbers(t: Any, classes: int) -> None:
    if t.dtype.kind not in "iu":
        raise TypeRefusedError(
            f"softmax_cross_entropy: t has shape {t.shape} and dtype {t.dtype}, but class numbers "
            "are integers; use t.astype(int), or give one row of probabilities per sample."
        )
    outside = t[(t < 0) | (t >= classes)]
    if outside.size:
        raise ValueRefusedError(
            f"softmax_cross_entropy: t holds the class {outside[0]}, but x has {classes} columns, "
            f"so classes are 0 … {classes - 1}."
        )


def softmax_cross_entropy(logits: TensorLike, labels: TensorLike) -> Tensor:
    """Return the cross entropy of the softmax of ``logits``, averaged over the batch.

    See :class:`~backlit.ops.SoftmaxCrossEntropy`.

    Parameters
    ----------
    logits
        ``(N, C)``, or ``(C,)`` for one sample, or any leading axes.
    labels
        Class numbers ``(N,)``, or one-hot rows or probabilities ``(N, C)``.

    Returns
    -------
    Tensor
        One number, in nats.

    Raises
    ------
    ShapeError
        If the labels have neither shape.
    ValueRefusedError
        If a class number has no column, or a row of probabilities does not sum to 1.
    TypeRefusedError
        If class numbers are not integers.

    Examples
    --------
    >>> import backlit as bl
    >>> logits = bl.tensor([[1e4, 0.0], [0.0, 0.0]])
    >>> loss = bl.softmax_cross_entropy(logits, [0, 1])
    >>> loss.backward()
    >>> logits.grad
    array([[ 0.  ,  0.  ],
           [ 0.25, -0.25]])
    """
    return record(SoftmaxCrossEntropy(), logits, labels)


def sum_squares(y: TensorLike, t: TensorLike) -> Tensor:
    """Return half the sum of squared errors, ``½ Σ (y − t)²``.

    See :class:`~backlit.ops.SumSquares`.

    Raises
    ------
    ShapeError
        If ``y`` and ``t`` differ in shape.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.sum_squares(bl.tensor([1.0, 2.0]), [0.0, 0.0])
    tensor(2.5, op='sum_squares')
    """
    return record(SumSquares(), y, t)


def mean_squared_error(y: TensorLike, t: TensorLike) -> Tensor:
    """Return the mean of ``(y − t)²`` over all elements.

    See :class:`~backlit.ops.MeanSquaredError`.

    Raises
    ------
    ShapeError
        If ``y`` and ``t`` differ in shape.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.mean_squared_error(bl.tensor([1.0, 3.0]), [0.0, 0.0])
    tensor(5.0, op='mean_squared_error')
    """
    return record(MeanSquaredError(), y, t)


def mean_absolute_error(y: TensorLike, t: TensorLike) -> Tensor:
    """Return the mean of ``|y − t|`` over all elements.

    See :class:`~backlit.ops.MeanAbsoluteError`.

    Raises
    ------
    ShapeError
        If ``y`` and ``t`` differ in shape.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.mean_absolute_error(bl.tensor([1.0, -3.0]), [0.0, 0.0])
    tensor(2.0, op='mean_absolute_error')
    """
    return record(MeanAbsoluteError(), y, t)


def huber(y: TensorLike, t: TensorLike, delta: float = 1.0) -> Tensor:
    """Return the Huber loss: squared near 0, straight beyond ``delta``.

    See :class:`~backlit.ops.Huber`.

    Raises
    ------
    ShapeError
        If ``y`` and ``t`` differ in shape.
    ValueRefusedError
        If ``delta`` is not above 0.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.huber(bl.tensor([0.5, 3.0]), [0.0, 0.0])
    tensor(1.3125, op='huber')
    """
    return record(Huber(delta), y, t)


def binary_cross_entropy(logits: TensorLike, targets: TensorLike) -> Tensor:
    """Return the cross entropy of ``sigmoid(logits)``, averaged over all elements.

    See :class:`~backlit.ops.BinaryCrossEntropy`.

    Parameters
    ----------
    logits
        Any shape.
    targets
        Probabilities of the same shape.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueRefusedError
        If a target lies outside 0 … 1.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.binary_cross_entropy(bl.tensor([1e4, -1e4]), [1.0, 0.0])
    tensor(0.0, op='binary_cross_entropy')
    """
    return record(BinaryCrossEntropy(), logits, targets)
