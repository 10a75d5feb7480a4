"""The same values by calls that NumPy does faster. Sums are rounded in another order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.node import Node

if TYPE_CHECKING:
    from backlit.compile.node import Program

__all__ = ["with_fast_calls"]

_NARROW = 64
"""Rows so short are reduced column by column, which is one long loop per column."""
_MIXED = {"np.multiply", "np.add", "np.subtract"}
_SHORT = 4096
"""So many numbers a BLAS adds up as exactly as NumPy does, which adds them pair by pair."""


def with_fast_calls(program: Program) -> Program:  # noqa: C901  (one rule after the other)
    """Sum by matrix products, take maxima of short rows across, and convert masks apart."""
    constants: dict[Any, Node] = {}

    def filled(shape: tuple[int, ...], value: float, dtype: Any) -> Node:
        key = shape, value, dtype
        if key not in constants:
            array = np.full(shape, value, dtype)
            constants[key] = Node("constant", shape=shape, dtype=dtype, value=array)
        return constants[key]

    def change(node: Node) -> Node | None:  # noqa: PLR0911
        x = node.operands[0] if node.operands else None
        if node.function == "np.sum" and isinstance(x, Node):
            return _sum(node, x, filled)
        if node.function == "np.max" and isinstance(x, Node):
            return _max(node, x)
        if node.function in {"np.maximum", "np.minimum"} and node.shape:
            y = node.operands[1]
            if type(y) in {int, float} and isinstance(x, Node) and x.shape == node.shape:
                # With a number NumPy's loop is not the vectorised one.
                return replace(node, operands=(x, filled(node.shape, y, node.dtype)))
        if node.function in _MIXED and node.dtype is not None and node.dtype.kind == "f":
            known = _converted(node)
            return _scaled(node) if known is None else known
        if node.function == "np.divide":
            return _scaled(node)
        if node.function == "np.matmul" and isinstance(x, Node):
            return _dot(node)
        return None

    return program.rewritten(change)


def _sum(node: Node, x: Node, filled: Any) -> Node | None:
    axis = node.options.get("axis")
    told = {k for k, v in node.options.items() if v}
    if x.dtype != node.dtype or node.dtype not in (np.float32, np.float64):
        return None
    if len(x.shape) == 1 and not told and x.shape[0] <= _SHORT:
        ones = filled(x.shape, 1, node.dtype)
        return replace(node, function="np.dot", operands=(x, ones), options={})
    if len(x.shape) != 2 or axis not in (0, 1, -1) or told - {"axis", "keepdims"}:
        return None
    rows, columns = x.shape
    ones = filled((rows if axis == 0 else columns,), 1, node.dtype)
    operands = (ones, x) if axis == 0 else (x, ones)
    flat = (columns if axis == 0 else rows,)
    return _shaped(node, replace(node, function="np.dot", operands=operands, options={},
                                 shape=flat))  # fmt: skip


def _max(node: Node, x: Node) -> Node | None:
    if len(x.shape) != 2 or node.options.get("axis") not in (1, -1):
        return None
    rows, columns = x.shape
    if not 0 < columns <= _NARROW or rows < columns:
        return None
    across = replace(node, function="np.transpose", operands=(x,), options={},
                     shape=(columns, rows))  # fmt: skip
    copied = replace(across, function="astype", operands=(across, node.dtype))
    largest = replace(node, operands=(copied,), options={"axis": 0}, shape=(rows,))
    return _shaped(node, largest)


def _shaped(node: Node, flat: Node) -> Node:
    if flat.shape == node.shape:
        return flat
    return replace(node, function="np.reshape", operands=(flat, node.shape), options={})


def _dot(node: Node) -> Node | None:
    """Call the function that, for two matrices, does nothing besides."""
    x, y = node.operands
    plain = (
        isinstance(y, Node)
        and len(x.shape) == len(y.shape) == 2
        and x.dtype == y.dtype == node.dtype
        and node.dtype in (np.float32, np.float64)
    )
    return replace(node, function="np.dot") if plain else None


def _scaled(node: Node) -> Node | None:
    """Scale by one number at once, where it was done by two in turn."""
    first, second = node.operands
    if node.function not in {"np.multiply", "np.divide"} or not isinstance(first, Node):
        return None
    if first.function not in {"np.multiply", "np.divide"} or first.shape != node.shape:
        return None
    x, factor = first.operands
    same = isinstance(x, Node) and x.dtype == first.dtype == node.dtype
    if not (same and _is_number(factor) and _is_number(second)) or node.dtype.kind != "f":  # type: ignore[union-attr]
        return None
    if first.function == "np.divide":
        factor = Node("/", (1.0, factor), place=node.place)
    symbol = "*" if node.function == "np.multiply" else "/"
    return replace(
        node,
        function="np.multiply",
        operands=(x, Node(symbol, (factor, second), place=node.place)),
    )


def _is_number(value: Any) -> bool:
    """Tell whether it is a Python number, or one that differs from step to step."""
    return type(value) in {int, float} or (isinstance(value, Node) and value.weak)


def _converted(node: Node) -> Node | None:
    """Convert a mask in one pass of its own: within a product it is done piece by piece."""
    operands = tuple(
        replace(x, function="astype", operands=(x, node.dtype), options={}, dtype=node.dtype,
                place=node.place, value=None)
        if isinstance(x, Node) and x.dtype == np.bool_ and x.shape == node.shape and x.shape
        else x
        for x in node.operands
    )  # fmt: skip
    return None if operands == node.operands else replace(node, operands=operands)
