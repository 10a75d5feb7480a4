"""Blocks of text and shapes that know their size, to be stacked and placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backlit.draw.scene import Heat, Item, Line, Text, moved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backlit.draw.glimpse import Glimpse
    from backlit.draw.heat import Cells

__all__ = ["SIZES", "Block", "glimpse_block", "padded", "stacked", "text_block"]

SIZES = {
    "value": 15.0,
    "gradient": 15.0,
    "name": 16.0,
    "symbol": 17.0,
    "small": 11.0,
    "formula": 13.0,
}
"""Font sizes in pixels, by role."""

_CELL_GAP, _BRACKET, _HEAT_CELL = 10.0, 5.0, 6.0


@dataclass(frozen=True)
class Block:
    """Items in a room whose top left corner is (0, 0)."""

    width: float = 0.0
    height: float = 0.0
    items: tuple[Item, ...] = ()


def text_block(text: str, role: str, *, size: float = 0.0, title: str = "", tex: str = "") -> Block:
    """Return one line of text, or a formula."""
    line = Text(0.0, 0.0, text, size or SIZES[role], role, title, tex)
    box = line.box
    return Block(line.width, box.bottom - box.top, tuple(moved((line,), 0.0, -box.top)))


def stacked(blocks: Iterable[Block], gap: float = 3.0) -> Block:
    """Return the blocks below one another, centred; empty ones are left out."""
    shown = [block for block in blocks if block.items]
    width = max((block.width for block in shown), default=0.0)
    items: list[Item] = []
    top = 0.0
    for block in shown:
        items += moved(block.items, (width - block.width) / 2, top)
        top += block.height + gap
    return Block(width, max(top - gap, 0.0), tuple(items))


def padded(block: Block, width: float, *, left: bool = False) -> Block:
    """Return the block at the right (or left) of a room of at least ``width``."""
    more = max(width - block.width, 0.0)
    shift = 0.0 if left else more
    return Block(block.width + more, block.height, tuple(moved(block.items, shift, 0.0)))


def glimpse_block(glimpse: Glimpse, role: str) -> Block:
    """Return a number, a matrix in brackets, or a heat map; arrays with their shape."""
    if not glimpse.shape:
        return text_block(glimpse.cells[0][0], role)
    small = role if role == "gradient" else "small"
    shape = text_block(glimpse.shape, small, size=SIZES["small"])
    if glimpse.fine is not None:
        return _map(glimpse, glimpse.fine, shape, small)
    if glimpse.heat is not None:
        rows, columns = glimpse.heat.shape
        cell = _HEAT_CELL if rows > 6 else 1.5 * _HEAT_CELL
        room = Block(
            columns * cell, rows * cell, (Heat(0.0, 0.0, cell, glimpse.heat, str(glimpse)),)
        )
        return stacked((shape, room, text_block(glimpse.range, small, size=SIZES["small"])))
    if not glimpse.cells:
        return stacked((shape, text_block("empty", small, size=SIZES["small"])))
    return stacked((shape, _matrix(glimpse.cells, role)))


def _map(glimpse: Glimpse, cells: Cells, shape: Block, role: str) -> Block:
    """Return a heat map between its shape and its range, mean and part."""
    rows, columns = cells.levels.shape
    title = "; ".join(filter(None, (f"{glimpse}", cells.part, cells.block)))
    heat = Heat(0.0, 0.0, cells.size, cells.levels, title, cells.tile)
    room = Block(columns * cells.size, rows * cells.size, (heat,))
    mean = "" if glimpse.range.startswith(("all", "no ")) else f"mean {glimpse.mean}"
    told = [text_block(line, role, size=SIZES["small"])
            for line in (glimpse.range, mean, cells.part) if line]  # fmt: skip
    return stacked((shape, room, stacked(told, 0.0)))


def _matrix(cells: tuple[tuple[str, ...], ...], role: str) -> Block:
    blocks = [[text_block(cell, role) for cell in row] for row in cells]
    widths = [max(row[j].width for row in blocks) for j in range(len(blocks[0]))]
    height = blocks[0][0].height
    items: list[Item] = []
    for i, row in enumerate(blocks):
        right = _BRACKET + 2.0
        for block, width in zip(row, widths, strict=True):
            right += width
            items += moved(block.items, right - block.width, i * height)
            right += _CELL_GAP
    total = right - _CELL_GAP + _BRACKET + 2.0
    bottom = height * len(blocks)
    for x, inward in ((0.5, _BRACKET), (total - 0.5, -_BRACKET)):
        corners = ((x + inward, 1.0), (x, 1.0), (x, bottom - 1.0), (x + inward, bottom - 1.0))
        items.append(Line(corners, f"bracket {role}"))
    return Block(total, bottom, tuple(items))
