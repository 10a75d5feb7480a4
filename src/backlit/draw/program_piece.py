"""The pieces that the drawing of a program is laid out from: boxes, what is given, and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.block import Block, padded, stacked, text_block
from backlit.draw.font import shortened
from backlit.draw.piece import Piece, end_piece, leaf_piece
from backlit.draw.scene import Frame, Item, moved

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backlit.compile.node import Node
    from backlit.draw.program_box import Box
    from backlit.draw.program_read import Chart

__all__ = ["box_piece", "end", "leaf"]

_ACROSS, _AROUND, _APART = 14.0, 8.0, 6.0
_LINES = 12


def box_piece(box: Box, shown: Sequence[Node], chart: Chart) -> Piece:
    """Return a box: what is called, what it does, and those of its results that are ``shown``."""
    role = "gradient" if box.phase == "backward" else "value"
    lines = [text_block(shortened(box.title, 40), "symbol", size=14.0)]
    lines += [text_block(shortened(line, 48), "small") for line in _few(box.detail)]
    lines += [_row(chart.name(x), chart.shape(x), role, 12.0) for x in shown[:_LINES]]
    if len(shown) > _LINES:
        lines.append(text_block(f"and {len(shown) - _LINES} more", "small"))
    told = stacked(lines, 2.0)
    width, height = told.width + 2 * _ACROSS, told.height + 2 * _AROUND
    left, top = -width / 2, -height / 2
    hint = "; ".join((box.title, *filter(None, box.detail)))
    items: list[Item] = [Frame(left, top, width, height, f"block {box.phase}", hint)]
    items += moved(told.items, -told.width / 2, -told.height / 2)
    return Piece("block", width, height, tuple(items), width)


def leaf(nodes: Iterable[Node], chart: Chart, *, down: bool = False, back: bool = False) -> Piece:
    """Return what is given, below one another: names and shapes, flush where the link begins."""
    rows = [_row(chart.name(x) or "constant", chart.shape(x), "name", 14.0) for x in nodes]
    width = 0.0 if down else max(row.width for row in rows)
    return leaf_piece(stacked((padded(row, width, left=back) for row in rows), 2.0), None)


def end(texts: Iterable[str]) -> Piece:
    """Return what is left when the step is done, a line for each."""
    return end_piece(stacked((_row(text, "", "name", 14.0) for text in texts), 2.0))


def _few(detail: Sequence[str]) -> list[str]:
    lines = [line for line in detail if line]
    if len(lines) <= _LINES:
        return lines
    return [*lines[: _LINES - 1], f"and {len(lines) - _LINES + 1} more"]


def _row(name: str, shape: str, role: str, size: float) -> Block:
    """Return a name with the shape behind it."""
    short = shortened(name)
    first = text_block(short, role, size=size, title=name if short != name else "")
    second = text_block(shape, "small")
    if not short or not shape:
        return first if short else second if shape else Block()
    height, behind = max(first.height, second.height), first.width + _APART
    items = moved(first.items, 0.0, height - first.height)
    items += moved(second.items, behind, height - second.height - 1.0)
    return Block(behind + second.width, height, tuple(items))
