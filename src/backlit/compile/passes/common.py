"""What is computed twice is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.compile.node import Node, Program

__all__ = ["without_repeats"]

if TYPE_CHECKING:
    from collections.abc import Hashable


def without_repeats(program: Program) -> Program:
    """Replace every call that was made before, on the same operands, by the first."""
    known: dict[Hashable, Node] = {}

    def first(node: Node) -> Node:
        if node.effect or node.function == "kernel":
            return node
        key = node.function, _key(node.operands), repr(sorted(node.options.items()))
        return known.setdefault(key, node)

    return program.rewritten(first)


def _key(value: Any) -> Hashable:
    if isinstance(value, Node):
        return id(value)
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(_key, value))
    return type(value), repr(value)
