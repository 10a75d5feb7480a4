"""Elementwise arithmetic, broadcasting as NumPy does."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from backlit.card import BINARY, MISMATCHED, UNARY, Draw, Example, Sample
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, implements, record

__all__ = [
    "Add",
    "Divide",
    "GeneralPower",
    "Multiply",
    "Negative",
    "Power",
    "Subtract",
    "add",
    "divide",
    "multiply",
    "negative",
    "power",
    "reciprocal",
    "square",
    "subtract",
]


class Add(Op):
    """Elementwise sum: passes the gradient on as it is."""

    symbol = "+"
    formula = "x + y"
    elementwise = True
    gradients = {"x": "dz", "y": "dz"}
    examples = (Example((10.0, 5.0), 15.0, dout=1.3, gradients=(1.3, 1.3)),)
    samples = BINARY
    refusals = MISMATCHED

    def forward(self, x: Any, y: Any) -> Any:
        return x + y

    def backward(self, dz: Any) -> Any:
        return dz, dz


class Subtract(Op):
    """Elementwise difference."""

    symbol = "−"
    formula = "x - y"
    elementwise = True
    gradients = {"x": "dz", "y": "-dz"}
    examples = (Example((10.0, 4.0), 6.0, dout=1.5, gradients=(1.5, -1.5)),)
    samples = BINARY
    refusals = MISMATCHED

    def forward(self, x: Any, y: Any) -> Any:
        return x - y

    def backward(self, dz: Any) -> Any:
        return dz, -dz


class Multiply(Op):
    """Elementwise product: each input's gradient is scaled by the other input."""

    symbol = "×"
    formula = "x * y"
    elementwise = True
    gradients = {"x": "dz * y", "y": "dz * x"}
    examples = (Example((5.0, 10.0), 50.0, dout=1.3, gradients=(13.0, 6.5)),)
    samples = BINARY
    refusals = MISMATCHED

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x * y

    def backward(self, dz: Any) -> Any:
        return dz * self.y, dz * self.x


class Divide(Op):
    """Elementwise quotient."""

    symbol = "/"
    formula = "x / y"
    elementwise = True
    gradients = {"x": "dz / y", "y": "-dz * z / y"}
    examples = (
        Example((1.0, 2.0), 0.5, gradients=(0.5, -0.25)),
        Example((6.0, 4.0), 1.5, dout=2.0, gradients=(0.5, -0.75)),
    )
    samples = BINARY
    refusals = MISMATCHED

    def forward(self, x: Any, y: Any) -> Any:
        self.y = y
        self.z = x / y
        return self.z

    def backward(self, dz: Any) -> Any:
        # z / y rather than x / y**2, which overflows for a large y.
        return dz / self.y, -dz * self.z / self.y


class Negative(Op):
    """Change of sign."""

    symbol = "×(−1)"
    formula = "-x"
    elementwise = True
    gradients = {"x": "-dz"}
    examples = (Example(([1.0, -2.0],), [-1.0, 2.0], dout=[3.0, 4.0], gradients=([-3.0, -4.0],)),)
    samples = UNARY

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, dz: Any) -> Any:
        return -dz


class Power(Op):
    """A power with a constant exponent."""

    symbol = "^n"
    formula = "x ** exponent"
    gradients = {"x": "dz * exponent * x ** (exponent - 1)"}
    examples = (
        Example((3.0,), 9.0, gradients=(6.0,), options={"exponent": 2}),
        Example(([1.0, -2.0],), [1.0, -8.0], dout=[1.0, 2.0], gradients=([3.0, 24.0],),
                options={"exponent": 3}),
        Example((4.0,), 2.0, gradients=(0.25,), options={"exponent": 0.5}),
    )  # fmt: skip
    samples = (
        *(Sample(sample.inputs, {"exponent": 3}) for sample in UNARY),
        Sample((Draw((3, 4)),), {"exponent": -2}),
        Sample((Draw((3, 4), signed=False),), {"exponent": 0.5}),
    )

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent

    def forward(self, x: Any) -> Any:
        self.x = x
        return x**self.exponent

    def backward(self, dz: Any) -> Any:
        # The slope of x**0 is 0 at x = 0 too, where x**(-1) would make it nan.
        slope = self.x ** (self.exponent - 1) if self.exponent else np.zeros_like(self.x)
        return dz * self.exponent * slope


