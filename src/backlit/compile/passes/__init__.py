"""Passes: each takes a program and returns one that does the same with less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.compile.passes.common import without_repeats
from backlit.compile.passes.dead import without_dead
from backlit.compile.passes.kernels import with_fast_calls
from backlit.compile.passes.rate import with_rate_folded
from backlit.compile.passes.simplify import simplified

if TYPE_CHECKING:
    from backlit.compile.node import Program

__all__ = [
    "optimised",
    "simplified",
    "with_fast_calls",
    "with_rate_folded",
    "without_dead",
    "without_repeats",
]


def optimised(program: Program) -> Program:
    """Return the program after all passes."""
    for improve in (
        without_dead,
        simplified,
        without_repeats,
        without_dead,
        with_rate_folded,
        with_fast_calls,
        without_repeats,
        without_dead,
    ):
        program = improve(program)
    return program
