"""Which values are written within the line that reads them, and not on one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.compile.node import Program

if TYPE_CHECKING:
    from backlit.compile.node import Node

__all__ = ["SMALL", "is_small", "with_inlined"]

SMALL = 1024
"""Arrays of fewer bytes cost NumPy less to make anew than to pass as ``out=``."""
_DEEPEST = 3
_VIEWS = {"np.reshape", "np.expand_dims", "np.squeeze", "np.ravel"}
_SYMBOLS = {"+", "-", "*", "/", "**"}
_ARITHMETIC = {
    "np.add", "np.subtract", "np.multiply", "np.divide", "np.negative", "np.log", "np.exp",
    "np.sqrt", "np.square", "np.dot", "np.take",
}  # fmt: skip


def is_small(node: Node) -> bool:
    """Tell whether a value is so small that a fresh array is the cheapest."""
    if node.dtype is None:
        return True
    return int(np.prod(node.shape)) * node.dtype.itemsize < SMALL


def is_turned(node: Node) -> bool:
    """Tell whether it is a matrix transposed, which is written as ``.T``."""
    if node.function == "np.transpose":
        return len(node.operands) < 2 or node.operands[1] is None
    return (
        node.function == "np.swapaxes"
        and len(node.shape) == 2
        and node.operands[1] != node.operands[2]
    )


def with_inlined(program: Program) -> tuple[Program, set[Node]]:
    """Move what is written within its reader's line to just before the reader.

    Returns
    -------
    Program
        The same nodes in another order.
    set of Node
        Views that are read once (transposes: any number of times), and arithmetic on a few
        numbers that is read once.
    """
    uses: dict[Node, int] = {}
    for node in program.nodes:
        for x in node.reads():
            # What is cut off at 0 is written twice where it is one number, so it needs a name.
            twice = node.function == "np.maximum" and not node.shape
            uses[x] = uses.get(x, 0) + 1 + twice
    kept = set(program.kept())
    depth: dict[Node, int] = {}
    for node in program.nodes:
        if node in kept or node.effect:
            continue
        once = uses.get(node) == 1
        fits = is_turned(node) or (once and (node.function in _VIEWS or _is_arithmetic(node)))
        deep = 1 + max((depth.get(x, 0) for x in node.reads()), default=0)
        if fits and deep <= _DEEPEST:
            depth[node] = deep
    nodes: list[Node] = []
    for node in program.nodes:
        if node not in depth:
            nodes += _before(node, depth, nodes)
            nodes.append(node)
    return Program(nodes, program.results, program.states, program.gradients), set(depth)


def _is_arithmetic(node: Node) -> bool:
    if node.function in _SYMBOLS:
        return True
    return node.function in _ARITHMETIC and is_small(node)


def _before(node: Node, inlined: dict[Node, int], placed: list[Node]) -> list[Node]:
    """Return the inlined values that a node needs, in order."""
    found: list[Node] = []
    for x in node.reads():
        if x in inlined and x not in found:
            found += [part for part in _before(x, inlined, placed) if part not in found]
            found.append(x)
    return found
