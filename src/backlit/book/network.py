"""A chain of anybody's layers."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import BacklitError, TypeRefusedError, ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NeuralNetwork"]


class NeuralNetwork:
    """Layers one after another: each is whatever goes forwards and backwards.

    Parameters
    ----------
    layers
        Objects with ``forward(x)`` (or a call), ``backward(d)``, and ``update(lr)`` if they learn:
        classes of your own, the chapter's, this library's, mixed. Where ``update`` is missing,
        each array ``W`` with a ``dW`` beside it is updated by ``W -= lr * dW``.

    Raises
    ------
    TypeRefusedError
        If a layer can't go forwards, or a method's name looks misspelt; the message names both.

    Examples
    --------
    >>> from backlit.book import Affine, Relu
    >>> class Double:
    ...     def __call__(self, x):
    ...         return 2 * x
    ...
    ...     def backward(self, d):
    ...         return 2 * d
    >>> net = NeuralNetwork(Affine(np.eye(2), np.zeros(2)), Double(), Relu())
    >>> net(np.array([[1.0, -1.0]]))
    array([[2., 0.]])
    >>> net.backward(np.array([[1.0, 1.0]]))
    array([[2., 0.]])
    >>> net.update(lr=0.1)
    >>> net.layers[0].b
    array([-0.2,  0. ])
    """

    def __init__(self, *layers: Any) -> None:
        self.layers = list(layers)
        self._labels = [f"layer {i} = {type(layer).__name__}" for i, layer in enumerate(layers, 1)]
        for layer, label in zip(layers, self._labels, strict=True):
            if isinstance(layer, type):
                raise TypeRefusedError(
                    f"NeuralNetwork: {layer.__name__} is a class; pass an instance, "
                    f"{layer.__name__}(...)."
                )
            if not callable(getattr(layer, "forward", None)) and not callable(layer):
                raise _lacking(layer, label, "forward")
            for method in ("backward", "update"):
                if not hasattr(layer, method) and _misspelt(layer, method):
                    raise _lacking(layer, label, method)

    def __call__(self, x: Any) -> Any:
        """Return what the last layer makes of ``x``."""
        for layer, label in zip(self.layers, self._labels, strict=True):
            forward = layer.forward if hasattr(layer, "forward") else layer
            x = _within(label, "forward", forward, x)
        return x

    def forward(self, x: Any) -> Any:
        """Return what the last layer makes of ``x``."""
        return self(x)

    def backward(self, d: Any) -> Any:
        """Send the gradient of the output back, and return that of the input.

        Raises
        ------
        TypeRefusedError
            If a layer can't go backwards.
        ValueRefusedError
            If a layer returns nothing on the way.
        """
        for layer, label in zip(reversed(self.layers), reversed(self._labels), strict=True):
            if not hasattr(layer, "backward"):
                raise _lacking(layer, label, "backward")
            d = _within(label, "backward", layer.backward, d)
        return d

    def update(self, lr: float) -> None:
        """Take one step of gradient descent in every layer that learns."""
        for layer, label in zip(self.layers, self._labels, strict=True):
            if hasattr(layer, "update"):
                try:
                    layer.update(lr)
                except Exception as error:
                    _place(error, label, "update")
                    raise
            else:
                _descend(layer, lr)

    def __repr__(self) -> str:
        return f"NeuralNetwork({', '.join(type(layer).__name__ for layer in self.layers)})"


def _descend(layer: Any, lr: float) -> None:
    """Take a step for every array with a gradient beside it."""
    held = getattr(layer, "__dict__", {})
    for name, W in held.items():
        gradient = held.get(f"d{name}")
        if isinstance(W, np.ndarray) and gradient is not None:
            W -= lr * gradient  # noqa: PLW2901


def _within(label: str, method: str, run: Callable[[Any], Any], value: Any) -> Any:
    """Call a layer's method, and say in which layer what went wrong."""
    try:
        result = run(value)
    except Exception as error:
        _place(error, label, method)
        raise
    if result is None:
        raise ValueRefusedError(
            f"NeuralNetwork: {method} of {label} returned nothing; does it lack a return?"
        )
    return result


def _place(error: Exception, label: str, method: str) -> None:
    if isinstance(error, BacklitError):
        error.inside(f"{label}, {method}")
    else:
        error.add_note(f"In {method} of {label}, in a NeuralNetwork.")


def _misspelt(layer: Any, method: str) -> list[str]:
    names = [name for name in dir(layer) if not name.startswith("_")]
    return get_close_matches(method, names, n=1, cutoff=0.75)


def _lacking(layer: Any, label: str, method: str) -> TypeRefusedError:
    similar = _misspelt(layer, method)
    advice = f"rename {similar[0]}" if similar else f"write {type(layer).__name__}.{method}"
    wanted = "forward (or __call__)" if method == "forward" else method
    return TypeRefusedError(f"NeuralNetwork: {label} has no method {wanted}; {advice}.")
