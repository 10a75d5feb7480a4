"""From a diagram to pieces and the links between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backlit.draw.block import Block, glimpse_block, padded, stacked, text_block
from backlit.draw.font import shortened
from backlit.draw.formula import gradient_line, symbol
from backlit.draw.glimpse import glimpse
from backlit.draw.piece import (
    Piece,
    branch_piece,
    end_piece,
    formula_block,
    leaf_piece,
    op_piece,
    wire_piece,
)

if TYPE_CHECKING:
    from typing import Any

    from backlit.draw.read import Diagram, Use
    from backlit.tensor import Tensor

__all__ = ["Look", "Parts", "assembled"]

_ALIGNED = 110.0
"""Up to this width names are set flush right, so that the wires behind them begin in line."""


@dataclass(frozen=True)
class Look:
    """What a drawing shows, and how."""

    values: bool = True
    formulas: bool = False
    down: bool = False
    precision: int = 4


@dataclass
class Parts:
    """Pieces, the links from one to another, and for each opened op a title and its pieces."""

    pieces: list[Piece] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)
    groups: list[tuple[Block, list[int]]] = field(default_factory=list)

    def add(self, piece: Piece, *before: int) -> int:
        """Add a piece, linked from those before it, and return its number."""
        self.pieces.append(piece)
        number = len(self.pieces) - 1
        self.links += [(other, number) for other in before]
        return number


def assembled(diagram: Diagram, look: Look) -> Parts:
    """Return the pieces of ``diagram``."""
    parts = Parts()
    labels = _Labels(diagram, look)
    parts.groups += [
        (text_block(title, "small", size=12.0), []) for title in diagram.titles.values()
    ]
    room = _Room(diagram, parts)
    starts = {x: room.add(piece, x) for x, piece in labels.leaves().items()}
    ops = {call: room.add(_op(call, look), call) for call in diagram.calls}
    incoming: dict[Tensor, list[int]] = {}
    for x in (*diagram.leaves, *diagram.calls):
        if x.op is not None:
            piece = labels.wire(x)
            starts[x] = ops[x] if piece is None else room.add(piece, x, ops[x], used=True)
        if x is diagram.root:
            name = diagram.names.get(x)
            block = _name(name) if name is not None and x.op is not None else Block()
            parts.add(end_piece(block), starts[x])
        uses = diagram.uses.get(x, ())
        start = starts[x] if len(uses) < 2 else room.add(branch_piece(), x, starts[x], used=True)
        twice = Counter(use.target for use in uses)
        for use in uses:
            piece = labels.part(use) if len(uses) > 1 else None
            if piece is None and twice[use.target] > 1:
                piece = wire_piece(Block(20.0, 8.0), Block(), down=look.down)
            last = start if piece is None else room.add(piece, x, start, used=True)
            incoming.setdefault(use.target, []).append(last)
    for call in diagram.calls:
        parts.links += [(before, ops[call]) for before in incoming.get(call, ())]
    return parts


class _Room:
    """Adds pieces, those from inside an opened op to its group."""

    def __init__(self, diagram: Diagram, parts: Parts) -> None:
        self.diagram = diagram
        self.parts = parts

    def add(self, piece: Piece, x: Tensor, *before: int, used: bool = False) -> int:
        """Add a piece of ``x``; what stands behind its op is inside if all its uses are."""
        number = self.parts.add(piece, *before)
        key = self._group(x, behind=used or x.op is None)
        if key is not None:
            self.parts.groups[key][1].append(number)
        return number

    def _group(self, x: Tensor, *, behind: bool) -> int | None:
        groups = self.diagram.groups
        if not behind:
            return groups.get(x)
        inside = {groups.get(use.target) for use in self.diagram.uses.get(x, ())}
        if len(inside) != 1 or x is self.diagram.root:
            return None
        given = x.op is None and (x.requires_grad or x in self.diagram.names)
        key = inside.pop()
        return None if given or (x.op is not None and groups.get(x) != key) else key


def _op(call: Tensor, look: Look) -> Piece:
    op = call.op
    assert op is not None
    lines = []
    if look.formulas:
        lines = [gradient_line(op, k) for k, x in enumerate(op.inputs) if x.requires_grad]
    lines = [shortened(line, 48) for line in lines if line]
    title = f"{op.name}: {op.describe()}"
    return op_piece(shortened(symbol(op), 16), title, formula_block(lines), down=look.down)


def _name(name: str) -> Block:
    short = shortened(name)
    return text_block(short, "name", title=name if short != name else "") if short else Block()


class _Labels:
    """What stands at a wire."""

    def __init__(self, diagram: Diagram, look: Look) -> None:
        self.diagram = diagram
        self.look = look

    def _value(self, x: Tensor) -> Block:
        if not self.look.values:
            return Block()
        return glimpse_block(glimpse(x.data, self.look.precision), "value")

    def _gradient(self, gradient: Any) -> Block:
        if gradient is None:
            return Block()
        return glimpse_block(glimpse(gradient, self.look.precision), "gradient")

    def leaves(self) -> dict[Tensor, Piece]:
        """Return what was given: names, values and gradients; a constant number alone."""
        names = {x: self._title(x) for x in self.diagram.leaves}
        room = max((block.width for block in names.values()), default=0.0)
        if room > _ALIGNED:
            room = 0.0
        return {x: self._leaf(x, padded(block, room)) for x, block in names.items()}

    def _title(self, x: Tensor) -> Block:
        name = self.diagram.names.get(x)
        return _name(name) if name is not None else Block()

    def _leaf(self, x: Tensor, title: Block) -> Piece:
        down = self.look.down
        if not title.items and not x.requires_grad and self.look.values:
            return leaf_piece(self._value(x), None, down=down)
        wire = self._wire(self._value(x), x)
        if not title.items and not wire.items[1:]:
            return leaf_piece(text_block("·", "name"), None, down=down)
        return leaf_piece(title, wire, down=down)

    def wire(self, x: Tensor) -> Piece | None:
        """Return the wire behind an op, with the name of a tensor inside the graph."""
        name = self.diagram.names.get(x)
        title = Block()
        if name is not None and x is not self.diagram.root:
            short = shortened(name)
            title = text_block(short, "name", size=12.0, title=name if short != name else "")
        piece = self._wire(stacked((title, self._value(x))), x)
        return piece if piece.items[1:] else None

    def _wire(self, value: Block, x: Tensor) -> Piece:
        gradient = self._gradient(self.diagram.gradients.get(x))
        return wire_piece(value, gradient, down=self.look.down)

    def part(self, use: Use) -> Piece | None:
        """Return a wire behind a branch, with the part of the gradient that comes back on it."""
        gradient = self._gradient(self.diagram.parts.get(use))
        if not gradient.items:
            return None
        return wire_piece(Block(), gradient, down=self.look.down)
