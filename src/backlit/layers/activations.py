"""Activation functions as layers. Each is the function of its name, made into a part of a net."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from backlit.layers.layer import Layer
from backlit.ops import (
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.tensor import Tensor, TensorLike

__all__ = [
    "GELU",
    "Activation",
    "LeakyReLU",
    "LogSoftmax",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


class Activation(Layer):
    """A function of a tensor as a layer; a subclass says which, and holds its options."""

    function: ClassVar[Callable[..., Tensor]]
    """The function of :mod:`backlit.ops`."""
    options: ClassVar[tuple[str, ...]] = ()
    """The attributes that are passed to it by name."""

    def __call__(self, x: TensorLike) -> Tensor:
        """Apply the function to ``x``; the output has its shape."""
        options = {name: getattr(self, name) for name in self.options}
        return self.function(self.as_input(x), **options)


class ReLU(Activation):
    """The rectifier, ``max(x, 0)``, on any shape. See :func:`backlit.relu`.

    Examples
    --------
    >>> from backlit.layers import ReLU
    >>> ReLU().forward([-1.0, 2.0])
    array([0., 2.])
    """

    function = staticmethod(relu)


class LeakyReLU(Activation):
    """The rectifier with a small slope below 0, on any shape. See :func:`backlit.leaky_relu`.

    Parameters
    ----------
    slope
        The slope where ``x`` is negative.

    Examples
    --------
    >>> from backlit.layers import LeakyReLU
    >>> LeakyReLU(0.1).forward([-1.0, 2.0])
    array([-0.1,  2. ])
    """

    function = staticmethod(leaky_relu)
    options = ("slope",)

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = float(slope)


class Sigmoid(Activation):
    """The logistic function, ``1 / (1 + exp(-x))``, on any shape. See :func:`backlit.sigmoid`.

    Examples
    --------
    >>> from backlit.layers import Sigmoid
    >>> Sigmoid().forward([0.0, -1000.0])
    array([0.5, 0. ])
    """

    function = staticmethod(sigmoid)


class Tanh(Activation):
    """The hyperbolic tangent, on any shape. See :func:`backlit.tanh`.

    Examples
    --------
    >>> from backlit.layers import Tanh
    >>> Tanh().forward([0.0, 1000.0])
    array([0., 1.])
    """

    function = staticmethod(tanh)


class Softplus(Activation):
    """The smooth rectifier ``log(1 + exp(x))``, on any shape. See :func:`backlit.softplus`.

    Examples
    --------
    >>> from backlit.layers import Softplus
    >>> Softplus().forward([-1000.0, 1000.0])
    array([   0., 1000.])
    """

    function = staticmethod(softplus)


class GELU(Activation):
    """The Gaussian error linear unit, in its tanh form, on any shape. See :func:`backlit.gelu`.

    Examples
    --------
    >>> from backlit.layers import GELU
    >>> GELU().forward([-100.0, 0.0, 100.0])
    array([ -0.,   0., 100.])
    """

    function = staticmethod(gelu)


class SiLU(Activation):
    """``x · sigmoid(x)``, also called swish, on any shape. See :func:`backlit.silu`.

    Examples
    --------
    >>> from backlit.layers import SiLU
    >>> SiLU().forward([0.0, 100.0])
    array([  0., 100.])
    """

    function = staticmethod(silu)


class Softmax(Activation):
    """Positive numbers that sum to 1 along an axis. See :func:`backlit.softmax`.

    A net that is trained with ``softmax_cross_entropy`` ends without it: that loss takes the
    logits and is a softmax too.

    Parameters
    ----------
    axis
        The axis along which the outputs sum to 1.

    Raises
    ------
    ShapeError
        When called with an ``x`` that has no such axis.

    Examples
    --------
    >>> from backlit.layers import Softmax
    >>> Softmax().forward([1e4, 1e4, 0.0])
    array([0.5, 0.5, 0. ])
    """

    function = staticmethod(softmax)
    options = ("axis",)

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis


class LogSoftmax(Activation):
    """The logarithm of the softmax along an axis. See :func:`backlit.log_softmax`.

    Parameters
    ----------
    axis
        The axis along which the exponentials of the outputs sum to 1.

    Raises
    ------
    ShapeError
        When called with an ``x`` that has no such axis.

    Examples
    --------
    >>> from backlit.layers import LogSoftmax
    >>> LogSoftmax().forward([1e4, 0.0])
    array([     0., -10000.])
    """

    function = staticmethod(log_softmax)
    options = ("axis",)

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis
