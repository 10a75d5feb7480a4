"""The learning rate is multiplied into the loss's gradient, once, and not into every gradient."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from backlit.compile.node import Node, Program, mapped
from backlit.ops import Overlap

__all__ = ["with_rate_folded"]

_ELEMENTWISE_LINEAR = {"np.negative", "np.positive"}
_MOVING = {
    "np.reshape", "np.transpose", "np.swapaxes", "np.moveaxis", "np.expand_dims", "np.squeeze",
    "np.broadcast_to", "np.ravel", "np.sum", "getitem", "np.add.reduce", "scatter", "part",
}  # fmt: skip


def with_rate_folded(program: Program) -> Program:
    """Replace ``lr * gradient``, for all gradients, by gradients of ``lr * loss``.

    Gradients are linear in the loss's own, so one small product does what one pass over every
    parameter did. It is done only where every gradient is used in no other way, and never for
    a rate that is used twice.
    """
    for rate in _rates(program):
        program = _folded(program, rate)
    return program


def _rates(program: Program) -> list[Node]:
    found = {x: None for node in program.nodes for x in node.reads() if _is_rate(x)}
    return list(found)


def _is_rate(node: Node) -> bool:
    return node.function == "input" and type(node.value) is tuple and node.value[0] == "rate"


def _folded(program: Program, rate: Node) -> Program:
    search = _Search(program, rate)
    start = search.start()
    if start is None:
        return program
    # The new product stands where the old gradient did; what was scaled is the gradient itself.
    product = _product(start, rate)
    known: dict[Node, Node] = {}
    nodes: list[Node] = []
    for node in program.nodes:
        if node in search.scaled:
            gradient = search.scaled[node]
            assert gradient is not None
            known[node] = known[gradient]
            continue
        current = node
        if any(x in known for x in node.reads()):
            operands = mapped(lambda x: known.get(x, x), node.operands)
            known[node] = current = replace(node, operands=operands)
        if node is start:
            known[start] = product
            own = [start] if product.operands[0] is start else []
            nodes += [*own, *(x for x in product.reads() if x.weak and not x.given), product]
        else:
            nodes.append(current)
    return Program(nodes, program.results, program.states, program.gradients).rebound(known)


def _product(start: Node, rate: Node) -> Node:
    """Return ``start`` times the rate; a division by a number takes the rate into the number."""
    if start.function == "np.divide" and type(start.operands[1]) in {int, float}:
        number = start.operands[1]
        factor = Node("/", (rate, number), place=start.place)
        return replace(start, function="np.multiply", operands=(start.operands[0], factor))
    return Node(
        "np.multiply", (start, rate), shape=start.shape, dtype=start.dtype, place=start.place
    )


class _Search:
    """Looks for the gradient from which all gradients that a rate multiplies follow."""

    def __init__(self, program: Program, rate: Node) -> None:
        self.program = program
        self.users: dict[Node, list[Node]] = {}
        for node in program.nodes:
            for x in dict.fromkeys(node.reads()):
                self.users.setdefault(x, []).append(node)
        self.kept = set(program.kept())
        self.scaled = {node: _other(node, rate) for node in self.users.get(rate, [])}
        self.targets = set(self.scaled.values())

    def start(self) -> Node | None:
        """Return the smallest such gradient, the first of them; ``None`` if there is none."""
        if not all(map(_fits, self.scaled.values(), self.scaled)) or self.targets & self.kept:
            return None
        best: Node | None = None
        for node in self.program.nodes:
            if node.place.phase != "backward" or node.dtype is None or node.dtype.kind != "f":
                continue
            smaller = best is None or prod(node.shape) < prod(best.shape)
            if smaller and self._follows(node):
                best = node
        return best

    def _follows(self, start: Node) -> bool:
        """Tell whether scaling ``start`` scales all targets, and nothing else that is read."""
        if start in self.kept:
            return False
        reached = {start}
        for node in self.program.nodes:
            if node in reached or node in self.scaled or reached.isdisjoint(node.reads()):
                continue
            if node in self.kept or not _linear(node, reached):
                return False
            reached.add(node)
        return self.targets <= reached


def _fits(gradient: Node | None, product: Node) -> bool:
    """Tell whether a gradient can take the place of its product with the rate."""
    return (
        gradient is not None
        and gradient.place.phase == "backward"
        and (gradient.shape, gradient.dtype) == (product.shape, product.dtype)
    )


def _linear(  # noqa: C901, PLR0911  (one for each rule)
    node: Node, scaled: set[Node]
) -> bool:
    """Tell whether a node is scaled by what its operands in ``scaled`` are scaled by."""
    if node.function == "kernel":
        carrying = [i for i, x in enumerate(node.operands) if x in scaled]
        return bool(carrying) and carrying == sorted(node.value.linear)
    if node.dtype is None or node.dtype.kind != "f":
        return False
    if node.function in {"np.stack", "np.concatenate"} or _overlaps(node):
        return all(x in scaled for x in node.reads())
    carries = [isinstance(x, Node) and x in scaled for x in node.operands]
    if node.function in _ELEMENTWISE_LINEAR:
        return True
    if node.function in _MOVING:
        return carries[0] and sum(carries) == 1
    if node.function == "astype":
        return node.operands[0].dtype == node.dtype  # type: ignore[no-any-return]
    if node.function in {"np.multiply", "np.matmul", "np.dot"}:
        return sum(carries) == 1
    if node.function == "np.divide":
        return carries == [True, False]
    if node.function in {"np.add", "np.subtract"}:
        return all(carries)
    if node.function == "np.where":
        return not carries[0] and all(
            scales or (type(x) in {int, float} and x == 0)
            for scales, x in zip(carries[1:], node.operands[1:], strict=True)
        )
    return False


def _overlaps(node: Node) -> bool:
    """Tell whether it adds arrays into zeros, each at places of its own."""
    return node.function == "whole" and type(node.operands[0]) is Overlap


def _other(node: Node, rate: Node) -> Node | None:
    """Return what the rate is multiplied by in ``node``, or ``None`` if it is used otherwise."""
    if node.function != "np.multiply":
        return None
    x, y = node.operands
    other = y if x is rate else x
    return other if isinstance(other, Node) and other is not rate and not other.given else None
