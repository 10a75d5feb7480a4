"""What a drawing is made of: texts and shapes in places, before any file format."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from backlit.draw import font
from backlit.draw.formula_path import outline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Box", "Circle", "Frame", "Heat", "Item", "Line", "Scene", "Text", "moved"]


class Box(NamedTuple):
    """A rectangle; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than a border."""
        across = min(self.right, other.right) - max(self.left, other.left)
        along = min(self.bottom, other.bottom) - max(self.top, other.top)
        return min(across, along) > 1e-6


@dataclass(frozen=True)
class Text:
    """One line of text, starting at ``x`` on the baseline ``y``; with ``tex`` set as a formula."""

    x: float
    y: float
    text: str
    size: float
    role: str
    title: str = ""
    tex: str = ""

    @property
    def slanted(self) -> bool:
        """Whether it is set in italics, as names are if their letters have any."""
        return self.role == "name" and not self.tex and font.leans(self.text)

    @property
    def width(self) -> float:
        """Its width."""
        if self.tex:
            return outline(self.tex).width * self.size
        return font.width(self.text, self.size, slanted=self.slanted)

    @property
    def box(self) -> Box:
        """The room it takes."""
        above, below = font.ascent(self.text), font.DESCENT
        if self.tex:
            drawn = outline(self.tex)
            above, below = max(drawn.ascent, font.ASCENT), max(drawn.descent, font.DESCENT)
        top, bottom = self.y - above * self.size, self.y + below * self.size
        return Box(self.x, top, self.x + self.width, bottom)


@dataclass(frozen=True)
class Line:
    """A line through ``points``, with an arrow head at its end if ``arrow``."""

    points: tuple[tuple[float, float], ...]
    role: str
    arrow: bool = False

    @property
    def box(self) -> Box:
        """The room it takes."""
        xs, ys = zip(*self.points, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True)
class Circle:
    """A circle, or a pill where ``width`` is more than twice the radius."""

    x: float
    y: float
    radius: float
    width: float
    role: str
    title: str = ""

    @property
    def box(self) -> Box:
        """The room it takes."""
        half = max(self.width / 2, self.radius)
        return Box(self.x - half, self.y - self.radius, self.x + half, self.y + self.radius)


@dataclass(frozen=True)
class Frame:
    """A rounded frame: ``"group"`` around what belongs together, ``"block"`` for a folded part.

    ``"block backward"`` and ``"block update"`` are parts of a compiled step.
    """

    left: float
    top: float
    width: float
    height: float
    role: str
    title: str = ""

    @property
    def box(self) -> Box:
        """The room it takes."""
        return Box(self.left, self.top, self.left + self.width, self.top + self.height)


@dataclass(frozen=True)
class Heat:
    """A heat map: ``cells`` (rows, columns) from -1 to 1, NaN and infinities as they are.

    Where several images are side by side, ``tile`` has the rows and columns of one
    and their number.
    """

    left: float
    top: float
    cell: float
    cells: NDArray[Any] = field(compare=False)
    title: str = ""
    tile: tuple[int, int, int] | None = None

    @property
    def box(self) -> Box:
        """The room it takes."""
        rows, columns = self.cells.shape
        right, bottom = self.left + columns * self.cell, self.top + rows * self.cell
        return Box(self.left, self.top, right, bottom)


Item: TypeAlias = Text | Line | Circle | Frame | Heat


@dataclass(frozen=True)
class Scene:
    """All items of a drawing, from the back to the front; shown ``size`` times as large."""

    width: float
    height: float
    items: tuple[Item, ...]
    size: float = 1.0

    def texts(self) -> list[Text]:
        """Return the texts."""
        return [item for item in self.items if isinstance(item, Text)]


def moved(items: Iterable[Item], dx: float, dy: float) -> list[Item]:
    """Return the items, moved."""
    return [_moved(item, dx, dy) for item in items]


def _moved(item: Item, dx: float, dy: float) -> Item:
    if isinstance(item, Line):
        return replace(item, points=tuple((x + dx, y + dy) for x, y in item.points))
    if isinstance(item, (Frame, Heat)):
        return replace(item, left=item.left + dx, top=item.top + dy)
    return replace(item, x=item.x + dx, y=item.y + dy)
