"""The place of a piece in a drawing that runs one way or another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backlit.draw.piece import RADIUS

if TYPE_CHECKING:
    from backlit.draw.piece import Piece
    from backlit.draw.scene import Box

__all__ = ["Flow", "Point", "Seat"]

Point: TypeAlias = tuple[float, float]


class Flow(NamedTuple):
    """Which way a drawing runs."""

    down: bool = False
    back: bool = False

    def xy(self, u: float, v: float) -> Point:
        """Return the point at ``u`` along and ``v`` across the graph."""
        u = -u if self.back else u
        return (v, u) if self.down else (u, v)

    def room(self, box: Box) -> tuple[float, float, float, float]:
        """Return from where to where a box reaches along and across the graph."""
        left, top, right, bottom = box
        along, across = (left, right), (top, bottom)
        if self.down:
            along, across = across, along
        first, last = sorted(-u if self.back else u for u in along)
        return first, last, *across


@dataclass(frozen=True)
class Seat:
    """A piece in its place; ``u`` runs with the graph and ``v`` across it."""

    piece: Piece
    u: float
    v: float
    length: float
    flow: Flow

    @property
    def body(self) -> float:
        """How long, along the graph, what links end at is."""
        if self.piece.kind == "op":
            return 2 * RADIUS if self.flow.down else self.piece.body
        if self.piece.kind == "block":  # without what sticks out behind it
            return self.length - (self.piece.width - self.piece.body)
        return 0.0 if self.piece.kind == "branch" else self.length
