"""Giving every call the same random numbers, so that only the moved element differs."""

from __future__ import annotations

import pickle
import random
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Source", "frozen", "functions_of", "sources", "stirred"]


class Source:
    """A generator, and the state to rewind it to."""

    def __init__(
        self, read: Callable[[], Any], write: Callable[[Any], None], *, is_global: bool = False
    ) -> None:
        self.is_global = is_global
        self._read, self._write = read, write
        self._state = read()

    def mark(self) -> None:
        """Remember the state of now as the one to go back to."""
        self._state = self._read()

    def rewind(self) -> None:
        """Go back to the state that was remembered."""
        self._write(self._state)

    def moved(self) -> bool:
        """Tell whether numbers were drawn since."""
        return pickle.dumps(self._read()) != pickle.dumps(self._state)


@contextmanager
def frozen(roots: tuple[Any, ...], run: Callable[[], Any]) -> Iterator[list[Source]]:
    """Find who draws random numbers in ``run``, and give them, rewound.

    Looks at NumPy's and Python's global states, and at every generator that can be reached from
    ``roots``. All are put back at the end. ``run`` is called once.
    """
    known = sources(*roots)
    try:
        run()
        drawn = [source for source in known if source.moved()]
        for source in drawn:
            source.rewind()
        yield drawn
    finally:
        for source in known:
            source.rewind()


def sources(*roots: Any) -> list[Source]:
    """List NumPy's and Python's global states, and the generators reached from ``roots``."""
    found = [
        Source(
            lambda: np.random.get_state(legacy=False),  # noqa: NPY002
            np.random.set_state,
            is_global=True,
        ),
        Source(random.getstate, random.setstate, is_global=True),
    ]
    within = [f for root in roots for f in functions_of(root)]
    return found + [_of_generator(x) for x in walk(*roots, *within) if isinstance(x, _GENERATORS)]


def stirred(root: Any) -> None:
    """Draw a number from every generator in reach, so that whoever draws next gets others."""
    np.random.random(7)  # noqa: NPY002 - the user's code draws from there
    random.random()  # noqa: S311
    for x in walk(root, *functions_of(root)):
        if isinstance(x, (np.random.Generator, np.random.RandomState, random.Random)):
            x.random()


def functions_of(root: Any) -> list[Any]:
    """List the methods of the classes of all that is in ``root``."""
    kinds = {
        kind
        for x in walk(root)
        for kind in type(x).__mro__
        if kind.__module__.partition(".")[0] not in {"builtins", "numpy", "backlit", "collections"}
    }
    return [f for kind in kinds for f in vars(kind).values() if isinstance(f, FunctionType)]


_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


def _of_generator(generator: Any) -> Source:
    if isinstance(generator, np.random.Generator):
        bits = generator.bit_generator
        return Source(lambda: bits.state, lambda state: setattr(bits, "state", state))
    if isinstance(generator, np.random.RandomState):
        return Source(lambda: generator.get_state(legacy=False), generator.set_state)
    return Source(generator.getstate, generator.setstate)
