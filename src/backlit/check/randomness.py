"""Giving every call the same random numbers, so that only the moved element differs."""

from __future__ import annotations

import pickle
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Source", "frozen"]


class Source:
    """A generator, and the state to rewind it to."""

    def __init__(self, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self._read, self._write = read, write
        self._state = read()

    def rewind(self) -> None:
        """Go back to the state at the start."""
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
    sources = [
        Source(lambda: np.random.get_state(legacy=False), np.random.set_state),  # noqa: NPY002
        Source(random.getstate, random.setstate),
    ]
    sources += [_of_generator(x) for x in walk(*roots) if isinstance(x, _GENERATORS)]
    try:
        run()
        drawn = [source for source in sources if source.moved()]
        for source in drawn:
            source.rewind()
        yield drawn
    finally:
        for source in sources:
            source.rewind()


_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


def _of_generator(generator: Any) -> Source:
    if isinstance(generator, np.random.Generator):
        bits = generator.bit_generator
        return Source(lambda: bits.state, lambda state: setattr(bits, "state", state))
    if isinstance(generator, np.random.RandomState):
        return Source(lambda: generator.get_state(legacy=False), generator.set_state)
    return Source(generator.getstate, generator.setstate)
