"""Which calls of a program are drawn as one box."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backlit.compile.functions import VIEWS
from backlit.draw.program_title import call_title, layer_of, place_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.compile.node import Node, Program

__all__ = ["Box", "folded", "origin", "single"]

_SEEN_THROUGH = VIEWS - {"np.diag"}


@dataclass(eq=False)
class Box:
    """One call of a program, or all calls at one place of the step.

    Attributes
    ----------
    title, detail
        What is called, and lines on what it does.
    phase
        ``"forward"``, ``"backward"`` or ``"update"``.
    nodes
        What it computes.
    results
        Those of its values that others read, or that are kept.
    reads
        What it reads from outside, in order.
    """

    title: str
    detail: tuple[str, ...]
    phase: str
    nodes: list[Node] = field(default_factory=list)
    results: list[Node] = field(default_factory=list)
    reads: dict[Node, None] = field(default_factory=dict)


def origin(node: Node) -> Node:
    """Return the value whose memory a view shows."""
    while node.function in _SEEN_THROUGH and _plain(node):
        node = node.operands[0]
    return node


def _plain(view: Node) -> bool:
    """Tell apart what is cut out, which is a view, and what is looked up, which is a copy."""
    if view.function != "getitem":
        return True
    index = view.operands[1]
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, (int, slice)) for p in parts)


def _calls(program: Program) -> Iterator[Node]:
    for node in program.nodes:
        if origin(node) is node and node.function != "part":
            yield node


def single(program: Program) -> dict[Node, Box]:
    """Return for each call a box of its own."""
    homes = {node: Box(*call_title(node), node.place.phase) for node in _calls(program)}
    return _with_parts(program, homes)


def _with_parts(program: Program, homes: dict[Node, Box]) -> dict[Node, Box]:
    for node in program.nodes:
        if node.function == "part":
            homes[node] = homes[node.operands[0]]
    return homes


def folded(program: Program) -> dict[Node, Box]:
    """Return for each call the box of its place; of several boxes where one would read itself."""
    homes: dict[Node, Box] = {}
    before: dict[Box, set[Box]] = {}
    current: dict[Any, Box] = {}
    members: dict[Box, list[Node]] = {}
    for node in _calls(program):
        sources = {homes[x] for x in map(_whole, map(origin, node.reads())) if x in homes}
        key = _key(node)
        box = current.get(key)
        if box is None or any(x is not box and _leads(box, x, before) for x in sources):
            box = current[key] = Box("", (), node.place.phase)
            before[box], members[box] = set(), []
        before[box] |= sources - {box}
        homes[node] = box
        members[box].append(node)
    for box, nodes in members.items():
        box.title, box.detail = place_title(nodes)
    return _with_parts(program, homes)


def _whole(node: Node) -> Node:
    return node.operands[0] if node.function == "part" else node


def _leads(box: Box, to: Box, before: dict[Box, set[Box]]) -> bool:
    """Whether what ``box`` computes goes into ``to``."""
    seen, waiting = {to}, [to]
    while waiting:
        for x in before[waiting.pop()] - seen:
            if x is box:
                return True
            seen.add(x)
            waiting.append(x)
    return False


def _key(node: Node) -> tuple[Any, ...]:
    place = node.place
    if place.phase == "update":
        return place.phase, layer_of(place), place.text
    return place.phase, place.name, place.call
