"""A block of many calls as a piece of a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.block import Block, stacked, text_block
from backlit.draw.font import shortened
from backlit.draw.piece import Piece
from backlit.draw.scene import Frame, Item, moved

if TYPE_CHECKING:
    from backlit.draw.folded import Folded

__all__ = ["folded_piece"]

_ACROSS, _AROUND, _BEHIND = 14.0, 8.0, 5.0


def folded_piece(op: Folded, *, down: bool = False, back: bool = False) -> Piece:
    """Return a block with its name, what it is made of, and how often; a stack if it repeats.

    The others of the stack look out away from where the arrow comes in.
    """
    right, below = -1 if back and not down else 1, 1 if down and not back else -1
    times = text_block(f"×{op.count}", "symbol", size=18.0) if op.count > 1 else Block()
    trained = f"{op.parameters:,} parameter{'s'[: op.parameters != 1]}" if op.parameters else ""
    short = shortened(op.title, 40)
    lines = [
        text_block(short, "symbol", size=14.0, title=op.title if short != op.title else ""),
        text_block(shortened(op.detail, 48), "small", size=11.5) if op.detail else Block(),
        text_block(trained, "small", size=11.0) if trained else Block(),
    ]
    told = stacked(lines, 2.0)
    gap = 12.0 if times.items else 0.0
    width = told.width + gap + times.width + 2 * _ACROSS
    height = max(told.height, times.height) + 2 * _AROUND
    left, top = -width / 2, -height / 2
    deep = _BEHIND if times.items else 0.0
    title = f"{op.title}: {op.describe()}"
    items: list[Item] = [
        Frame(left + right * shift, top + below * shift, width, height, "block")
        for shift in (deep, deep / 2)
        if deep
    ]
    items.append(Frame(left, top, width, height, "block", title))
    items += moved(told.items, left + _ACROSS, -told.height / 2)
    items += moved(times.items, width / 2 - _ACROSS - times.width, -times.height / 2)
    return Piece("block", width + 2 * deep, height + 2 * deep, tuple(items), width)
