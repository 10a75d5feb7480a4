"""A picture for a report: shapes and words, as SVG, as PNG, and inside a page."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from backlit.draw.png import png

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

INK, MUTED, RULE, PAPER = "#1b2130", "#667085", "#dfe3ea", "#ffffff"
BLUE, ORANGE = "#2f6fde", "#d9622b"
"""Blue is what the test set says and what is right; orange is training, and what is wrong."""

THEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
}
"""What each colour is in a page, where it follows the reader's light or dark."""

SIZE = 9.0
"""Of the letters, where nothing else is said."""
DOTS = 2.0
"""Pixels of a PNG to the unit."""


class Picture:
    """Shapes and words from the back to the front; x goes right, y down.

    Examples
    --------
    >>> picture = Picture(40, 20)
    >>> picture.text(20, 10, "5 < 7", anchor="middle", bold=True)
    >>> "5 &lt; 7" in picture.svg()
    True
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._items: list[str] = []
        self._words: list[str] = []

    def line(self, points: Iterable[tuple[float, float]], colour: str, width: float = 0.8) -> None:
        """Draw a line through points."""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._items.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{_n(width)}" '
            'stroke-linejoin="round"/>'
        )

    def dot(self, x: float, y: float, colour: str, radius: float = 2.2) -> None:
        """Draw a point."""
        self._items.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{colour}"/>')

    def square(self, x: float, y: float, side: float, colour: str, strength: float) -> None:
        """Draw a square from its upper left; 0 is no colour, and 1 all of it."""
        self._items.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(side)}" height="{_n(side)}" '
            f'fill="{colour}" fill-opacity="{strength:.3f}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = INK,
        *,
        size: float = SIZE,
        anchor: Literal["start", "middle", "end"] = "start",
        bold: bool = False,
        turned: float = 0,
    ) -> None:
        """Write a line of text whose digits have their middle at the height ``y``."""
        self._words.append(text)
        weight = ' font-weight="bold"' if bold else ""
        turn = f' transform="rotate({_n(turned)} {_n(x)} {_n(y)})"' if turned else ""
        self._items.append(
            f'<text x="{_n(x)}" y="{_n(y + 0.365 * size)}" font-size="{_n(size)}" '
            f'text-anchor="{anchor}" fill="{colour}"{weight}{turn}>'
            f"{escape(text)}</text>"
        )

    def image(self, x: float, y: float, side: float, image: NDArray[Any]) -> None:
        """Show an image, 0 (paper) to 1 (ink), in a square whose upper left is given."""
        self._items.append(
            f'<image x="{_n(x)}" y="{_n(y)}" width="{_n(side)}" height="{_n(side)}" '
            f'image-rendering="optimizeSpeed" href="{data_uri(image)}"/>'
        )

    def svg(self) -> str:
        """Return the text of an SVG file."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(self.width)}pt" '
            f'height="{_n(self.height)}pt" {self._box()} '
            "font-family=\"'DejaVu Sans', Verdana, Geneva, sans-serif\">\n"
            f'<rect width="100%" height="100%" fill="{PAPER}"/>\n'
            + "\n".join(self._items)
            + "\n</svg>\n"
        )

    def inline(self, description: str) -> str:
        """Return the SVG for the inside of a page, whose colours and font it takes on.

        Parameters
        ----------
        description
            What is read out to those who do not see it.
        """
        drawn = "\n".join(self._items)
        for colour, variable in THEME.items():
            drawn = drawn.replace(colour, variable)
        label = escape(description)
        return f'<svg role="img" aria-label="{label}" {self._box()}>\n{drawn}\n</svg>'

    def png(self) -> bytes:
        """Return the bytes of a PNG file."""
        drawing = self.svg().replace("pt", "", 2)  # a unit is a pixel there, times the scale
        return png(drawing, self._words, DOTS, bold=True)

    def _box(self) -> str:
        return f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'


def room(text: str, size: float = SIZE) -> float:
    """Return about how wide a text is; digits are exact in DejaVu Sans."""
    return 0.64 * size * len(text)


def data_uri(image: NDArray[Any]) -> str:
    """Return an image, 0 (paper) to 1 (ink), as the address of a PNG."""
    from PIL import Image  # noqa: PLC0415 - `import backlit` stays light

    pixels = np.rint(255 * (1 - np.clip(image, 0, 1))).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _n(number: float) -> str:
    """Write a number of units with two digits after the point, or fewer where these say it."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
