"""A program as data: a list of calls in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from backlit.op import Op

__all__ = ["Call", "Node", "Place", "Program", "mapped", "operands_of"]


@dataclass(frozen=True)
class Place:
    """Where in the user's step a value is computed."""

    phase: str = "forward"
    """``"forward"``, ``"backward"`` or ``"update"``."""
    name: str = ""
    """The layer, op or parameter, by its name."""
    text: str = ""
    """What is computed there: the op's formula, the optimiser's name."""
    call: int = 0
    """Tells two calls of one op from each other."""


@dataclass(eq=False, slots=True)
class Node:
    """One value of a program, and how it comes about.

    ``function`` is what is called, as it is written in the source: ``"np.add"``; for values
    that are not computed it is ``"input"`` or ``"constant"``, and ``value`` says which. A
    ``"kernel"`` stands for several values, each of them a ``"part"`` of it; its ``value`` writes
    it down.
    """

    function: str
    operands: tuple[Any, ...] = ()
    """Nodes, and what is the same in every step; lists and tuples of both."""
    options: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] | None = None
    """``None`` for a Python number, which takes the dtype of the array it meets."""
    value: Any = None
    place: Place = Place()
    name: str = ""

    @property
    def weak(self) -> bool:
        """Whether it is a Python number."""
        return self.dtype is None

    @property
    def given(self) -> bool:
        """Whether it is an input or a constant."""
        return self.function in {"input", "constant"}

    @property
    def effect(self) -> bool:
        """Whether running it changes something besides its value: it is kept, and in order."""
        return self.function in {"draw", "refuse"}

    def reads(self) -> Iterator[Node]:
        """Yield the nodes that it reads."""
        yield from operands_of(self.operands)


@dataclass(frozen=True, eq=False)
class Call:
    """One call of an op, forwards or backwards, whose inside the program holds node by node."""

    op: Op
    phase: str
    """``"forward"`` or ``"backward"``."""
    operands: tuple[Node, ...]
    """The op's inputs, or the gradient of its output."""
    results: tuple[Node | None, ...]
    """The output; or the gradients of the inputs, ``None`` where there is none."""
    saved: dict[str, Node] = field(default_factory=dict)
    """What ``forward`` saved on the op."""


@dataclass
class Program:
    """A whole step.

    Attributes
    ----------
    nodes
        The computed values, in order.
    results
        What the function returns: nodes, and what is the same in every step.
    states
        For each input that the step replaces, the new value.
    gradients
        For each tensor (by its number) whose gradient is left to the user, the gradient.
    calls
        The calls of ops that the nodes come from, in order. Passes that replace nodes drop them.
    names
        What inputs and values are called in the source, once it is written; what is written
        within another's line has no name.
    """

    nodes: list[Node]
    results: list[Node]
    states: dict[Node, Node]
    gradients: dict[int, Node] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    names: dict[Node, str] = field(default_factory=dict)

    def kept(self) -> Iterator[Node]:
        """Yield the nodes that someone outside of the program reads."""
        yield from self.results
        yield from self.states.values()
        yield from self.gradients.values()

    def rebound(self, known: dict[Node, Node]) -> Program:
        """Return the program with what is read from outside replaced, where it is known."""
        return Program(
            self.nodes,
            [known.get(x, x) for x in self.results],
            {state: known.get(x, x) for state, x in self.states.items()},
            {i: known.get(x, x) for i, x in self.gradients.items()},
        )

    def rewritten(self, change: Callable[[Node], Node | None]) -> Program:
        """Return the program with nodes replaced, and whatever read them reading the new ones.

        ``change(node)`` is called in order, with the operands replaced already. It returns what
        takes the node's place: itself, another (a new one is inserted there), or ``None`` to
        leave it as it is.
        """
        known: dict[Node, Node] = {}
        nodes: list[Node] = []
        present: set[Node] = set()

        def new(node: Node) -> Node:
            return known.get(node, node)

        for node in self.nodes:
            current = node
            operands = mapped(new, node.operands)
            if any(known.get(x, x) is not x for x in node.reads()):
                current = replace(node, operands=operands)
            taken = change(current) or current
            known[node] = taken
            if not taken.given and taken not in present:
                for part in _unknown(taken, present):
                    nodes.append(part)
                    present.add(part)
        return Program(nodes, self.results, self.states, self.gradients).rebound(known)


def operands_of(value: Any) -> Iterator[Node]:
    """Yield the nodes in nested tuples, lists and slices.

    Examples
    --------
    >>> a, b = Node("input"), Node("input")
    >>> list(operands_of(([a, 3], b))) == [a, b]
    True
    """
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from operands_of(part)


def mapped(change: Callable[[Node], Any], value: Any) -> Any:
    """Return nested tuples and lists with every node changed."""
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(change, part) for part in value)
    return value


def _unknown(node: Node, present: set[Node]) -> list[Node]:
    """Return ``node`` after those of its operands that a pass made new."""
    parts: list[Node] = []
    for x in node.reads():
        if not x.given and x not in present and x not in parts:
            parts += [part for part in _unknown(x, present) if part not in parts]
    return [*parts, node]
