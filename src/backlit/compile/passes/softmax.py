"""The softmax out of its logarithm costs a second exponential; out of its sum, a division."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from backlit.compile.node import Node

if TYPE_CHECKING:
    from backlit.compile.node import Program

__all__ = ["with_softmax_divided"]


def with_softmax_divided(program: Program) -> Program:
    """Replace ``exp(x - log(sum(exp(x))))`` by ``exp(x) / sum(exp(x))``.

    Only where ``x`` had its largest entry subtracted, so that no exponential overflows.
    """

    def change(node: Node) -> Node | None:
        logs = _only(node, "np.exp")
        if logs is None or logs.function != "np.subtract":
            return None
        x, log = logs.operands
        total = _only(log, "np.log")
        exponentials = _only(total, "np.sum")
        if total is None or exponentials is None or _only(exponentials, "np.exp") is not x:
            return None
        if x is None or not _has_maximum_subtracted(x, total.options.get("axis")):
            return None
        return replace(node, function="np.divide", operands=(exponentials, total))

    return program.rewritten(change)


def _only(node: Any, function: str) -> Node | None:
    """Return the operand of a call of ``function``."""
    if not isinstance(node, Node) or node.function != function:
        return None
    x = node.operands[0]
    return x if isinstance(x, Node) else None


def _has_maximum_subtracted(x: Node, axis: Any) -> bool:
    if x.function != "np.subtract":
        return False
    whole, largest = x.operands
    return (
        isinstance(largest, Node)
        and largest.function == "np.max"
        and largest.operands[0] is whole
        and largest.options.get("axis") == axis
    )
