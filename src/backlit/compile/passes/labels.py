"""Class numbers are looked up, and not compared with all classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.node import Node
from backlit.ops import SoftmaxCrossEntropy

if TYPE_CHECKING:
    from backlit.compile.node import Program

__all__ = ["with_labels_looked_up"]

_MOST = 128
"""For more classes, the table of one-hot rows would not stay in the cache."""
_MIXED = {"np.subtract", "np.add", "np.multiply"}


def with_labels_looked_up(program: Program) -> Program:
    """Take one-hot rows from a table, and the entries at the labels by their places.

    That needs labels which are class numbers of so many classes: those of a softmax cross
    entropy, which refuses others at every step.
    """
    lookup = _Lookup(_class_numbers(program))
    return program.rewritten(lookup.change) if lookup.labels else program


def _class_numbers(program: Program) -> dict[Node, int]:
    """Return the labels that are refused unless they are class numbers, with how many there are."""
    found = {}
    for node in program.nodes:
        if node.function != "refuse" or type(node.operands[0]) is not SoftmaxCrossEntropy:
            continue
        x, t = node.operands[1]
        integers = isinstance(t, Node) and t.dtype is not None and t.dtype.kind in "iu"
        if integers and np.can_cast(t.dtype, np.intp) and len(x.shape) == len(t.shape) + 1 == 2:
            found[t] = x.shape[-1]
    return found


class _Lookup:
    def __init__(self, labels: dict[Node, int]) -> None:
        self.labels = labels
        self.constants: dict[Any, Node] = {}

    def change(self, node: Node) -> Node | None:
        if node.function == "np.sum" and node.options.get("axis") is None and not node.shape:
            return self._sum(node)
        if node.function in _MIXED and node.dtype is not None and node.dtype.kind == "f":
            operands = tuple(self._row(x, node) for x in node.operands)
            changed = any(a is not b for a, b in zip(operands, node.operands, strict=True))
            return replace(node, operands=operands) if changed else None
        return None

    def _of(self, mask: Any) -> tuple[Node, int] | None:
        """Return the labels that a one-hot mask was made of, and the number of classes."""
        if not isinstance(mask, Node) or mask.function != "np.equal":
            return None
        column, classes = mask.operands
        if not isinstance(column, Node) or column.function not in {"np.expand_dims", "np.reshape"}:
            return None
        t = column.operands[0]
        count = self.labels.get(t, 0)
        counted = isinstance(classes, Node) and classes.function == "constant"
        if not counted or mask.shape != (*t.shape, count) or column.shape != (*t.shape, 1):
            return None
        return (t, count) if np.array_equal(classes.value, np.arange(count)) else None

    def _row(self, x: Any, node: Node) -> Any:
        known = self._of(x)
        if known is None or x.shape != node.shape or known[1] > _MOST:
            return x
        t, count = known
        table = self._constant("eye", np.eye(count, dtype=node.dtype))
        return Node(
            "np.take",
            (table, t),
            {"axis": 0, "mode": "clip"},
            shape=x.shape,
            dtype=node.dtype,
            place=node.place,
            name="one_hot",
        )

    def _sum(self, node: Node) -> Node | None:
        """Sum the entries at the labels, where all others were made 0."""
        where = node.operands[0]
        if not isinstance(where, Node) or where.function != "np.where":
            return None
        mask, x, other = where.operands
        known = self._of(mask)
        zero = other.value if isinstance(other, Node) and other.function == "constant" else other
        if known is None or isinstance(zero, Node) or np.any(zero != 0):
            return None
        if not isinstance(x, Node) or x.shape != mask.shape or x.dtype != node.dtype:
            return None
        t, count = known
        starts = self._constant("starts", np.arange(0, x.shape[0] * count, count))
        places = self._node(
            "np.add", (starts, t), t.shape, starts.dtype, node, name="places_of_labels"
        )
        return replace(node, operands=(self._picked(x, places, node),), options={})

    def _picked(self, x: Node, places: Node, node: Node) -> Node:
        # Of a difference of rows and one number a row, only the entries at the labels are needed.
        if x.function == "np.subtract":
            rows, numbers = x.operands
            if isinstance(numbers, Node) and numbers.shape == (x.shape[0], 1):
                flat = self._node(
                    "np.reshape", (numbers, places.shape), places.shape, numbers.dtype, node
                )
                picked = self._picked(rows, places, node)
                return self._node("np.subtract", (picked, flat), places.shape, x.dtype, node)
        size = (x.shape[0] * x.shape[1],)
        flat = self._node("np.reshape", (x, size), size, x.dtype, node)
        return self._node(
            "np.take", (flat, places), places.shape, x.dtype, node, "at_labels", mode="clip"
        )

    def _node(  # noqa: PLR0917  (what a node is made of)
        self,
        function: str,
        operands: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: Any,
        node: Node,
        name: str = "",
        **options: Any,
    ) -> Node:
        return Node(
            function, operands, options, shape=shape, dtype=dtype, place=node.place, name=name
        )

    def _constant(self, name: str, value: Any) -> Node:
        key = name, value.shape, value.dtype
        if key not in self.constants:
            self.constants[key] = Node(
                "constant", shape=value.shape, dtype=value.dtype, value=value, name=name
            )
        return self.constants[key]
