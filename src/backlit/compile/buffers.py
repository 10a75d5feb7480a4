"""Where every value is kept: buffers by liveness, in place where an operand dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.functions import VIEWS
from backlit.compile.inline import is_small

if TYPE_CHECKING:
    from collections.abc import Hashable

    from backlit.compile.node import Node, Program

__all__ = ["Buffer", "Plan", "elementwise", "plan", "takes_out"]

_OUT = {
    "np.matmul", "np.dot", "np.where", "np.clip", "np.concatenate", "np.stack", "np.sum",
    "np.max", "np.min", "np.prod", "np.mean", "np.take", "np.cumsum", "astype", "scatter",
    "np.add.reduce", "np.maximum.reduce", "np.minimum.reduce", "np.multiply.reduce", "np.var",
    "np.std", "np.argmax", "np.argmin", "subtract_product",
}  # fmt: skip
_DRAWS = {"random", "standard_normal", "standard_exponential"}


@dataclass(eq=False)
class Buffer:
    """An array that every step writes anew."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    name: str = ""


@dataclass
class Plan:
    """Where the values of a program are kept.

    Attributes
    ----------
    homes
        For each computed value that is written into memory given to it: a buffer, or the input
        whose new value it is.
    buffers
        All buffers, in order.
    copied
        New values of inputs that are copied there at the end, because the old value is read
        until then.
    """

    homes: dict[Node, Buffer | Node] = field(default_factory=dict)
    buffers: list[Buffer] = field(default_factory=list)
    copied: list[tuple[Node, Node]] = field(default_factory=list)


def elementwise(node: Node) -> bool:
    """Tell whether each element of the result depends on the same elements of the operands."""
    known = getattr(np, node.function.removeprefix("np."), None)
    return isinstance(known, np.ufunc) and known.signature is None


def takes_out(node: Node) -> bool:
    """Tell whether its result can be written into an array that is given."""
    if node.weak or not node.shape:
        return False
    if node.function == "draw":
        return node.operands[1] in _DRAWS
    return elementwise(node) or node.function in _OUT


def plan(program: Program) -> Plan:
    """Give every value of a program its memory."""
    return _Planner(program).plan


class _Planner:
    def __init__(self, program: Program) -> None:
        self.plan = Plan()
        self.nodes = program.nodes
        self.position = {node: i for i, node in enumerate(self.nodes)}
        self.end = len(self.nodes)
        self.roots: dict[Node, Node] = {}
        for node in self.nodes:
            # What may share memory counts as sharing: a reshape of a buffer does.
            shares = node.function in VIEWS and not node.weak and bool(node.shape)
            self.roots[node] = self.root(node.operands[0]) if shares else node
        self.last: dict[Node, int] = {}
        for i, node in enumerate(self.nodes):
            for x in node.reads():
                self.last[self.root(x)] = i
        self.outside = {self.root(x) for x in program.results}
        self.outside |= {self.root(x) for x in program.gradients.values()}
        for root in self.outside:
            self.last[root] = self.end
        self._update(program)
        self._assign()

    def root(self, node: Node) -> Node:
        """Return the value whose memory a value is a view of, or itself."""
        return self.roots.get(node, node)

    def _update(self, program: Program) -> None:
        """Let new values of inputs be written over the old ones, where nobody reads those later."""
        homes = self.plan.homes
        for new in program.states.values():
            if new.given or self.root(new) is not new:
                self.last[self.root(new)] = self.end
        for state, new in program.states.items():
            at = self.position.get(new, -1)
            fits = (
                not new.given
                and self.root(new) is new
                and takes_out(new)
                and new not in homes
                and new not in self.outside
                and self.last.get(state, -1) <= at
                and (self.last.get(state, -1) < at or _aligned(new, state))
            )
            if fits and any(self.root(x) is state and x is not state for x in new.reads()):
                fits = False
            if fits:
                homes[new] = state
            else:
                self.plan.copied.append((state, new))
                self.last[self.root(new)] = self.end

    def _assign(self) -> None:
        free: dict[Hashable, list[Buffer]] = {}
        homes = self.plan.homes
        for i, node in enumerate(self.nodes):
            if takes_out(node) and node not in homes and node not in self.outside:
                if self.root(node) is not node or (is_small(node) and not node.effect):
                    continue
                homes[node] = self._in_place(node, i) or self._buffer(node, free)
            dying = {self.root(x) for x in node.reads() if self.last[self.root(x)] == i}
            if self.last.get(node, -1) < 0:
                dying.add(node)
            for root in dying:
                home = homes.get(root)
                taken = home is homes.get(node) and root is not node
                if isinstance(home, Buffer) and not taken:
                    free.setdefault((home.shape, home.dtype), []).append(home)

    def _in_place(self, node: Node, i: int) -> Buffer | None:
        if not elementwise(node):
            return None
        for x in node.reads():
            home = self.plan.homes.get(x)
            if (
                isinstance(home, Buffer)
                and _aligned(node, x)
                and self.last[x] == i
                and not any(self.root(y) is x and y is not x for y in node.reads())
            ):
                return home
        return None

    def _buffer(self, node: Node, free: dict[Hashable, list[Buffer]]) -> Buffer:
        assert node.dtype is not None
        waiting = free.get((node.shape, node.dtype))
        if waiting:
            return waiting.pop()
        made = Buffer(node.shape, node.dtype, f"buffer{len(self.plan.buffers) + 1}")
        self.plan.buffers.append(made)
        return made


def _aligned(node: Node, x: Node) -> bool:
    """Tell whether ``node`` can be computed into the memory of its operand ``x``."""
    in_place = elementwise(node) or (node.function == "subtract_product" and node.operands[0] is x)
    return in_place and node.shape == x.shape and node.dtype == x.dtype
