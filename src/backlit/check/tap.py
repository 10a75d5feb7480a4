"""Listening in on layers while their net runs: what each is given, and what it returns."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backlit.check.clone import Clone

__all__ = ["Call", "Tap", "listening"]

METHODS = ("forward", "__call__", "backward")


@dataclass
class Call:
    """One call of a layer's method.

    Parameters
    ----------
    layer
        Whose method it was.
    method
        ``forward`` or ``backward``; a layer that is called goes forwards too.
    given, keywords
        The arguments, copied before the call.
    live
        The arguments themselves.
    returned
        What came back, copied.
    result
        What came back itself.
    after
        The first argument, as it was left.
    """

    layer: Any
    method: str
    given: tuple[Any, ...]
    keywords: dict[str, Any]
    live: tuple[Any, ...]
    returned: Any = None
    result: Any = None
    after: Any = None
    done: bool = False


@dataclass
class Tap:
    """What was heard, and what to change on the way.

    Parameters
    ----------
    layers
        The layers to listen to.
    calls
        Their calls, in the order in which they began.
    shield
        Layers that are handed copies of their arguments and whose results are copied, by what
        is to be copied: ``"forward"``, ``"backward"`` or ``"returned"``; ``"states"`` gives each
        call of backward what its own call of forward has saved.
    bump
        A layer, and what is added to all that its forward returns.
    """

    layers: list[Any]
    calls: list[Call] = field(default_factory=list)
    shield: dict[int, set[str]] = field(default_factory=dict)
    keep: bool = True
    originals: list[Any] = field(default_factory=list)
    bump: tuple[Any, Any] | None = None
    saved: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def attach(self, clone: Clone) -> None:
        """Listen to the copies of the layers in a clone."""
        self.originals = list(self.layers)
        twins = [clone.of(layer) for layer in self.layers]
        self.shield = {
            id(twin): self.shield[id(layer)]
            for layer, twin in zip(self.layers, twins, strict=True)
            if id(layer) in self.shield
        }
        if self.bump is not None:
            self.bump = clone.of(self.bump[0]), self.bump[1]
        self.layers = twins

    def twin(self, layer: Any) -> Any:
        """Return the copy of a layer that was listened to."""
        for other, twin in zip(self.originals, self.layers, strict=True):
            if other is layer:
                return twin
        return layer

    def original(self, twin: Any) -> Any:
        """Return the layer that a copy was made of."""
        for layer, other in zip(self.originals, self.layers, strict=True):
            if other is twin:
                return layer
        return twin

    def of(self, layer: Any, method: str) -> list[Call]:
        """Return the calls of one layer's method that came to an end."""
        return [
            call
            for call in self.calls
            if call.layer is layer and call.method == method and call.done
        ]


@contextmanager
def listening(tap: Tap) -> Iterator[Tap]:
    """Record the calls of a tap's layers while the block runs."""
    known = {id(layer): layer for layer in tap.layers}
    busy: set[int] = set()
    patched: list[tuple[type, str, Any]] = []
    for kind in {type(layer) for layer in tap.layers}:
        for method in METHODS:
            original = getattr(kind, method, None)
            if original is None or (method == "__call__" and not _calls(kind)):
                continue
            own = vars(kind).get(method, _ABSENT)
            try:
                setattr(kind, method, _wrapped(tap, method, original, known, busy))
            except (AttributeError, TypeError):  # a class that can't be changed
                continue
            patched.append((kind, method, own))
    try:
        yield tap
    finally:
        for kind, method, own in patched:
            if own is _ABSENT:
                delattr(kind, method)
            else:
                setattr(kind, method, own)


_ABSENT = object()


def _calls(kind: type) -> bool:
    return any("__call__" in vars(base) for base in kind.__mro__ if base is not object)


def _wrapped(
    tap: Tap,
    method: str,
    original: Callable[..., Any],
    known: dict[int, Any],
    busy: set[int],
) -> Callable[..., Any]:
    @functools.wraps(original)
    def run(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if id(self) not in known or id(self) in busy:
            return original(self, *arguments, **keywords)
        kind = "backward" if method == "backward" else "forward"
        shield = tap.shield.get(id(self), set())
        if kind in shield:
            arguments = tuple(copied(x) for x in arguments)
        given = tuple(copied(x) for x in arguments) if tap.keep else ()
        held = {name: copied(x) for name, x in keywords.items()} if tap.keep else {}
        call = Call(self, kind, given, held, arguments)
        tap.calls.append(call)
        if "states" in shield and kind == "backward" and tap.saved.get(id(self)):
            vars(self).update(tap.saved[id(self)].pop())
        busy.add(id(self))
        try:
            result = original(self, *arguments, **keywords)
        finally:
            busy.discard(id(self))
        if tap.bump is not None and tap.bump[0] is self and kind == "forward":
            result = result + tap.bump[1]
        if "states" in shield and kind == "forward":
            tap.saved.setdefault(id(self), []).append(dict(vars(self)))
        if "returned" in shield and kind == "backward":
            result = copied(result)
        call.result, call.returned = result, copied(result) if tap.keep else None
        call.after = copied(arguments[0]) if arguments and tap.keep else None
        call.done = True
        return result

    return run


def copied(x: Any) -> Any:
    """Copy arrays, also in tuples, lists and dicts; leave all else."""
    if isinstance(x, np.ndarray):
        return x.copy()
    if isinstance(x, Tensor):
        return x.data.copy()
    if isinstance(x, tuple) and type(x) is tuple:
        return tuple(copied(each) for each in x)
    if type(x) is list:
        return [copied(each) for each in x]
    if type(x) is dict:
        return {key: copied(each) for key, each in x.items()}
    return x
