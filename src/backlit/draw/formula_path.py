"""LaTeX as outlines, by Matplotlib's mathtext: sharp in every format, with a size before drawing.

Of the two that need no TeX, mathtext is there already with Matplotlib and has the letters of
the font around it; ziamath would have been two more packages for the same outlines.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Outline", "outline"]

_UNIT = 100.0
"""Set at this size, and scaled: small letters are not rounded to whole pixels."""


class Outline(NamedTuple):
    """A formula at a font size of 1: curves from the origin of its baseline, y downwards."""

    width: float
    ascent: float
    descent: float
    vertices: NDArray[Any]
    codes: NDArray[Any]

    def commands(self, x: float, y: float, size: float) -> str:
        """Return the path of an SVG, set at a font size with its baseline from ``(x, y)``."""
        points = self.vertices * size + (x, y)
        parts: list[str] = []
        i = 0
        while i < len(self.codes):
            letter, count = _COMMANDS[int(self.codes[i])]
            if count:
                places = " ".join(f"{_n(px)} {_n(py)}" for px, py in points[i : i + count])
                parts.append(f"{letter}{places}")
            else:
                parts.append(letter)
            i += max(count, 1)
        return "".join(parts)


_COMMANDS = {1: ("M", 1), 2: ("L", 1), 3: ("Q", 2), 4: ("C", 3), 79: ("Z", 0)}


@lru_cache(maxsize=2048)
def outline(tex: str) -> Outline:
    """Return the outlines of a formula.

    Raises
    ------
    ValueError
        If mathtext does not know something in it.
    """
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - for formulas only
    from matplotlib.textpath import text_to_path  # noqa: PLC0415

    font = FontProperties(family="DejaVu Sans", size=_UNIT, math_fontfamily="dejavusans")
    text = f"${tex}$"
    width, height, descent = text_to_path.get_text_width_height_descent(text, font, ismath=True)
    places, codes = text_to_path.get_text_path(font, text, ismath=True)
    vertices = np.asarray(places, float).reshape(-1, 2)
    # Measured by the outlines too: an italic letter may lean out of its advance.
    right = max(width, float(vertices[:, 0].max(initial=0.0)))
    return Outline(
        right / _UNIT,
        (height - descent) / _UNIT,
        descent / _UNIT,
        vertices * (1 / _UNIT, -1 / _UNIT),
        np.asarray(codes, int),
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
