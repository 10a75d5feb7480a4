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
    from backlit.compile.node import Program

__all__ = [
    "PASSES",
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


PASSES = (
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


def optimised(program: Program) -> Program:
    """Return the program after all passes."""
    for improve in PASSES:
        program = improve(program)
    return replace(program, calls=[])
