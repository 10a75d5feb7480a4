"""Puts new nodes in the place of results of a program, and the program in order again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backlit.compile.node import Program, mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.compile.node import Node

__all__ = ["read", "spliced"]


def spliced(program: Program, taken: dict[Node, Node]) -> Program | None:
    """Return the program with every node in ``taken`` replaced by the one it leads to.

    A new node may need what is computed after the node that it replaces, so the order changes
    where it must. ``None`` if effects would come in another order than before.
    """
    order = _ordered(program, taken)
    effects = [node for node in program.nodes if node.effect]
    if [node for node in order if node.effect] != effects:
        return None
    known = dict(taken)
    nodes = []
    for node in order:
        if node in taken:
            continue
        current = node
        if any(x in known for x in node.reads()):
            current = replace(node, operands=mapped(lambda x: _last(known, x), node.operands))
            known[node] = current
        nodes.append(current)
    final = {node: _last(known, node) for node in known}
    return Program(nodes, program.results, program.states, program.gradients).rebound(final)


def read(program: Program, taken: dict[Node, Node]) -> set[Node]:
    """Return the nodes that are still read once others have taken the place of some."""
    waiting = [*program.kept(), *(node for node in program.nodes if node.effect)]
    found: set[Node] = set()
    while waiting:
        node = waiting.pop()
        node = taken.get(node, node)
        if node not in found:
            found.add(node)
            waiting += node.reads()
    return found


def _last(known: dict[Node, Node], node: Node) -> Node:
    while node in known:
        node = known[node]
    return node


def _ordered(program: Program, taken: dict[Node, Node]) -> list[Node]:
    """Return all nodes, each after those that it reads, else in the order they were in."""
    order: list[Node] = []
    done: set[Node] = set()

    def needs(node: Node) -> Iterator[Node]:
        if node in taken:
            yield taken[node]
        else:
            yield from node.reads()

    for first in program.nodes:
        waiting = [(first, needs(first))]
        while waiting:
            node, rest = waiting[-1]
            if node in done or node.given:
                waiting.pop()
                continue
            for x in rest:
                if x not in done and not x.given:
                    waiting.append((x, needs(x)))
                    break
            else:
                done.add(node)
                order.append(node)
                waiting.pop()
    return order
