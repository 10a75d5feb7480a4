"""Nothing is computed that nobody reads, such as the gradient of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.compile.node import Program

if TYPE_CHECKING:
    from backlit.compile.node import Node

__all__ = ["without_dead"]


def without_dead(program: Program) -> Program:
    """Drop the nodes that lead to no result, no new state and no effect."""
    wanted: set[Node] = set(program.kept())
    nodes: list[Node] = []
    for node in reversed(program.nodes):
        if node in wanted or node.effect:
            wanted.update(node.reads())
            nodes.append(node)
    return Program(nodes[::-1], program.results, program.states, program.gradients)
