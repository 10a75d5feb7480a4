"""Parts of a batch at once, each in a thread of its own."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.threads import limited, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from backlit.compile.layout.chain import Chain

__all__ = ["in_parts", "total"]


def in_parts(function: Callable[[Chain], None], parts: Sequence[Chain], threads: int) -> None:
    """Call ``function`` on every part, ``threads`` of them at once.

    NumPy lets other threads run while it computes; its BLAS uses one thread for each of them
    meanwhile. Results do not depend on which part is done first.
    """
    threads = min(threads, len(parts))

    def some(first: int) -> None:
        for part in parts[first::threads]:
            function(part)

    with limited(1 if threads > 1 else None):
        # What NumPy warns of is a setting of the context: it must hold there, too.
        waiting = [pool().submit(copy_context().run, some, i) for i in range(1, threads)]
        try:
            some(0)
        finally:
            for one in waiting:
                one.exception()
        for one in waiting:
            one.result()


def total(parts: Iterable[Chain], number: int) -> tuple[Any, ...]:
    """Return the gradients of a stage's parameters, summed over the parts."""
    first: tuple[Any, ...]
    first, *others = [part[number].gradients() for part in parts]
    for gradients in others:
        for mine, theirs in zip(first, gradients, strict=True):
            np.add(mine, theirs, out=mine)
    return first
