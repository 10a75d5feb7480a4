"""Curves over epochs, drawn with the same fonts, themes and file formats as the graphs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from backlit.data.atomic import write_atomically
from backlit.draw.block import text_block
from backlit.draw.pdf import pdf
from backlit.draw.png import png
from backlit.draw.scene import Item, Line, Scene, moved
from backlit.draw.svg import svg
from backlit.draw.theme import theme as theme_named
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from backlit.draw.block import Block

__all__ = ["Chart", "Curve"]

_WIDE, _HIGH, _MARGIN = 420.0, 230.0, 18.0
_TICK = 5.0


@dataclass(frozen=True)
class Curve:
    """A share for every epoch, from the first; ``role`` is that of its line."""

    name: str
    shares: Sequence[float]
    role: str


class Chart:
    """Shares of what is right, after each epoch.

    Parameters
    ----------
    curves
        What to draw, each of as many epochs.
    down, along
        What the axes are called.
    theme
        ``"light"``, ``"dark"`` or ``"print"``.
    """

    def __init__(self, *curves: Curve, down: str, along: str, theme: str = "light") -> None:
        self.curves = curves
        self.down, self.along = down, along
        self._theme = theme_named(theme)
        self.scene = self._placed()

    def _placed(self) -> Scene:
        epochs = len(self.curves[0].shares)
        low = min(min(curve.shares) for curve in self.curves)
        lowest = max(int(low * 100 - 0.5) // 2 * 2, 0)
        labels = [text_block(f"{tick} %", "small", size=12.0)
                  for tick in range(lowest, 101, 2)]  # fmt: skip
        left = _MARGIN + max(label.width for label in labels) + 10.0
        title = text_block(self.down, "small", size=13.0)
        top = _MARGIN + title.height + 14.0
        bottom = top + _HIGH

        def x(epoch: float) -> float:
            return left + _WIDE * (epoch - 0.7) / (epochs - 0.7)

        def y(share: float) -> float:
            return bottom - _HIGH * (100 * share - lowest) / (100 - lowest)

        items: list[Item] = [*moved(title.items, _MARGIN, _MARGIN)]
        for tick, label in zip(range(lowest, 101, 2), labels, strict=True):
            at = y(tick / 100)
            items.append(Line(((left, at), (left + _WIDE, at)), "rule"))
            items += moved(label.items, left - 8.0 - label.width, at - label.height / 2)
        for epoch in range(1, epochs + 1):
            items.append(Line(((x(epoch), bottom), (x(epoch), bottom + _TICK)), "rule"))
            label = text_block(str(epoch), "small", size=12.0)
            items += moved(label.items, x(epoch) - label.width / 2, bottom + _TICK + 2.0)
        along = text_block(self.along, "small", size=13.0)
        items += moved(along.items, left + _WIDE - along.width, bottom + _TICK + 22.0)
        ends = self._ends()
        places = _apart([y(curve.shares[-1]) for curve in self.curves],
                        [end.height for end in ends])  # fmt: skip
        for curve, end, place in zip(self.curves, ends, places, strict=True):
            points = [(x(k), y(share)) for k, share in enumerate(curve.shares, 1)]
            items.append(Line(tuple(points), curve.role))
            items += moved(end.items, left + _WIDE + 12.0, place - end.height / 2)
        width = left + _WIDE + 12.0 + max(end.width for end in ends) + _MARGIN
        return Scene(width, bottom + _TICK + 22.0 + along.height + _MARGIN, tuple(items))

    def _ends(self) -> list[Block]:
        """Return the name of each curve with the share that it ends at."""
        return [
            text_block(
                f"{curve.name} {100 * curve.shares[-1]:.1f} %",
                "gradient" if curve.role == "back" else "value",
                size=13.0,
            )
            for curve in self.curves
        ]

    @cached_property
    def svg(self) -> str:
        """The chart as the text of an SVG file."""
        return svg(self.scene, self._theme, f"{self.down}, {self.along}", str(self))

    def png(self, scale: float = 2.0) -> bytes:
        """Return the chart as the bytes of a PNG file."""
        return png(self.svg, [text.text for text in self.scene.texts()], scale)

    def save(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Path:
        """Write the chart, as ``.svg``, ``.png`` or ``.pdf``.

        Raises
        ------
        ValueRefusedError
            If the suffix is another.
        DataError
            If the file can't be written.
        """
        where = Path(path)
        kind = where.suffix.lower()
        if kind not in {".svg", ".png", ".pdf"}:
            raise ValueRefusedError(
                f"save: {where.name!r} ends with {kind or 'no suffix'!r}; a chart is saved as "
                ".svg, .png or .pdf."
            )
        if kind == ".svg":
            content = self.svg.encode()
        else:
            content = self.png(scale) if kind == ".png" else pdf(self.svg)
        write_atomically(where, content)
        return where

    def __str__(self) -> str:
        return "; ".join(
            f"{curve.name}: " + ", ".join(f"{100 * share:.1f} %" for share in curve.shares)
            for curve in self.curves
        )


def _apart(places: list[float], heights: list[float]) -> list[float]:
    """Move what stands beside one another up and down until nothing overlaps."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved_to = list(places)
    for before, after in pairwise(order):
        room = (heights[before] + heights[after]) / 2 + 2.0
        moved_to[after] = max(moved_to[after], moved_to[before] + room)
    return moved_to
