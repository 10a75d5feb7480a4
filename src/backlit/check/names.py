"""What a function calls its arguments."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["argument_names", "takes"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return the names of ``count`` arguments, numbered where the function has none for them.

    Examples
    --------
    >>> argument_names(lambda x, *rest: x, 2)
    ['x', 'input 1']
    """
    numbered = [f"input {i}" for i in range(count)]
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return numbered
    names = [each.name for each in parameters if each.kind in _POSITIONAL][:count]
    return names + numbered[len(names) :]


def takes(f: Callable[..., Any], count: int) -> bool:
    """Tell whether a function can be called with ``count`` arguments, as far as can be known.

    Examples
    --------
    >>> takes(lambda x, t=None: x, 2), takes(lambda x: x, 2)
    (True, False)
    """
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
