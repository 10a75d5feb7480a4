"""From a diagram to pieces and the links between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backlit.draw.block import Block, glimpse_block, padded, stacked, text_block
from backlit.draw.folded import Folded
from backlit.draw.folded_piece import folded_piece
from backlit.draw.font import shortened
from backlit.draw.formula import Formula, gradient_formula, graph_names, symbol
from backlit.draw.glimpse import glimpse
from backlit.draw.piece import (
    Piece,
    branch_piece,
    end_piece,
    formula_block,
    leaf_piece,
    op_piece,
    wire_piece,
    without_gradient,
)
from backlit.draw.steps import Backward

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from backlit.draw.diagram import Diagram, Use
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
    back: bool = False
    fine: bool = False
    symbols: bool = False
    steps: int | None = None
    size: float = 1.0


@dataclass
class Parts:
    """Pieces, the links from one to another, and for each opened op a title and its pieces.

    ``owners`` says what each piece shows, a tensor or one use of it; the page finds by it what to
    light, hide and write anew.
    """

    pieces: list[Piece] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)
    groups: list[tuple[Block, list[int]]] = field(default_factory=list)
    owners: dict[int, Tensor | Use] = field(default_factory=dict)
    back: bool = False
    """Whether they are drawn from right to left, or upwards."""

    def add(self, piece: Piece, *before: int) -> int:
        """Add a piece, linked from those before it, and return its number."""
        self.pieces.append(piece)
        number = len(self.pieces) - 1
        self.links += [(other, number) for other in before]
        return number


def assembled(diagram: Diagram, look: Look) -> Parts:
    """Return the pieces of ``diagram``."""
    parts = Parts(back=look.back)
    labels = _Labels(diagram, look)
    parts.groups += [
        (text_block(title, "small", size=12.0), []) for title in diagram.titles.values()
    ]
    room = _Room(diagram, parts)
    starts = {x: room.add(piece, x) for x, piece in labels.leaves().items()}
    ops = {call: room.add(_op(call, look, diagram.names), call) for call in diagram.calls}
    incoming: dict[Tensor, list[int]] = {}
    for x in (*diagram.leaves, *diagram.calls):
        if x.op is not None:
            piece = labels.wire(x)
            starts[x] = ops[x] if piece is None else room.add(piece, x, ops[x], used=True)
        if x is diagram.root:
            name = diagram.names.get(x)
            block = _name(name) if name is not None and x.op is not None else Block()
            parts.owners[parts.add(end_piece(block), starts[x])] = x
        uses = diagram.uses.get(x, ())
        start = starts[x] if len(uses) < 2 else room.add(branch_piece(), x, starts[x], used=True)
        twice = Counter(use.target for use in uses)
        for use in uses:
            piece = labels.part(use) if len(uses) > 1 else None
            if piece is None and twice[use.target] > 1:
                piece = wire_piece(Block(20.0, 8.0), Block(), down=look.down, back=look.back)
            last = start if piece is None else room.add(piece, x, start, used=True)
            if piece is not None:
                parts.owners[last] = use
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
        self.parts.owners[number] = x
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


def _op(call: Tensor, look: Look, known: Mapping[Tensor, str]) -> Piece:
    op = call.op
    assert op is not None
    if isinstance(op, Folded):
        return folded_piece(op, down=look.down, back=look.back)
    lines = []
    if look.formulas:
        called = graph_names(op, call, known)
        lines = [
            gradient_formula(op, k, called) for k, x in enumerate(op.inputs) if x.requires_grad
        ]
    lines = [line for line in lines if line.text]
    title = f"{op.name}: {op.describe()}"
    return op_piece(
        shortened(symbol(op), 16),
        title,
        formula_block(lines),
        down=look.down,
        cloud=getattr(op, "cloud", False) is True,
    )


def _name(name: str) -> Block:
    short = shortened(name)
    return text_block(short, "name", title=name if short != name else "") if short else Block()


class _Labels:
    """What stands at a wire."""

    def __init__(self, diagram: Diagram, look: Look) -> None:
        self.diagram = diagram
        self.look = look

        self.backward = Backward(diagram, symbols=look.symbols, steps=look.steps)

    def _value(self, x: Tensor) -> Block:
        if not self.look.values:
            return Block()
        return glimpse_block(glimpse(x.data, self.look.precision, fine=self.look.fine), "value")

    def _gradient(self, gradient: Any) -> Block:
        if gradient is None:
            return Block()
        if isinstance(gradient, Formula):
            return text_block(gradient.text, "gradient", tex=gradient.tex)
        return glimpse_block(
            glimpse(gradient, self.look.precision, fine=self.look.fine), "gradient"
        )

    def leaves(self) -> dict[Tensor, Piece]:
        """Return what was given: names, values and gradients; a constant number alone."""
        names = {x: self._title(x) for x in self.diagram.leaves}
        room = max((block.width for block in names.values()), default=0.0)
        if room > _ALIGNED or self.look.down:
            room = 0.0
        left = self.look.back
        return {x: self._leaf(x, padded(block, room, left=left)) for x, block in names.items()}

    def _title(self, x: Tensor) -> Block:
        name = self.diagram.names.get(x)
        return _name(name) if name is not None else Block()

    def _leaf(self, x: Tensor, title: Block) -> Piece:
        way = {"down": self.look.down, "back": self.look.back}
        if not title.items and not x.requires_grad and self.look.values:
            return leaf_piece(self._value(x), None, **way)
        wire = self._wire(self._value(x), x)
        if not title.items and not wire.items[1:]:
            return leaf_piece(text_block("·", "name"), None, **way)
        return leaf_piece(title, wire, **way)

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
        gradient = self._gradient(self.backward.arriving(x))
        piece = wire_piece(value, gradient, down=self.look.down, back=self.look.back)
        return piece if self.backward.known(x) else without_gradient(piece, value)

    def part(self, use: Use) -> Piece | None:
        """Return a wire behind a branch, with the part of the gradient that comes back on it."""
        gradient = self._gradient(self.backward.through(use))
        if not gradient.items:
            return None
        piece = wire_piece(Block(), gradient, down=self.look.down, back=self.look.back)
        return piece if self.backward.came(use) else without_gradient(piece, Block())
