"""Whose an object is, told by its type's name, and another library's names when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Lazy", "is_module", "library"]

_ROOTS = {"torch": "torch", "jax": "jax", "jaxlib": "jax"}


def library(x: Any) -> str:
    """Return ``"torch"`` or ``"jax"`` for what is theirs or derived from it, else ``""``.

    Examples
    --------
    >>> library([1.0, 2.0]), library(print), library(int)
    ('', '', '')
    """
    kind = x if isinstance(x, type) else type(x)
    for base in kind.__mro__:
        root = str(base.__module__).partition(".")[0]
        if root in _ROOTS:
            return _ROOTS[root]
    return ""


def is_module(x: Any) -> bool:
    """Tell whether something is a ``torch.nn.Module``, or a class of them."""
    return _derives(x, "torch.nn.modules.module", "Module")


def is_function(x: Any) -> bool:
    """Tell whether something is a subclass of ``torch.autograd.Function``."""
    return isinstance(x, type) and _derives(x, "torch.autograd.function", "Function")


def _derives(x: Any, module: str, name: str) -> bool:
    kind = x if isinstance(x, type) else type(x)
    return any(base.__module__ == module and base.__name__ == name for base in kind.__mro__)


class Lazy:
    """A library that is imported when the first of its names is used.

    Parameters
    ----------
    name
        What to import.

    Examples
    --------
    >>> Lazy("math").floor(2.5)
    2
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by Python's own tools, of anything
            raise AttributeError(name)
        value = getattr(import_module(self._name), name)
        if callable(value):  # settings may change, names of functions and classes do not
            setattr(self, name, value)
        return value
