"""How wide a text will be: the metrics of DejaVu Sans, which Matplotlib brings along."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont

__all__ = ["ASCENT", "DESCENT", "FAMILY", "files", "shortened", "width"]

FAMILY = "'DejaVu Sans', Verdana, Geneva, sans-serif"
"""Verdana and Geneva are nearly as wide as DejaVu Sans; ``textLength`` does the rest."""
ASCENT, DESCENT = 0.80, 0.24
"""How far letters, digits and brackets reach above and below their baseline, in ems."""

_UNIT = 1000


def files() -> list[str]:
    """Return the paths of the fonts."""
    import matplotlib as mpl  # noqa: PLC0415 - only its folder is wanted, and only for figures

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return [str(folder / f"DejaVuSans{kind}.ttf") for kind in ("", "-Oblique", "-Bold")]


@cache
def _font(slanted: bool) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont  # noqa: PLC0415 - for figures only

    return ImageFont.truetype(files()[slanted], _UNIT, layout_engine=ImageFont.Layout.BASIC)


@cache
def _em(character: str, slanted: bool) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0.0
    return _font(slanted).getlength(character) / _UNIT


def width(text: str, size: float, *, slanted: bool = False) -> float:
    """Return the width of ``text`` at a font size, in the same unit."""
    return size * sum(_em(character, slanted) for character in text)


def shortened(text: str, length: int = 28) -> str:
    r"""Return ``text`` on one line, without control characters, its middle left out if long.

    Examples
    --------
    >>> shortened("one\ntwo")
    'one two'
    >>> shortened("a" * 300, 9)
    'aaaa…aaaa'
    """
    line = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    line = " ".join("".join(c for c in line if unicodedata.category(c) != "Cs").split())
    if len(line) <= length:
        return line
    half = (length - 1) // 2
    return f"{line[:half]}…{line[-half:]}"
