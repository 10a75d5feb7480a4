"""Activation functions, stable for every finite input."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from backlit.card import UNARY, Draw, Example, Refusal, Sample
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, implements, record

__all__ = [
    "Gelu",
    "LeakyRelu",
    "LogSoftmax",
    "Relu",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Tanh",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]

ALONG_AXIS = (
    Sample((Draw((3, 4)),)),
    Sample((Draw((4,)),)),
    Sample((Draw((2, 3, 4)),), {"axis": 1}),
    Sample((Draw((0, 4)),)),
)
NO_AXIS = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "axis=2"), {"axis": 2}),)


class Relu(Op):
    """The rectifier; the gradient at the kink 0 is 0."""

    symbol = "ReLU"
    formula = "np.maximum(x, 0)"
    elementwise = True
    gradients = {"x": "dz * (x > 0)"}
    floating = True
    examples = (
        Example(([[1.0, -0.5], [-2.0, 3.0]],), [[1.0, 0.0], [0.0, 3.0]],
                dout=[[1.0, 2.0], [3.0, 4.0]], gradients=([[1.0, 0.0], [0.0, 4.0]],)),
        Example((0.0,), 0.0, dout=5.0, gradients=(0.0,)),
    )  # fmt: skip
    samples = UNARY
    smooth = False

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dz: Any) -> Any:
        return dz * (self.x > 0)


class LeakyRelu(Op):
    """The rectifier with a small slope below 0, which is also the gradient at 0."""

    symbol = "leaky"
    formula = "np.where(x > 0, x, slope * x)"
    gradients = {"x": "np.where(x > 0, dz, slope * dz)"}
    floating = True
    examples = (
        Example(([-2.0, 0.0, 3.0],), [-0.2, 0.0, 3.0], dout=[1.0, 1.0, 1.0],
                gradients=([0.1, 0.1, 1.0],), options={"slope": 0.1}),
    )  # fmt: skip
    samples = UNARY
    smooth = False

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dz: Any) -> Any:
        return np.where(self.x > 0, dz, self.slope * dz)


class Sigmoid(Op):
    """The logistic function. An overflowing ``exp`` gives the limit, 0."""

    symbol = "σ"
    formula = "1 / (1 + np.exp(-x))"
    elementwise = True
    gradients = {"x": "dz * z * (1 - z)"}
    floating = True
    examples = (
        Example((0.0,), 0.5, dout=2.0, gradients=(0.5,)),
        Example((np.log(3),), 0.75, gradients=(0.1875,)),
    )
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.z = 1 / (1 + np.exp(-x))
        return self.z

    def backward(self, dz: Any) -> Any:
        return dz * self.z * (1 - self.z)


class Tanh(Op):
    """The hyperbolic tangent."""

    symbol = "tanh"
    formula = "np.tanh(x)"
    elementwise = True
    gradients = {"x": "dz * (1 - z * z)"}
    floating = True
    examples = (Example((np.log(2),), 0.6, dout=2.0, gradients=(1.28,)),)
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.z = np.tanh(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        # Without the number 1, which NumPy converts at each call: as dear as a small product.
        return dz - dz * (self.z * self.z)


class Softplus(Op):
    """``log(1 + exp(x))``, a smooth rectifier, in a form that does not overflow."""

    symbol = "softplus"
    formula = "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))"
    elementwise = True
    gradients = {"x": "dz / (1 + np.exp(-x))"}
    floating = True
    examples = (
        Example(([0.0, 1000.0],), [np.log(2), 1000.0], dout=[3.0, 3.0], gradients=([1.5, 3.0],)),
    )
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, dz: Any) -> Any:
        return dz * Sigmoid()(self.x)


class Gelu(Op):
    """The Gaussian error linear unit, in its tanh form.

    References
    ----------
    D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415, section 2.
    """

    symbol = "GELU"
    formula = "x / 2 * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))"
    elementwise = True
    gradients = {
        "x": "dz * ((1 + t) / 2 + x / 2 * (1 - t**2)"
        " * 0.7978845608028654 * (1 + 3 * 0.044715 * x**2))"
    }
    floating = True
    examples = (
        Example(([0.0, 100.0, -100.0],), [0.0, 100.0, 0.0], dout=[3.0, 3.0, 3.0],
                gradients=([1.5, 3.0, 0.0],)),
    )  # fmt: skip
    samples = UNARY

    def forward(self, x: Any) -> Any:
        # Beyond ±10 the tanh is ±1 to the last bit; there x**3 could overflow.
        self.x = x
        self.near = np.clip(x, -10, 10)
        self.t = np.tanh(sqrt(2 / pi) * (self.near + 0.044715 * self.near**3))
        return x / 2 * (1 + self.t)

    def backward(self, dz: Any) -> Any:
        slope = (1 - self.t**2) * sqrt(2 / pi) * (1 + 3 * 0.044715 * self.near**2)
        return dz * ((1 + self.t) / 2 + self.x / 2 * slope)


class Silu(Op):
    """``x · sigmoid(x)``, also called swish.

    References
    ----------
    S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-Weighted Linear Units", arXiv:1702.03118, section 2.
    """

    symbol = "SiLU"
    formula = "x / (1 + np.exp(-x))"
    elementwise = True
    gradients = {"x": "dz * s * (1 + x * (1 - s))"}
    floating = True
    examples = (
        Example(([0.0, 1000.0, -1000.0],), [0.0, 1000.0, 0.0], dout=[3.0, 3.0, 3.0],
                gradients=([1.5, 3.0, 0.0],)),
    )  # fmt: skip
    samples = UNARY

    def forward(self, x: Any) -> Any:
        self.x = x
        self.s = Sigmoid()(x)
        return x * self.s

    def backward(self, dz: Any) -> Any:
        return dz * self.s * (1 + self.x * (1 - self.s))


class Softmax(Op):
    """Positive numbers that sum to 1 along an axis; stable for any logits."""

    symbol = "softmax"
    formula = "np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)"
    gradients = {"x": "z * (dz - np.sum(dz * z, axis=axis, keepdims=True))"}
    floating = True
    examples = (
        Example(([0.0, np.log(3)],), [0.25, 0.75], dout=[4.0, 0.0], gradients=([0.75, -0.75],)),
    )
    samples = ALONG_AXIS
    refusals = NO_AXIS

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        powers = np.exp(x - np.max(x, axis=self.axis, keepdims=True))
        self.z = powers / np.sum(powers, axis=self.axis, keepdims=True)
        return self.z

    def backward(self, dz: Any) -> Any:
        return self.z * (dz - np.sum(dz * self.z, axis=self.axis, keepdims=True))


class LogSoftmax(Op):
    """The logarithm of the softmax, finite where the softmax underflows to 0."""

    symbol = "log softmax"
    formula = "x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))"
    gradients = {"x": "dz - np.exp(z) * np.sum(dz, axis=axis, keepdims=True)"}
    floating = True
    examples = (
        Example(([0.0, np.log(3)],), [np.log(0.25), np.log(0.75)], dout=[4.0, 0.0],
                gradients=([3.0, -3.0],)),
    )  # fmt: skip
    samples = ALONG_AXIS
    refusals = NO_AXIS

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        shifted = x - np.max(x, axis=self.axis, keepdims=True)
        self.z = shifted - np.log(np.sum(np.exp(shifted), axis=self.axis, keepdims=True))
        return self.z

    def backward(self, dz: Any) -> Any:
        return dz - np.exp(self.z) * np.sum(dz, axis=self.axis, keepdims=True)


def relu(x: TensorLike) -> Tensor:
    """Return ``max(x, 0)``. See :class:`~backlit.ops.Relu`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.relu(bl.tensor([-1.0, 2.0]))
    tensor([0., 2.], op='relu')
    """
    return record(Relu(), x)


def leaky_relu(x: TensorLike, slope: float = 0.01) -> Tensor:
    """Return ``x``, times ``slope`` where negative. See :class:`~backlit.ops.LeakyRelu`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.leaky_relu(bl.tensor([-1.0, 2.0]))
    tensor([-0.01,  2.  ], op='leaky_relu')
    """
    return record(LeakyRelu(slope), x)


def sigmoid(x: TensorLike) -> Tensor:
    """Return ``1 / (1 + exp(-x))``. See :class:`~backlit.ops.Sigmoid`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.sigmoid(bl.tensor([0.0, -1000.0]))
    tensor([0.5, 0. ], op='sigmoid')
    """
    return record(Sigmoid(), x)


@implements(np.tanh)
def tanh(x: TensorLike) -> Tensor:
    """Return the hyperbolic tangent of ``x``. See :class:`~backlit.ops.Tanh`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.tanh(bl.tensor([0.0, 1000.0]))
    tensor([0., 1.], op='tanh')
    """
    return record(Tanh(), x)


def softplus(x: TensorLike) -> Tensor:
    """Return ``log(1 + exp(x))``. See :class:`~backlit.ops.Softplus`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.softplus(bl.tensor([-1000.0, 1000.0]))
    tensor([   0., 1000.], op='softplus')
    """
    return record(Softplus(), x)


def gelu(x: TensorLike) -> Tensor:
    """Return the GELU of ``x``, in its tanh form. See :class:`~backlit.ops.Gelu`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.gelu(bl.tensor([-100.0, 0.0, 100.0]))
    tensor([ -0.,   0., 100.], op='gelu')
    """
    return record(Gelu(), x)


def silu(x: TensorLike) -> Tensor:
    """Return ``x · sigmoid(x)``. See :class:`~backlit.ops.Silu`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.silu(bl.tensor([0.0, 100.0]))
    tensor([  0., 100.], op='silu')
    """
    return record(Silu(), x)


def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Return ``exp(x)`` divided by its sum along ``axis``. See :class:`~backlit.ops.Softmax`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.softmax(bl.tensor([1e4, 1e4, 0.0]))
    tensor([0.5, 0.5, 0. ], op='softmax')
    """
    return record(Softmax(axis), x)


def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Return the logarithm of the softmax along ``axis``. See :class:`~backlit.ops.LogSoftmax`.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.log_softmax(bl.tensor([1e4, 0.0]))
    tensor([     0., -10000.], op='log_softmax')
    """
    return record(LogSoftmax(axis), x)
