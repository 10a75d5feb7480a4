"""Ops that select: the larger, the smaller, one or the other, what lies between."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlit.card import BINARY, MISMATCHED, UNARY, Draw, Example, Refusal, Sample
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, implements, record

__all__ = ["Clip", "Maximum", "Minimum", "Where", "clip", "maximum", "minimum", "where"]


class Maximum(Op):
    """The larger of two, elementwise; on a tie each gets half of the gradient."""

    symbol = "max"
    formula = "np.maximum(x, y)"
    elementwise = True
    gradients = {
        "x": "np.where(x > y, dz, np.where(x == y, dz / 2, 0))",
        "y": "np.where(y > x, dz, np.where(x == y, dz / 2, 0))",
    }
    examples = (
        Example(([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]), [3.0, 2.0, 3.0], dout=[4.0, 4.0, 4.0],
                gradients=([0.0, 2.0, 4.0], [4.0, 2.0, 0.0])),
    )  # fmt: skip
    samples = BINARY
    refusals = MISMATCHED
    smooth = False

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return np.maximum(x, y)

    def backward(self, dz: Any) -> Any:
        x, y = self.x, self.y
        shared = np.where(x == y, dz / 2, 0)
        return np.where(x > y, dz, shared), np.where(y > x, dz, shared)


class Minimum(Op):
    """The smaller of two, elementwise; on a tie each gets half of the gradient."""

    symbol = "min"
    formula = "np.minimum(x, y)"
    elementwise = True
    gradients = {
        "x": "np.where(x < y, dz, np.where(x == y, dz / 2, 0))",
        "y": "np.where(y < x, dz, np.where(x == y, dz / 2, 0))",
    }
    examples = (
        Example(([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]), [1.0, 2.0, 1.0], dout=[4.0, 4.0, 4.0],
                gradients=([4.0, 2.0, 0.0], [0.0, 2.0, 4.0])),
    )  # fmt: skip
    samples = BINARY
    refusals = MISMATCHED
    smooth = False

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return np.minimum(x, y)

    def backward(self, dz: Any) -> Any:
        x, y = self.x, self.y
        shared = np.where(x == y, dz / 2, 0)
        return np.where(x < y, dz, shared), np.where(y < x, dz, shared)


class Where(Op):
    """One of two, elementwise, by a condition that has no gradient."""

    symbol = "where"
    formula = "np.where(condition, x, y)"
    gradients = {
        "condition": None,
        "x": "np.where(condition, dz, 0)",
        "y": "np.where(condition, 0, dz)",
    }
    examples = (
        Example(([True, False], [1.0, 2.0], [3.0, 4.0]), [1.0, 4.0], dout=[5.0, 6.0],
                gradients=(None, [5.0, 0.0], [0.0, 6.0])),
    )  # fmt: skip
    samples = (
        Sample((np.array([[True, False, True]]), Draw((2, 3)), Draw((2, 3)))),
        Sample((np.array([True, False, True]), Draw((2, 1)), Draw(()))),
    )
    refusals = (
        Refusal((np.array([True, False]), np.zeros(3), np.zeros(3)),
                ("condition", "x", "(2,)", "(3,)")),
    )  # fmt: skip

    def forward(self, condition: Any, x: Any, y: Any) -> Any:
        self.condition = condition
        return np.where(condition, x, y)

    def backward(self, dz: Any) -> Any:
        return None, np.where(self.condition, dz, 0), np.where(self.condition, 0, dz)


class Clip(Op):
    """Limit to ``low`` … ``high``; the gradient is that of the identity within, limits included."""

    symbol = "clip"
    formula = "np.clip(x, low, high)"
    gradients = {"x": "np.where(z == x, dz, 0)"}
    examples = (
        Example(([-2.0, -1.0, 0.5, 3.0],), [-1.0, -1.0, 0.5, 1.0], dout=[2.0, 2.0, 2.0, 2.0],
                gradients=([0.0, 2.0, 2.0, 0.0],), options={"low": -1.0, "high": 1.0}),
    )  # fmt: skip
    samples = (
        *(Sample(sample.inputs, {"low": -0.5, "high": 1.0}) for sample in UNARY),
        Sample((Draw((3, 4)),), {"low": None, "high": 0.3}),
    )
    refusals = (Refusal((np.zeros(2),), ("low", "2.0", "high", "1.0"), {"low": 2.0, "high": 1.0}),)
    smooth = False

    def __init__(self, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high

    def forward(self, x: Any) -> Any:
        self.x = x
        self.z = np.clip(x, self.low, self.high)
        return self.z

    def backward(self, dz: Any) -> Any:
        return np.where(self.z == self.x, dz, 0)

    def refuse(self, x: Any) -> None:
        for name, limit in (("low", self.low), ("high", self.high)):
            if isinstance(limit, Tensor):
                raise TypeRefusedError(
                    f"clip: {name} is a tensor, but limits have no gradient here; pass numbers, or "
                    "use maximum and minimum, which differentiate both sides."
                )
        if (
            self.low is not None
            and self.high is not None
            and np.any(np.greater(self.low, self.high))
        ):
            raise ValueRefusedError(
                f"clip: low={self.low} lies above high={self.high}; swap the limits."
            )


@implements(np.maximum)
def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the larger of ``x`` and ``y``, elementwise. See :class:`~backlit.ops.Maximum`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.maximum(bl.tensor([1.0, 5.0]), 3.0)
    tensor([3., 5.], op='maximum')
    """
    return record(Maximum(), x, y)


@implements(np.minimum)
def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the smaller of ``x`` and ``y``, elementwise. See :class:`~backlit.ops.Minimum`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.minimum(bl.tensor([1.0, 5.0]), 3.0)
    tensor([1., 3.], op='minimum')
    """
    return record(Minimum(), x, y)


@implements(np.where)
def where(
    condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None
) -> Tensor:
    """Return ``x`` where ``condition`` holds and ``y`` elsewhere. See :class:`~backlit.ops.Where`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.where([True, False], bl.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.], op='where')
    """
    if x is None or y is None:
        raise TypeRefusedError(
            "where takes a condition and two values; for the places where x is not 0 use "
            "np.nonzero(x.numpy())."
        )
    return record(Where(), condition, x, y)


@implements(np.clip)
def clip(x: TensorLike, low: float | None = None, high: float | None = None) -> Tensor:
    """Limit ``x`` to ``low`` … ``high``; ``None`` leaves a side open.

    See :class:`~backlit.ops.Clip`.

    Raises
    ------
    ValueRefusedError
        If ``low`` lies above ``high``.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.clip(bl.tensor([-3.0, 0.5, 3.0]), -1.0, 1.0)
    tensor([-1. ,  0.5,  1. ], op='clip')
    """
    return record(Clip(low, high), x)
