"""The user's forward, read on tensors: the ways by which an input reaches the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.check.diagnosis.base import Case
    from backlit.op import Op

__all__ = ["Graph", "traced"]

Edge: TypeAlias = "tuple[int, int]"
"""The order of an op, and which of its inputs."""


@dataclass
class Graph:
    """The ops between one tensor and the output.

    Parameters
    ----------
    leaf
        The tensor.
    ops
        The ops that the output depends on, the last first.
    output
        The output.
    """

    leaf: Tensor
    ops: list[Op]
    output: Tensor

    def forks(self) -> list[Edge]:
        """Return the ways out of every tensor that is used more than once after the leaf."""
        uses: dict[int, list[Edge]] = {}
        for op in self.ops:
            for i, x in enumerate(op.inputs):
                if x.requires_grad and self._depends(x):
                    uses.setdefault(id(x), []).append((op.order, i))
        return [edge for edges in uses.values() if len(edges) > 1 for edge in edges]

    def told(self, edge: Edge) -> str:
        """Say which use an edge is."""
        op = next(op for op in self.ops if op.order == edge[0])
        return f"`{op.formula}`" if op.formula else op.name

    def nodes(self) -> list[Tensor]:
        """Return the tensors on the way from the leaf to the output, the leaf first."""
        return [self.leaf, *(out for _, out in reversed(self._pairs) if self._depends(out))]

    def kinds(self) -> list[frozenset[Edge]]:
        """Return the ways out of forks, those of one kind together: all steps of a recurrence.

        For the leaf also all its uses but one.
        """
        groups: dict[tuple[str, int, bool], list[Edge]] = {}
        own: list[Edge] = []
        names = {op.order: op for op in self.ops}
        for edge in self.forks():
            op = names[edge[0]]
            at_leaf = op.inputs[edge[1]] is self.leaf
            groups.setdefault((op.name, edge[1], at_leaf), []).append(edge)
            own += [edge] if at_leaf else []
        found = [frozenset(edges) for edges in groups.values() if len(edges) > 1]
        return found + [frozenset(own) - {edge} for edge in own if len(own) > 2]

    def gradient(
        self,
        dout: Any,
        without: frozenset[Edge] = frozenset(),
        around: tuple[Tensor, Tensor, Callable[[Any], Any]] | None = None,
    ) -> Any:
        """Return the leaf's gradient, some ways left out, or one part gone around."""
        grads: dict[int, Any] = {id(self.output): np.asarray(dout, float)}
        for op, out in self._pairs:
            dz = grads.get(id(out))
            if dz is None:
                continue
            if around is not None and out is around[0]:
                known = grads.get(id(around[1]))
                dx = around[2](dz)
                grads[id(around[1])] = dx if known is None else known + dx
                continue
            returned = op.backward(dz)
            entries = returned if isinstance(returned, tuple) else (returned,)
            for i, (x, dx) in enumerate(zip(op.inputs, entries, strict=False)):
                if dx is None or not x.requires_grad or (op.order, i) in without:
                    continue
                dx = _summed_to(np.asarray(dx), x.shape)  # noqa: PLW2901
                known = grads.get(id(x))
                grads[id(x)] = dx if known is None else known + dx
        found = grads.get(id(self.leaf))
        return np.zeros(self.leaf.shape) if found is None else found

    def __post_init__(self) -> None:
        outputs: dict[int, Tensor] = {self.output.op.order: self.output} if self.output.op else {}
        for op in self.ops:
            for x in op.inputs:
                if x.op is not None:
                    outputs[x.op.order] = x
        self._pairs = [(op, outputs[op.order]) for op in self.ops if op.order in outputs]
        self._reached = {id(self.leaf)}
        for op, out in reversed(self._pairs):
            if any(id(x) in self._reached for x in op.inputs):
                self._reached.add(id(out))

    def _depends(self, x: Tensor) -> bool:
        return id(x) in self._reached


def traced(case: Case) -> Graph | None:
    """Run the user's forward on tensors; ``None`` if its text can't be read so."""
    trace = getattr(case.evidence.part, "trace", None)
    if trace is None:
        return None
    try:
        leaf, output = trace(case.slot)
    except Exception:  # noqa: BLE001 - the user's code was not written for tensors
        return None
    if not isinstance(output, Tensor) or output.op is None or output.shape != case.y.shape:
        return None
    ops: dict[int, Op] = {}
    waiting = [output.op]
    while waiting:
        op = waiting.pop()
        if op.order in ops:
            continue
        ops[op.order] = op
        waiting += [x.op for x in op.inputs if x.op is not None]
    if len(ops) > 500:
        return None
    graph = Graph(leaf, [ops[order] for order in sorted(ops, reverse=True)], output)
    try:
        whole = graph.gradient(case.dout)
    except Exception:  # noqa: BLE001
        return None
    return graph if case.is_right(whole) else None


def _summed_to(array: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting."""
    if array.shape == shape:
        return array
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and array.shape[i] != 1)
    return np.broadcast_to(array.sum(axis=axes, keepdims=True), shape)
