"""Reductions over one axis, several, or all."""

from __future__ import annotations

from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backlit.card import Draw, Example, Refusal, Sample
from backlit.errors import ValueRefusedError
from backlit.op import Op
from backlit.ops.elementary import Sqrt
from backlit.tensor import Tensor, TensorLike, implements, record

__all__ = ["Max", "Mean", "Min", "Sum", "Var", "max", "mean", "min", "std", "sum", "var"]

Axis: TypeAlias = int | tuple[int, ...] | None

SAMPLES = (
    Sample((Draw((2, 3, 4)),)),
    Sample((Draw((2, 3, 4)),), {"axis": 1}),
    Sample((Draw((2, 3, 4)),), {"axis": (0, -1), "keepdims": True}),
    Sample((Draw((2, 3)),), {"axis": (), "keepdims": False}),
    Sample((Draw(()),)),
)
REFUSALS = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "axis=2"), {"axis": 2}),)
EMPTY = Refusal((np.zeros((0, 3)),), ("x", "(0, 3)"), {"axis": 0})


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """Return ``shape`` with the reduced axes of length 1, as ``keepdims`` leaves them.

    Examples
    --------
    >>> kept_shape((2, 3, 4), axis=-1)
    (2, 3, 1)
    """
    reduced = range(len(shape)) if axis is None else normalize_axis_tuple(axis, len(shape))
    return tuple(1 if i in reduced else size for i, size in enumerate(shape))


class Sum(Op):
    """The sum: every summand gets the gradient as it is."""

    symbol = "Σ"
    formula = "np.sum(x, axis=axis, keepdims=keepdims)"
    gradients = {"x": "np.broadcast_to(np.reshape(dz, kept), x.shape)"}
    examples = (
        Example(([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],), [5.0, 7.0, 9.0], dout=[1.0, 2.0, 3.0],
                gradients=([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]],), options={"axis": 0}),
        Example(([1.0, 2.0],), 3.0, dout=2.0, gradients=([2.0, 2.0],)),
    )  # fmt: skip
    samples = (*SAMPLES, Sample((Draw((0, 3)),), {"axis": 0}))
    refusals = REFUSALS

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        self.shape = np.shape(x)
        self.kept = kept_shape(self.shape, self.axis)
        return np.sum(x, axis=self.axis, keepdims=self.keepdims)

    def backward(self, dz: Any) -> Any:
        return np.broadcast_to(np.reshape(dz, self.kept), self.shape)


class Mean(Op):
    """The average over ``n`` elements: each gets one ``n``-th of the gradient."""

    symbol = "mean"
    formula = "np.mean(x, axis=axis, keepdims=keepdims)"
    gradients = {"x": "np.broadcast_to(np.reshape(dz / n, kept), x.shape)"}
    examples = (
        Example(([[1.0, 2.0], [3.0, 6.0]],), [2.0, 4.0], dout=[1.0, 4.0],
                gradients=([[0.5, 2.0], [0.5, 2.0]],), options={"axis": 0}),
    )  # fmt: skip
    samples = SAMPLES
    refusals = REFUSALS

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        self.shape = np.shape(x)
        self.kept = kept_shape(self.shape, self.axis)
        self.n = _count(self.shape, self.kept)
        return np.sum(x, axis=self.axis, keepdims=self.keepdims) / self.n

    def backward(self, dz: Any) -> Any:
        return np.broadcast_to(np.reshape(dz / self.n, self.kept), self.shape)

    def refuse(self, x: Any) -> None:
        _refuse_empty(self, x, self.axis)


