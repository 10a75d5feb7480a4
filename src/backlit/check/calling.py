"""How a user's backward wants to be called."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from backlit.check.values import is_numbers

__all__ = ["backward_arguments", "only_dout", "takes_all"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def backward_arguments(
    backward: Any, dout: Any, arguments: list[Any], y: Any, cache: Any
) -> tuple[Any, ...]:
    """Choose what backward is called with, by what it takes.

    Examples
    --------
    >>> backward_arguments(lambda dout, cache: None, 1.0, [2.0], 3.0, "cache")
    (1.0, 'cache')
    >>> backward_arguments(lambda dout, x: None, 1.0, [2.0], 3.0, None)
    (1.0, 2.0)
    """
    ways: list[tuple[Any, ...]] = []
    if cache is not None:
        ways += [(dout, cache)]
        if isinstance(cache, tuple):
            ways += [(dout, *cache)]
    ways += [(dout,), (dout, *arguments), (dout, y, *arguments), (dout, y), ()]
    try:
        signature = inspect.signature(backward)
    except (TypeError, ValueError):
        return ways[0]
    for way in ways:
        try:
            signature.bind(*way)
        except TypeError:
            continue
        return way
    return (dout,)


def takes_all(backward: Any, outputs: tuple[Any, ...]) -> bool:
    """Tell whether backward takes a gradient for each of several outputs, and no cache."""
    if not all(is_numbers(y) for y in outputs):
        return False
    try:
        parameters = inspect.signature(backward).parameters.values()
    except (TypeError, ValueError):
        return False
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return True
    names = [p.name for p in parameters if p.kind in _POSITIONAL]
    return len(names) >= len(outputs) and all(
        name.startswith(("d", "g")) for name in names[: len(outputs)]
    )


def only_dout(backward: Any, received: Any) -> float | None:
    """Tell whether backward is a loss's, which is called with 1 or with nothing.

    Parameters
    ----------
    backward
        The method.
    received
        What it was called with in its net; ``None`` if that is not known.

    Returns
    -------
    float or None
        1, or ``None`` for a backward that has to bear any ``dout``.
    """
    try:
        parameters = list(inspect.signature(backward).parameters.values())
    except (TypeError, ValueError):
        return None
    if not parameters:
        return 1.0
    if received is not None:
        value = np.asarray(received)
        return 1.0 if value.size == 1 and is_numbers(value) and value.item() == 1 else None
    default = parameters[0].default
    if default is inspect.Parameter.empty:
        return None
    return 1.0 if default is None or isinstance(default, (int, float, np.ndarray)) else None
