"""A function as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.errors import TypeRefusedError
from backlit.layers.layer import Layer
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Lambda"]


class Lambda(Layer):
    """A function from tensor to tensor as a layer without parameters.

    ``Sequential`` makes one of every plain function it is given.

    Parameters
    ----------
    function
        Takes a tensor and returns one.

    Raises
    ------
    TypeRefusedError
        If it is not a function; when called, if the function does not return a tensor.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.layers import Lambda
    >>> Lambda(bl.square)
    Lambda(square)
    >>> Lambda(lambda x: 2 * x + 1).forward([1.0, 2.0])
    array([3., 5.])
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        if isinstance(function, Op) or (isinstance(function, type) and issubclass(function, Op)):
            name = getattr(function, "__name__", type(function).__name__)
            raise TypeRefusedError(
                f"{name} is an op, and each of its instances is one call; pass a function that "
                f"makes a new one: lambda x: {name}(...)(x)."
            )
        if isinstance(function, type):
            raise TypeRefusedError(
                f"{function.__name__} is a class; pass what it makes: {function.__name__}(...)."
            )
        if not callable(function):
            raise TypeRefusedError(f"{function!r} is neither a layer nor a function of a tensor.")
        self.function = function

    def __call__(self, x: TensorLike) -> Tensor:
        """Apply the function to ``x``."""
        out = self.function(self.as_input(x))
        if not isinstance(out, Tensor):
            raise TypeRefusedError(
                f"{self!r}: the function returned {type(out).__name__}, but must return a Tensor; "
                "compute with backlit's functions."
            )
        return out

    @property
    def name(self) -> str:
        """The function's own name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def __repr__(self) -> str:
        return f"Lambda({self.name})"
