"""From the boxes of a program to pieces and the links between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.assemble import Parts
from backlit.draw.program_piece import box_piece, end, leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.compile.node import Node
    from backlit.draw.program_box import Box
    from backlit.draw.program_read import Chart

__all__ = ["program_parts"]

_NEW = " ← new"


def program_parts(chart: Chart, *, fold: bool, down: bool = False, back: bool = False) -> Parts:
    """Return the pieces of a program; with ``fold``, no box names what an end names."""
    parts = Parts(back=back)
    ends: dict[Node, list[str]] = {}
    for node, text in _kept(chart):
        ends.setdefault(node, []).append(text)
    links: list[tuple[int, Box]] = []
    numbers: dict[Box, int] = {}
    for box in chart.boxes:
        for given, readers in _given(box, chart):
            start = parts.add(leaf(given, chart, down=down, back=back))
            links += [(start, reader) for reader in readers]
        shown = [x for x in box.results if x in chart.readers or not fold or _told(ends[x])]
        numbers[box] = start = parts.add(box_piece(box, shown, chart))
        found = [reader for x in box.results for reader in chart.readers.get(x, ())]
        links += [(start, reader) for reader in dict.fromkeys(found)]
    parts.links += [(start, numbers[reader]) for start, reader in links]
    for box in chart.boxes:
        texts = [text for x in box.results for text in ends.pop(x, ())]
        for told in (_told(texts), [text for text in texts if text.endswith(_NEW)]):
            if told:
                parts.add(end(told), numbers[box])
    for node, texts in ends.items():  # what is given, and kept as it is
        parts.add(end(texts), parts.add(leaf([node], chart)))
    if not parts.pieces:
        parts.add(end(["nothing is computed"]))
    return parts


def _kept(chart: Chart) -> Iterator[tuple[Node, str]]:
    """Yield what is left when the step is done, and what to say of it."""
    for name, x in chart.states:
        yield x, f"{name}{_NEW}"
    for x in chart.gradients:
        yield x, f"{chart.name(x) or 'gradient'} → .grad"
    for x in chart.returned:
        yield x, f"return {chart.name(x)}".strip()


def _told(texts: list[str]) -> list[str]:
    """Return what is said of a value besides that it is an array's new content."""
    return [text for text in texts if not text.endswith(_NEW)]


def _given(box: Box, chart: Chart) -> Iterator[tuple[list[Node], tuple[Box, ...]]]:
    """Yield what is given to a box, and who else reads it: in each phase anew.

    A line from the first to the last phase would be long, and there would be many.
    """
    together: dict[tuple[Box, ...], list[Node]] = {}
    for x in box.reads:
        readers = tuple(other for other in chart.readers[x] if other.phase == box.phase)
        if x.function == "constant":
            readers = (box,)
        if x.given and readers[0] is box:
            together.setdefault(readers, []).append(x)
    for readers, found in together.items():
        yield found, readers