class Var(Op):
    """The variance: the mean squared distance from the mean, over ``n - ddof``."""

    symbol = "var"
    formula = "np.var(x, axis=axis, keepdims=keepdims, ddof=ddof)"
    gradients = {
        "x": "np.reshape(dz, kept) * 2 * (x - np.mean(x, axis=axis, keepdims=True)) / (n - ddof)"
    }
    examples = (
        Example(([1.0, 2.0, 6.0],), 14 / 3, dout=3.0, gradients=([-4.0, -2.0, 6.0],)),
        Example(([1.0, 2.0, 6.0],), 7.0, gradients=([-2.0, -1.0, 3.0],), options={"ddof": 1}),
    )
    samples = (*SAMPLES, Sample((Draw((2, 5)),), {"axis": 1, "ddof": 1}))
    refusals = (
        *REFUSALS,
        Refusal((np.zeros((2, 1)),), ("ddof=1", "(2, 1)"), {"axis": 1, "ddof": 1}),
    )

    def __init__(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> None:
        self.axis, self.keepdims, self.ddof = axis, keepdims, ddof

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        self.kept = kept_shape(shape, self.axis)
        self.n = _count(shape, self.kept)
        self.centred = x - np.mean(x, axis=self.axis, keepdims=True)
        squares = np.sum(self.centred**2, axis=self.axis, keepdims=self.keepdims)
        return squares / (self.n - self.ddof)

    def backward(self, dz: Any) -> Any:
        return np.reshape(dz, self.kept) * 2 * self.centred / (self.n - self.ddof)

    def refuse(self, x: Any) -> None:
        _refuse_empty(self, x, self.axis)
        shape = np.shape(x)
        count = _count(shape, kept_shape(shape, self.axis))
        if count <= self.ddof:
            raise ValueRefusedError(
                f"var: x has shape {shape}, which leaves {count} elements to average over axis "
                f"{self.axis}; ddof={self.ddof} needs more than {self.ddof}."
            )


class Max(Op):
    """The largest element; the elements that tie for it share the gradient evenly."""

    symbol = "max"
    formula = "np.max(x, axis=axis, keepdims=keepdims)"
    gradients = {
        "x": "np.reshape(dz, kept) * (x == np.reshape(z, kept))"
        " / np.sum(x == np.reshape(z, kept), axis=axis, keepdims=True)"
    }
    examples = (
        Example(([[1.0, 5.0], [2.0, 2.0]],), [5.0, 2.0], dout=[3.0, 4.0],
                gradients=([[0.0, 3.0], [2.0, 2.0]],), options={"axis": 1}),
    )  # fmt: skip
    samples = SAMPLES
    refusals = (*REFUSALS, EMPTY)
    smooth = False

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        self.x = x
        self.kept = kept_shape(np.shape(x), self.axis)
        self.z = np.max(x, axis=self.axis, keepdims=self.keepdims)
        return self.z

    def backward(self, dz: Any) -> Any:
        return _share(dz, self.x, self.z, self.kept, self.axis)


class Min(Op):
    """The smallest element; the elements that tie for it share the gradient evenly."""

    symbol = "min"
    formula = "np.min(x, axis=axis, keepdims=keepdims)"
    gradients = Max.gradients
    examples = (
        Example(([[1.0, 5.0], [2.0, 2.0]],), [1.0, 2.0], dout=[3.0, 4.0],
                gradients=([[3.0, 0.0], [2.0, 2.0]],), options={"axis": 1}),
    )  # fmt: skip
    samples = SAMPLES
    refusals = (*REFUSALS, EMPTY)
    smooth = False

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        self.x = x
        self.kept = kept_shape(np.shape(x), self.axis)
        self.z = np.min(x, axis=self.axis, keepdims=self.keepdims)
        return self.z

    def backward(self, dz: Any) -> Any:
        return _share(dz, self.x, self.z, self.kept, self.axis)


def _share(dz: Any, x: Any, z: Any, kept: tuple[int, ...], axis: Axis) -> Any:
    """Divide ``dz`` evenly among the elements of ``x`` that equal the extreme ``z``."""
    winners = np.where(x == np.reshape(z, kept), np.ones_like(x), 0)
    return np.reshape(dz, kept) * winners / np.sum(winners, axis=axis, keepdims=True)


def _count(shape: tuple[int, ...], kept: tuple[int, ...]) -> int:
    """Return how many elements each output is made of."""
    return prod(size for size, left in zip(shape, kept, strict=True) if left != size)


def _refuse_empty(op: Op, x: Any, axis: Axis) -> None:
    shape = np.shape(x)
    try:
        kept = kept_shape(shape, axis)
    except ValueError as error:
        raise op.explain(error, (x,)) from None
    if any(size == 0 and left == 1 for size, left in zip(shape, kept, strict=True)):
        raise ValueRefusedError(
            f"{op.name}: x has shape {shape}, so there is nothing to average over axis {axis}."
        )


@implements(np.sum)
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over ``axis``, or over everything. See :class:`~backlit.ops.Sum`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.sum(bl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    tensor([4., 6.], op='sum')
    """
    return record(Sum(axis, keepdims), x)


@implements(np.mean)
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average over ``axis``, or over everything. See :class:`~backlit.ops.Mean`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.mean(bl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    tensor([2., 3.], op='mean')
    """
    return record(Mean(axis, keepdims), x)


@implements(np.var)
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """Return the variance over ``axis``, or over everything. See :class:`~backlit.ops.Var`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.var(bl.tensor([1.0, 3.0]))
    tensor(1.0, op='var')
    """
    return record(Var(axis, keepdims, ddof), x)


@implements(np.std)
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """Return the standard deviation: the square root of :func:`var`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.std(bl.tensor([1.0, 5.0]))
    tensor(2.0, op='sqrt')
    """
    return record(Sqrt(), var(x, axis, keepdims, ddof))


@implements(np.max, np.amax)
def max(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the largest element along ``axis``, or of all. See :class:`~backlit.ops.Max`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.max(bl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([2., 4.], op='max')
    """
    return record(Max(axis, keepdims), x)


@implements(np.min, np.amin)
def min(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element along ``axis``, or of all. See :class:`~backlit.ops.Min`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.min(bl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([1., 3.], op='min')
    """
    return record(Min(axis, keepdims), x)
