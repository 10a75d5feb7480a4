"""What a page needs to know of an op to compute it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backlit import ops

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.op import Op
    from backlit.tensor import Tensor

__all__ = ["recipe"]

Options = dict[str, Any]

_MOST = 5000
"""An index that picks more elements would be a large part of the page."""


def recipe(call: Tensor) -> Options | None:
    """Return the options of ``call``'s op as the page's script takes them.

    ``None`` if the script has no such op (``web/js/ops``), or not with such options.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor([[1.0, 2.0]])
    >>> recipe(x.sum(axis=-1)), recipe(bl.leaky_relu(x, 0.1))
    ({'axes': [1]}, {'slope': 0.1})
    >>> recipe(bl.dropout(x, 0.5, np.random.default_rng(0)).op.inputs[1]) is None
    True
    """
    op = call.op
    make = _RECIPES.get(type(op))
    if make is None or op is None:
        return None
    options = make(op)
    plain = all(
        value is None or isinstance(value, (int, float, list)) for value in options.values()
    )
    return options if plain else None


def _none(op: Op) -> Options:  # noqa: ARG001
    return {}


def _own(op: Op) -> Options:
    """Return the options as they are, NumPy's numbers as Python's."""
    return {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in op.options().items()
    }


def _axes(op: Op) -> Options:
    axis, ndim = op.options()["axis"], op.inputs[0].ndim
    axes = range(ndim) if axis is None else normalize_axis_tuple(axis, ndim)
    more = {"ddof": op.options()["ddof"]} if "ddof" in op.options() else {}
    return {"axes": list(axes), **more}


def _along(op: Op) -> Options:
    (along,) = normalize_axis_tuple(
        op.options()["axis"], op.inputs[0].ndim + isinstance(op, ops.Stack)
    )
    return {"along": along}


def _picks(shape: tuple[int, ...], index: Any) -> Options:
    """Return which elements of an array of ``shape`` are picked, numbered in one row."""
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape)[index]
    return {"picks": places.ravel().tolist() if places.size <= _MOST else None}


def _transpose(op: Op) -> Options:
    axes, ndim = op.options()["axes"], op.inputs[0].ndim
    return {"axes": list(range(ndim)[::-1] if axes is None else (axis % ndim for axis in axes))}


def _index(op: Op) -> Options:
    return _picks(op.inputs[0].shape, op.options()["index"])


def _scatter(op: Op) -> Options:
    return _picks(op.options()["shape"], op.options()["index"])


_RECIPES: dict[type[Any], Callable[[Any], Options]] = {
    **dict.fromkeys(
        (
            ops.Add, ops.Subtract, ops.Multiply, ops.Divide, ops.Negative, ops.GeneralPower,
            ops.Exp, ops.Log, ops.Log1p, ops.Sqrt, ops.Absolute, ops.Sin, ops.Cos,
            ops.Relu, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.Gelu, ops.Silu,
            ops.Maximum, ops.Minimum, ops.Where, ops.Matmul, ops.Affine,
            ops.Reshape, ops.Squeeze, ops.ExpandDims, ops.BroadcastTo, ops.Astype,
            ops.SoftmaxCrossEntropy, ops.SumSquares, ops.MeanSquaredError, ops.MeanAbsoluteError,
            ops.BinaryCrossEntropy,
        ),
        _none,
    ),
    **dict.fromkeys((ops.Power, ops.LeakyRelu, ops.Clip, ops.Huber), _own),
    **dict.fromkeys(
        (ops.Sum, ops.Mean, ops.Var, ops.Max, ops.Min, ops.Softmax, ops.LogSoftmax), _axes
    ),
    **dict.fromkeys((ops.Concatenate, ops.Stack), _along),
    ops.Transpose: _transpose,
    ops.Index: _index,
    ops.ScatterAdd: _scatter,
}  # fmt: skip
