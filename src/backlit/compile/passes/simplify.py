"""Arithmetic that changes nothing is left out. Every rewriting here is exact, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.node import Node

if TYPE_CHECKING:
    from backlit.compile.node import Program

__all__ = ["simplified"]


def simplified(program: Program) -> Program:
    """Drop products with 1, conversions to the same dtype and reshapes to the same shape.

    What is above 0 is so after it was cut off at 0, too, and only that need be kept.
    """
    program = program.rewritten(_simpler)
    cut = _positive(program)
    before: set[Node] = set()

    def change(node: Node) -> Node | None:
        before.add(node)
        if node.function != "np.greater" or not _is_zero(node.operands[1]):
            return None
        known = cut.get(node.operands[0])
        return replace(node, operands=(known, node.operands[1])) if known in before else None

    return program.rewritten(change)


def _simpler(node: Node) -> Node | None:
    x = node.operands[0] if node.operands else None
    y = node.operands[1] if len(node.operands) > 1 else None
    if node.function == "np.multiply":
        for kept, factor in ((x, y), (y, x)):
            if _all_ones(factor) and _same(kept, node):
                return kept
    elif node.function == "np.divide":
        if _all_ones(y) and _same(x, node):
            return x
    elif node.function in {"np.reshape", "np.broadcast_to", "astype", "np.squeeze"}:
        copies = node.function == "astype" and isinstance(x, Node) and x.function == "np.transpose"
        if _same(x, node) and not copies:  # a pass may want the copy, which lies in order
            return x
        if node.function == "np.reshape":
            return _reshaped(node)
    elif node.function == "np.where":
        return _masked(node)
    return None


def _reshaped(node: Node) -> Node | None:
    """Give a shape at once to what was given another before."""
    x = node.operands[0]
    if x.function not in {"np.reshape", "np.expand_dims", "np.squeeze"} or node.options:
        return None
    whole = x.operands[0]
    if _same(whole, node):
        return whole  # type: ignore[no-any-return]
    return replace(node, operands=(whole, node.operands[1]))


def _positive(program: Program) -> dict[Node, Node]:
    """Return, for each value that is cut off at 0, what it is cut to."""
    return {
        node.operands[0]: node
        for node in program.nodes
        if node.function == "np.maximum" and _is_zero(node.operands[1])
    }


def _masked(node: Node) -> Node | None:
    """``where(mask, mask * z, other)`` takes from the product what ``z`` is itself."""
    mask, chosen, other = node.operands
    if not isinstance(chosen, Node) or chosen.function != "np.multiply":
        return None
    if not isinstance(mask, Node) or mask.dtype != np.bool_:
        return None
    for factor, z in (chosen.operands, chosen.operands[::-1]):
        if factor is mask and _same(z, chosen):
            return replace(node, operands=(mask, z, other))
    return None


def _same(value: Any, node: Node) -> bool:
    """Tell whether ``value`` has the shape and dtype of ``node``."""
    return isinstance(value, Node) and value.shape == node.shape and value.dtype == node.dtype


def _is_zero(value: Any) -> bool:
    return type(value) in {int, float} and value == 0


def _all_ones(value: Any) -> bool:
    if isinstance(value, Node):
        return value.function == "constant" and bool(np.all(value.value == 1))
    return type(value) in {int, float} and value == 1
