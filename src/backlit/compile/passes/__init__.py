"""Passes: each takes a program and returns one that does the same with less."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backlit.compile.layout import with_layout
from backlit.compile.passes.common import without_repeats
from backlit.compile.passes.dead import without_dead
from backlit.compile.passes.kernels import with_fast_calls
from backlit.compile.passes.labels import with_labels_looked_up
from backlit.compile.passes.rate import with_rate_folded
from backlit.compile.passes.simplify import simplified
from backlit.compile.passes.softmax import with_softmax_divided
from backlit.compile.passes.update import with_updates_fused

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from backlit.compile.node import Program

    Pass: TypeAlias = Callable[..., Program]

__all__ = [
    "PASSES",
    "applied",
    "optimised",
    "simplified",
    "with_fast_calls",
    "with_labels_looked_up",
    "with_rate_folded",
    "with_softmax_divided",
    "with_updates_fused",
    "without_dead",
    "without_repeats",
]


PASSES: tuple[Pass, ...] = (
    with_layout,
    without_dead,
    simplified,
    without_repeats,
    without_dead,
    with_rate_folded,
    with_softmax_divided,
    with_labels_looked_up,
    with_fast_calls,
    simplified,
    without_repeats,
    without_dead,
    with_updates_fused,
)
"""In the order in which they run."""


_THREADED: tuple[Pass, ...] = (with_layout, with_updates_fused)


def applied(improve: Pass, program: Program, threads: int | None) -> Program:
    """Return the program after one pass; some depend on how many threads there may be."""
    return improve(program, threads) if improve in _THREADED else improve(program)


def optimised(program: Program, threads: int | None = None) -> Program:
    """Return the program after all passes."""
    for improve in PASSES:
        program = applied(improve, program, threads)
    return replace(program, calls=[])
