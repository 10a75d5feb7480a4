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
    """Drop products with 1, conversions to the same dtype and reshapes to the same shape."""
    return program.rewritten(_simpler)


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
        if _same(x, node):
            return x
    elif node.function == "np.where":
        return _masked(node)
    return None


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


def _all_ones(value: Any) -> bool:
    if isinstance(value, Node):
        return value.function == "constant" and bool(np.all(value.value == 1))
    return type(value) in {int, float} and value == 1
