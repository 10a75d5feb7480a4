"""From a compiled program to boxes, and what flows between them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backlit.draw.program_box import folded, origin, single

if TYPE_CHECKING:
    from backlit.compile.node import Node, Program
    from backlit.draw.program_box import Box

__all__ = ["Chart", "charted"]


@dataclass(frozen=True)
class Chart:
    """The boxes of a program, each after all that it reads.

    Attributes
    ----------
    boxes
        The calls.
    readers
        For every value, given or computed, the boxes that read it.
    returned
        What the step returns.
    states
        For each array that the step replaces, by its name, the new value.
    gradients
        The gradients that are left to the user.
    named
        For each value that the source has a name for, the node of that name: a view, where the
        value itself is written within the view's line.
    names
        The names. What is written within another's line goes by the name that the compiler has
        for it, if nothing else does.
    """

    boxes: tuple[Box, ...]
    readers: dict[Node, list[Box]]
    returned: tuple[Node, ...]
    states: tuple[tuple[str, Node], ...]
    gradients: tuple[Node, ...]
    named: dict[Node, Node]
    names: dict[Node, str]

    def name(self, node: Node) -> str:
        """Return what a value is called; ``""`` if nothing."""
        return self.names.get(self.named.get(node, node), "")

    def shape(self, node: Node) -> str:
        """Return the shape of what goes by that name; ``""`` for a number."""
        shape = self.named.get(node, node).shape
        return str(shape) if shape else ""


def charted(program: Program, *, fold: bool) -> Chart:
    """Read ``program``: a box for each place of the step if ``fold``, else for each call.

    Views of an array are no calls: whoever reads one reads the array. Constants are read where
    calls stand alone, numbers among them in the titles.
    """
    homes = folded(program) if fold else single(program)
    boxes = tuple(dict.fromkeys(homes.values()))
    readers: dict[Node, list[Box]] = {}
    for node, box in homes.items():
        box.nodes.append(node)
        for x in map(origin, node.reads()):
            silent = x.function == "constant" and (fold or not x.shape)
            if homes.get(x) is not box and not silent:
                box.reads[x] = None
    for box in boxes:
        for x in box.reads:
            readers.setdefault(x, []).append(box)
    kept = {origin(x) for x in program.kept()}
    for node, box in homes.items():
        if node in kept or node in readers:
            box.results.append(node)
    named = _named(program)
    states = [x for x in program.names if x in program.states]  # in the order of the source
    return Chart(
        _in_order(boxes, homes),
        readers,
        tuple(map(origin, program.results)),
        tuple((program.names[x], origin(program.states[x])) for x in states),
        tuple(map(origin, program.gradients.values())),
        named,
        {**_would_be(program, named), **program.names},
    )


def _named(program: Program) -> dict[Node, Node]:
    named = {x: x for x in program.names}
    for node in program.nodes:
        if node in program.names and node.function != "getitem":
            named.setdefault(origin(node), node)
    return named


def _would_be(program: Program, named: dict[Node, Node]) -> dict[Node, str]:
    nameless = (x for x in program.nodes if x.name and x not in named)
    wanted = {x: re.sub(r"\W+", "_", x.name) for x in nameless}
    taken = Counter([*wanted.values(), *program.names.values()])
    return {x: name for x, name in wanted.items() if taken[name] == 1}


def _in_order(boxes: tuple[Box, ...], homes: dict[Node, Box]) -> tuple[Box, ...]:
    """Return the boxes, each after those that it reads from, otherwise as they come."""
    ordered: dict[Box, None] = {}
    for box in boxes:
        waiting = [box]
        while waiting:
            last = waiting[-1]
            missing = [homes[x] for x in last.reads if x in homes and homes[x] not in ordered]
            if missing and last not in ordered:
                waiting += missing
            else:
                ordered[waiting.pop()] = None
    return tuple(ordered)
