"""What there is to check in a user's file."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from backlit.check import Report
from backlit.check.foreign import is_module, library
from backlit.cli.check_guess import Nothing, Subject, guessed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["Candidate", "Nothing", "Subject", "find"]

ALIKE = 0.75
"""How similar a method's name must be to be taken for a misspelt one."""


class Candidate:
    """Something to check.

    Parameters
    ----------
    name
        What to call it.
    thing
        A class, an object or a function; or a :class:`Subject`, which needs no guessing.
    seed
        Decides what is guessed.
    """

    def __init__(self, name: str, thing: Any, seed: int) -> None:
        self.name, self.thing, self.seed = name, thing, seed
        self.guessed = ""

    def make(self) -> Subject:
        """Make it and its inputs, guessing what is not known.

        Raises
        ------
        Nothing
            If that can't be guessed.
        """
        if isinstance(self.thing, Subject):
            return self.thing
        subject = guessed(self.thing, self.seed)
        self.guessed = subject.said
        return subject

    def misspelt(self) -> str:
        """Say which method's name is misspelt; ``""`` if none is."""
        thing = self.thing.target if isinstance(self.thing, Subject) else self.thing
        return _misspelt(thing if isinstance(thing, type) else type(thing))


def find(module: ModuleType, name: str, seed: int) -> list[Candidate]:
    """List what to check: the name asked for, what the file offers, or all layers and nets in it.

    Raises
    ------
    Nothing
        If there is none.
    """
    if name:
        return [Candidate(name, _named(module, name), seed)]
    if callable(getattr(module, "check_me", None)):
        return list(_offered("check_me()", module.check_me(), seed))
    if hasattr(module, "checks"):
        return list(_offered("checks", module.checks, seed))
    found = dict(_all_in(module))
    if not found:
        raise Nothing(
            "there is no class with forward and backward (or loss and gradient) in it; name what "
            "to check (FILE.py:NAME), or offer it: checks = [(target, input, ...)]"
        )
    return [Candidate(key, thing, seed) for key, thing in found.items()]


def _named(module: ModuleType, name: str) -> Any:
    thing: Any = module
    for part in name.split("."):
        if not hasattr(thing, part):
            names = [key for key in vars(module) if not key.startswith("_")]
            close = get_close_matches(name, names, n=1) or names[:8]
            raise Nothing(f"there is no {name!r} in it; there is {', '.join(close) or 'nothing'}")
        thing = getattr(thing, part)
    return thing


def _offered(where: str, offer: Any, seed: int) -> Iterator[Candidate]:
    """Go through what ``check_me()`` or ``checks`` gives: one or several ``(target, *inputs)``."""
    several = isinstance(offer, list) or (
        isinstance(offer, tuple) and all(isinstance(each, tuple) and each for each in offer)
    )
    entries = list(offer) if several else [offer]
    if not entries or offer is None:
        raise Nothing(f"{where} gives nothing to check; give (target, input, ...)")
    for entry in entries:
        target, *rest = entry if isinstance(entry, tuple) else (entry,)
        options = rest.pop() if rest and isinstance(rest[-1], dict) else {}
        name = getattr(target, "__name__", None) or type(target).__name__
        if isinstance(target, Report):
            yield Candidate(target.target, Subject(target, (), {}), seed)
        elif rest:
            yield Candidate(name, Subject(target, tuple(rest), options), seed)
        else:
            yield Candidate(name, target, seed)


def _all_in(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Go through the file's own layers and nets: its objects, and classes it makes no object of."""
    own = dict(vars(module))
    objects = {
        name: x
        for name, x in own.items()
        if not isinstance(x, type) and type(x).__module__ == module.__name__ and _fits(type(x))
    }
    made = {type(x) for x in objects.values()}
    for name, x in own.items():
        if name in objects or (
            library(x) == "jax" and not isinstance(x, type) and hasattr(x, "defvjp")
        ):
            yield name, x
        elif isinstance(x, type) and x.__module__ == module.__name__ and x not in made:
            has_heirs = any(isinstance(y, type) and x in y.__mro__[1:] for y in own.values())
            if _fits(x) and not (has_heirs and _is_abstract(x)):
                yield name, x


def _fits(kind: type) -> bool:
    if library(kind):
        return is_module(kind) or hasattr(kind, "backward")
    methods = _methods(kind)
    layer = "forward" in methods or "__call__" in methods
    net = {"loss", "gradient"} <= methods.keys()
    return net or (layer and "backward" in methods) or bool(_misspelt(kind))


def _misspelt(kind: type) -> str:
    if library(kind):
        return ""
    methods = _methods(kind)
    usual = {"forward", "__call__", "backward", "loss", "gradient"}
    names = [name for name in methods if name not in usual and not name.startswith("__")]
    forward = "forward" in methods or "__call__" in methods
    if forward and "backward" not in methods:
        missing = "backward"
    elif "backward" in methods and not forward:
        missing = "forward"
    elif "loss" in methods and "gradient" not in methods and "backward" not in methods:
        missing = "gradient"
    else:
        return ""
    alike = {name.lower().replace("_", ""): name for name in names}
    close = get_close_matches(missing, alike, n=1, cutoff=ALIKE)
    if not close or close[0] == f"numerical{missing}":
        return ""
    name = alike[close[0]]
    return (
        f"{kind.__name__} has no method {missing!r}, but one called {name!r} (line "
        f"{_line(methods[name])}); rename it to {missing!r}."
    )


def _methods(kind: type) -> dict[str, Any]:
    return {
        name: value
        for base in reversed(kind.__mro__[:-1])
        if base is not object
        for name, value in vars(base).items()
        if callable(value)
    }


def _line(method: Any) -> int:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return code.co_firstlineno if code else 0


def _is_abstract(kind: type) -> bool:
    """Tell whether a base class only says what its heirs are to do."""
    if inspect.isabstract(kind):
        return True
    for name in ("forward", "__call__", "backward"):
        code = getattr(vars(kind).get(name), "__code__", None)
        if code is not None and "NotImplementedError" in code.co_names:
            return True
    return False