class GeneralPower(Op):
    """A power whose exponent is a variable too.

    The gradient of the exponent is real only for ``x >= 0``; below it is ``nan``.
    """

    symbol = "^"
    formula = "x ** y"
    elementwise = True
    gradients = {
        "x": "dz * np.where(y == 0, 0, y * x ** np.where(y == 0, 1, y - 1))",
        "y": "dz * z * np.log(np.where(x == 0, 1, x))",
    }
    examples = (
        Example((1.0, 3.0), 1.0, dout=2.0, gradients=(6.0, 0.0)),
        Example((0.0, 2.0), 0.0, gradients=(0.0, 0.0)),
        Example((0.0, 0.0), 1.0, gradients=(0.0, 0.0)),
    )
    samples = tuple(
        Sample(tuple(Draw(x.shape, signed=False) for x in sample.inputs)) for sample in BINARY
    )
    refusals = MISMATCHED

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        self.z = x**y
        return self.z

    def backward(self, dz: Any) -> Any:
        x, y = self.x, self.y
        # x**0 is 1 for every x, so its slope is 0, not 0 · x**(-1).
        slope = np.where(y == 0, 0, y * x ** np.where(y == 0, 1, y - 1))
        # 0**y stays 0 when y moves, so its slope is 0, not 0 · log 0.
        return dz * slope, dz * self.z * np.log(np.where(x == 0, 1, x))


@implements(np.add)
def add(x: TensorLike, y: TensorLike) -> Tensor:
    """Return ``x + y``; shapes broadcast. See :class:`~backlit.ops.Add`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.add(bl.tensor([1.0, 2.0]), 3.0)
    tensor([4., 5.], op='add')
    """
    return record(Add(), x, y)


@implements(np.subtract)
def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """Return ``x - y``; shapes broadcast. See :class:`~backlit.ops.Subtract`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.subtract(bl.tensor([1.0, 2.0]), 3.0)
    tensor([-2., -1.], op='subtract')
    """
    return record(Subtract(), x, y)


@implements(np.multiply)
def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """Return ``x * y``; shapes broadcast. See :class:`~backlit.ops.Multiply`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.multiply(bl.tensor([1.0, 2.0]), 3.0)
    tensor([3., 6.], op='multiply')
    """
    return record(Multiply(), x, y)


@implements(np.divide)
def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Return ``x / y``; shapes broadcast. See :class:`~backlit.ops.Divide`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.divide(bl.tensor([1.0, 2.0]), 4.0)
    tensor([0.25, 0.5 ], op='divide')
    """
    return record(Divide(), x, y)


@implements(np.negative)
def negative(x: TensorLike) -> Tensor:
    """Return ``-x``. See :class:`~backlit.ops.Negative`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.negative(bl.tensor([1.0, -2.0]))
    tensor([-1.,  2.], op='negative')
    """
    return record(Negative(), x)


@implements(np.power)
def power(x: TensorLike, y: TensorLike) -> Tensor:
    """Return ``x ** y``; shapes broadcast.

    A number as the exponent makes a :class:`~backlit.ops.Power`, anything else a
    :class:`~backlit.ops.GeneralPower`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.power(bl.tensor([1.0, 2.0]), 3)
    tensor([1., 8.], op='power')
    """
    return record(Power(y), x) if isinstance(y, Real) else record(GeneralPower(), x, y)


@implements(np.square)
def square(x: TensorLike) -> Tensor:
    """Return ``x ** 2``.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.square(bl.tensor([1.0, -3.0]))
    tensor([1., 9.], op='power')
    """
    return record(Power(2), x)


@implements(np.reciprocal)
def reciprocal(x: TensorLike) -> Tensor:
    """Return ``1 / x``.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.reciprocal(bl.tensor([1.0, 4.0]))
    tensor([1.  , 0.25], op='divide')
    """
    return record(Divide(), 1, x)
