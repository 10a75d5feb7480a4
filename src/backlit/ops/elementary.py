"""Elementary functions of one variable, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlit.card import UNARY, Draw, Example, Sample
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, implements, record

__all__ = [
    "Absolute",
    "Cos",
    "Exp",
    "Log",
    "Log1p",
    "Sin",
    "Sqrt",
    "absolute",
    "cos",
    "exp",
    "log",
    "log1p",
    "sin",
    "sqrt",
]

POSITIVE = tuple(Sample((Draw(sample.inputs[0].shape, signed=False),)) for sample in UNARY)


class Exp(Op):
    """The exponential, its own derivative."""

    symbol = "exp"
    formula = "np.exp(x)"
    elementwise = True
    gradients = {"x": "dz * z"}
    floating = True
    examples = (Example(([0.0, 1.0],), [1.0, np.e], dout=[2.0, 1.0], gradients=([2.0, np.e],)),)
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.z = np.exp(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        return dz * self.z


class Log(Op):
    """The natural logarithm; ``-inf`` at 0 and ``nan`` below."""

    symbol = "log"
    formula = "np.log(x)"
    elementwise = True
    gradients = {"x": "dz / x"}
    floating = True
    examples = (
        Example(([1.0, 0.5],), [0.0, -np.log(2)], dout=[3.0, 1.0], gradients=([3.0, 2.0],)),
    )
    samples = POSITIVE

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.log(x)

    def backward(self, dz: Any) -> Any:
        return dz / self.x


class Log1p(Op):
    """``log(1 + x)``, accurate for a small ``x``."""

    symbol = "log1p"
    formula = "np.log1p(x)"
    elementwise = True
    gradients = {"x": "dz / (1 + x)"}
    floating = True
    examples = (Example(([0.0, 1.0],), [0.0, np.log(2)], dout=[3.0, 1.0], gradients=([3.0, 0.5],)),)
    samples = POSITIVE

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.log1p(x)

    def backward(self, dz: Any) -> Any:
        return dz / (1 + self.x)


class Sqrt(Op):
    """The square root; its slope at 0 is infinite."""

    symbol = "√"
    formula = "np.sqrt(x)"
    elementwise = True
    gradients = {"x": "dz / (2 * z)"}
    floating = True
    examples = (Example(([4.0, 0.25],), [2.0, 0.5], dout=[1.0, 3.0], gradients=([0.25, 3.0],)),)
    samples = POSITIVE

    def forward(self, x: Any) -> Any:
        self.z = np.sqrt(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        return dz / (2 * self.z)


class Absolute(Op):
    """The absolute value; the gradient at the kink 0 is 0."""

    symbol = "|x|"
    formula = "np.abs(x)"
    elementwise = True
    gradients = {"x": "dz * np.sign(x)"}
    floating = True
    examples = (
        Example(([-2.0, 0.0, 3.0],), [2.0, 0.0, 3.0], dout=[5.0, 5.0, 5.0],
                gradients=([-5.0, 0.0, 5.0],)),
    )  # fmt: skip
    samples = UNARY
    smooth = False

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.abs(x)

    def backward(self, dz: Any) -> Any:
        return dz * np.sign(self.x)


class Sin(Op):
    """The sine of an angle in radians."""

    symbol = "sin"
    formula = "np.sin(x)"
    elementwise = True
    gradients = {"x": "dz * np.cos(x)"}
    floating = True
    examples = (Example(([0.0, np.pi / 2],), [0.0, 1.0], dout=[2.0, 2.0], gradients=([2.0, 0.0],)),)
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.sin(x)

    def backward(self, dz: Any) -> Any:
        return dz * np.cos(self.x)


class Cos(Op):
    """The cosine of an angle in radians."""

    symbol = "cos"
    formula = "np.cos(x)"
    elementwise = True
    gradients = {"x": "-dz * np.sin(x)"}
    floating = True
    examples = (
        Example(([0.0, np.pi / 2],), [1.0, 0.0], dout=[2.0, 2.0], gradients=([0.0, -2.0],)),
    )
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.cos(x)

    def backward(self, dz: Any) -> Any:
        return -dz * np.sin(self.x)


@implements(np.exp)
def exp(x: TensorLike) -> Tensor:
    """Return e to the power of ``x``; ``inf`` where that overflows. See :class:`~backlit.ops.Exp`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.exp(bl.tensor([0.0, 1.0]))
    tensor([1.        , 2.71828183], op='exp')
    """
    return record(Exp(), x)


@implements(np.log)
def log(x: TensorLike) -> Tensor:
    """Return the natural logarithm of ``x``. See :class:`~backlit.ops.Log`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.log(bl.tensor([1.0, 0.0]))
    tensor([  0., -inf], op='log')
    """
    return record(Log(), x)


@implements(np.log1p)
def log1p(x: TensorLike) -> Tensor:
    """Return ``log(1 + x)``, accurate for a small ``x``. See :class:`~backlit.ops.Log1p`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.log1p(bl.tensor(1e-20))
    tensor(1e-20, op='log1p')
    """
    return record(Log1p(), x)


@implements(np.sqrt)
def sqrt(x: TensorLike) -> Tensor:
    """Return the square root of ``x``. See :class:`~backlit.ops.Sqrt`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.sqrt(bl.tensor([4.0, 9.0]))
    tensor([2., 3.], op='sqrt')
    """
    return record(Sqrt(), x)


@implements(np.absolute)
def absolute(x: TensorLike) -> Tensor:
    """Return ``|x|``. See :class:`~backlit.ops.Absolute`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.absolute(bl.tensor([-1.0, 2.0]))
    tensor([1., 2.], op='absolute')
    """
    return record(Absolute(), x)


@implements(np.sin)
def sin(x: TensorLike) -> Tensor:
    """Return the sine of ``x`` radians. See :class:`~backlit.ops.Sin`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.sin(bl.tensor(0.0))
    tensor(0.0, op='sin')
    """
    return record(Sin(), x)


@implements(np.cos)
def cos(x: TensorLike) -> Tensor:
    """Return the cosine of ``x`` radians. See :class:`~backlit.ops.Cos`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.cos(bl.tensor(0.0))
    tensor(1.0, op='cos')
    """
    return record(Cos(), x)
