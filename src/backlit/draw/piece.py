"""The pieces that a drawing is laid out from: ops, labelled wires, names and branches.

The label of an edge is a piece of its own, with a size, and not something added to a
finished drawing. So the layout gives it room, and no text can meet another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backlit.draw.block import SIZES, Block, stacked, text_block
from backlit.draw.font import shortened
from backlit.draw.scene import Circle, Item, Line, moved

if TYPE_CHECKING:
    from backlit.draw.formula import Formula

__all__ = [
    "RADIUS",
    "Piece",
    "branch_piece",
    "end_piece",
    "formula_block",
    "leaf_piece",
    "op_piece",
    "wire_piece",
    "without_gradient",
]

RADIUS = 19.0
_PAD, _STUB = 6.0, 34.0
_ABOVE, _ARROW, _BELOW = 5.0, 6.0, 10.0
"""From a wire to the value over it, to the arrow under it, and to the gradient under that."""


@dataclass(frozen=True)
class Piece:
    """Items around the centre (0, 0), in a room of ``width`` × ``height`` around it.

    Parameters
    ----------
    kind
        ``"op"``, ``"wire"``, ``"leaf"``, ``"end"`` or ``"branch"``.
    width, height
        The room.
    items
        What is drawn.
    body
        The width of an op's circle or pill, without its formulas.
    """

    kind: str
    width: float
    height: float
    items: tuple[Item, ...] = ()
    body: float = 0.0


def op_piece(
    symbol: str, title: str, formulas: Block, *, down: bool = False, cloud: bool = False
) -> Piece:
    """Return an op's circle, or a pill for a long symbol, with formulas beside the links."""
    text = text_block(symbol, "symbol")
    width = max(2 * RADIUS, text.width + (2.0 if cloud else 1.2) * RADIUS)
    items: list[Item] = [Circle(0.0, 0.0, RADIUS, width, "cloud" if cloud else "op", title)]
    items += moved(text.items, -text.width / 2, -text.height / 2)
    reach = RADIUS
    if formulas.items and down:
        items += moved(formulas.items, width / 2 + 6.0, -formulas.height / 2)
        room = width + 2 * (6.0 + formulas.width)
        return Piece("op", room, max(2 * RADIUS, formulas.height), tuple(items), width)
    if formulas.items:
        items += moved(formulas.items, -formulas.width / 2, RADIUS + 4.0)
        reach += 4.0 + formulas.height
    return Piece("op", max(width, formulas.width), 2 * reach, tuple(items), width)


def wire_piece(value: Block, gradient: Block, *, down: bool = False, back: bool = False) -> Piece:
    """Return a wire with the value on one side, and on the other the gradient and its arrow."""
    piece = _wire_down(value, gradient) if down else _wire(value, gradient)
    if not back:
        return piece
    turned = tuple(
        replace(item, points=item.points[::-1]) if isinstance(item, Line) and item.arrow else item
        for item in piece.items
    )
    return replace(piece, items=turned)


def _wire(value: Block, gradient: Block) -> Piece:
    width = max(value.width, gradient.width, _STUB if gradient.items else 0.0) + 2 * _PAD
    reach = max(value.height + _ABOVE, gradient.height + _BELOW if gradient.items else 0.0) + 1.0
    half = width / 2
    items: list[Item] = [Line(((-half, 0.0), (half, 0.0)), "wire")]
    items += moved(value.items, -value.width / 2, -_ABOVE - value.height)
    if gradient.items:
        arrow = max(gradient.width, _STUB - 4.0) / 2
        items.append(Line(((arrow, _ARROW), (-arrow, _ARROW)), "back", arrow=True))
        items += moved(gradient.items, -gradient.width / 2, _BELOW)
    return Piece("wire", width, 2 * reach, tuple(items))


def without_gradient(piece: Piece, value: Block) -> Piece:
    """Return a wire whose gradient is still to come: its room stays, so that steps are alike."""
    return replace(piece, items=piece.items[: 1 + len(value.items)])


def _wire_down(value: Block, gradient: Block) -> Piece:
    height = max(value.height, gradient.height, _STUB if gradient.items else 0.0) + 2 * _PAD
    beside = gradient.width + _BELOW + 2.0 if gradient.items else 0.0
    reach = max(value.width + _ABOVE + 3.0, beside) + 1.0
    half = height / 2
    items: list[Item] = [Line(((0.0, -half), (0.0, half)), "wire")]
    items += moved(value.items, _ABOVE + 3.0, -value.height / 2)
    if gradient.items:
        arrow = max(gradient.height, _STUB - 4.0) / 2
        items.append(Line(((-_ARROW, arrow), (-_ARROW, -arrow)), "back", arrow=True))
        items += moved(gradient.items, -_BELOW - 2.0 - gradient.width, -gradient.height / 2)
    return Piece("wire", 2 * reach, height, tuple(items))


def leaf_piece(name: Block, wire: Piece | None, *, down: bool = False, back: bool = False) -> Piece:
    """Return a name and the labelled wire that begins there."""
    if wire is None:
        items = moved(name.items, -name.width / 2, -name.height / 2)
        return Piece("leaf", name.width + 4.0, name.height + 2.0, tuple(items))
    if not name.items:
        return Piece("leaf", wire.width, wire.height, wire.items)
    gap = 5.0
    if down:
        height = name.height + gap + wire.height
        far = height / 2
        items = moved(name.items, -name.width / 2, far - name.height if back else -far)
        items += moved(
            wire.items, 0.0, (wire.height - height if back else height - wire.height) / 2
        )
        return Piece("leaf", max(name.width, wire.width), height, tuple(items))
    width = name.width + gap + wire.width
    far = width / 2
    items = moved(name.items, far - name.width if back else -far, -name.height / 2)
    items += moved(wire.items, (wire.width - width if back else width - wire.width) / 2, 0.0)
    return Piece("leaf", width, max(name.height, wire.height), tuple(items))


def end_piece(name: Block) -> Piece:
    """Return where the output leaves, with its name if it has one."""
    if not name.items:
        return Piece("end", 6.0, 6.0)
    items = moved(name.items, -name.width / 2, -name.height / 2)
    return Piece("end", name.width + 10.0, name.height + 2.0, tuple(items))


def branch_piece() -> Piece:
    """Return the dot at which a wire goes to several ops."""
    return Piece("branch", 7.0, 7.0, (Circle(0.0, 0.0, 3.0, 6.0, "branch"),))


def formula_block(lines: list[Formula]) -> Block:
    """Return formulas below one another."""
    return stacked(
        (
            text_block(line.text, "small", size=SIZES["formula"], tex=line.tex)
            if line.tex
            else text_block(shortened(line.text, 48), "small")
            for line in lines
        ),
        2.0,
    )
