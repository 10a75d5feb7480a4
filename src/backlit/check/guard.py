"""Leaving all as it was: what user code keeps in classes, default arguments and globals."""

from __future__ import annotations

from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.randomness import functions_of, sources
from backlit.check.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["untouched"]

_OURS = {"builtins", "numpy", "backlit", "collections", "torch", "jax"}


@contextmanager
def untouched(*roots: Any) -> Iterator[None]:
    """Put back, at the end, all that can be reached from ``roots`` and lives outside of them too.

    The roots are copied before anything is run; but classes, default arguments and globals can't
    be. Their contents, those of arrays, lists, dicts and sets in them, and the states of random
    generators are as before afterwards.
    """
    functions = [f for root in roots for f in functions_of(root)]
    kinds = {
        kind
        for x in walk(*roots)
        for kind in type(x).__mro__
        if kind.__module__.partition(".")[0] not in _OURS
    }
    held = [_Held(vars_of, kind) for kind in kinds for vars_of in (_class_values(kind),)]
    contents = [x for kind in kinds for x in _class_values(kind).values()]
    spaces = {id(f.__globals__): f.__globals__ for f in functions}
    named = {
        key: {n: space[n] for f in functions for n in f.__code__.co_names if n in space}
        for key, space in spaces.items()
    }
    known = [_content(x) for x in walk(*roots, *functions, *contents)]
    dice = sources(*roots)
    try:
        yield
    finally:
        for space_key, values in named.items():
            for name, value in values.items():
                if not isinstance(value, (FunctionType, ModuleType, type)):
                    spaces[space_key][name] = value
        for each in held:
            each.put_back()
        for restore in known:
            if restore is not None:
                restore()
        for source in dice:
            source.rewind()


class _Held:
    """What a class holds, to be put back."""

    def __init__(self, values: dict[str, Any], kind: type) -> None:
        self._values, self._kind = values, kind

    def put_back(self) -> None:
        now = _class_values(self._kind)
        for name in now.keys() - self._values.keys():
            delattr(self._kind, name)
        for name, value in self._values.items():
            if now.get(name, self) is not value:
                setattr(self._kind, name, value)


def _class_values(kind: type) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(kind).items()
        if not name.startswith("__")
        and not callable(value)
        and not isinstance(value, (property, classmethod, staticmethod))
        and not type(value).__name__.endswith("descriptor")
    }


def _content(x: Any) -> Any:
    """Return a function that puts the contents of a container back."""
    if isinstance(x, np.ndarray):
        if not x.flags.writeable or x.dtype == object:
            return None
        array = x.copy()
        return lambda: None if array.tobytes() == x.tobytes() else np.copyto(x, array)
    if type(x) is list:
        items = list(x)
        return lambda: x.__setitem__(slice(None), items)
    if isinstance(x, dict):
        pairs = dict(x)

        def put_back() -> None:
            if list(x) != list(pairs) or any(x[k] is not v for k, v in pairs.items()):
                x.clear()
                x.update(pairs)

        return put_back
    if type(x) is set:
        members = set(x)

        def refill() -> None:
            x.clear()
            x.update(members)

        return refill
    return None
