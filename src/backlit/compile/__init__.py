"""The third reading's place: a whole train step as one program."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compile"]

_F = TypeVar("_F", bound="Callable[..., object]")


def compile(function: _F) -> _F:
    """Return ``function`` as it is: today every step runs eagerly.

    Code that passes its train step through here needs no change when steps are compiled.

    Parameters
    ----------
    function
        Takes arrays, runs forward, backward and update, and returns a tensor.

    Examples
    --------
    >>> import backlit as bl
    >>> step = bl.compile(lambda x: bl.tensor(2.0) * x)
    >>> step(3.0).item()
    6.0
    """
    return function
