"""Going through all that an object holds."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["attributes", "walk"]

_ENDS = (str, bytes, int, float, complex, bool, type(None), np.generic, type, ModuleType)


def walk(*roots: Any) -> Iterator[Any]:
    """Go through objects and all that they hold, each once, the roots first.

    Attributes, items of lists, tuples and dicts; of functions what they close over, what they are
    bound to, and the globals that they name. Not into modules and classes.
    """
    seen: set[int] = set()
    waiting = list(reversed(roots))
    while waiting:
        x = waiting.pop()
        if isinstance(x, _ENDS) or id(x) in seen:
            continue
        seen.add(id(x))
        yield x
        waiting.extend(reversed(list(_held_by(x))))


def _held_by(x: Any) -> Iterator[Any]:
    if isinstance(x, dict):
        yield from x.values()
    elif isinstance(x, (list, tuple, set, frozenset)):
        yield from x
    elif isinstance(x, (MethodType, BuiltinFunctionType)):
        yield x.__self__
        yield getattr(x, "__func__", None)
    elif isinstance(x, FunctionType):
        yield from (x.__defaults__ or ())
        for cell in x.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # a name that is not bound yet
                continue
        yield from (x.__globals__[name] for name in x.__code__.co_names if name in x.__globals__)
    elif not isinstance(x, np.ndarray):
        yield from attributes(x).values()


def attributes(x: Any) -> dict[str, Any]:
    """Return the attributes of an object by name, also those in ``__slots__``.

    Examples
    --------
    >>> class Point:
    ...     __slots__ = ("x", "y")
    >>> point = Point()
    >>> point.x = 1
    >>> attributes(point)
    {'x': 1}
    """
    found = dict(held) if isinstance(held := getattr(x, "__dict__", None), dict) else {}
    for kind in type(x).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in {"__dict__", "__weakref__"} and hasattr(x, name):
                found[name] = getattr(x, name)
    return found
