"""Characters that none of the fonts here has: the machine's own are asked, and the rest is told."""

from __future__ import annotations

import unicodedata
import warnings
from functools import cache
from typing import TYPE_CHECKING

from backlit.draw.font_face import face, unsized

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SUBSTITUTE", "missing", "system_font", "told"]

SUBSTITUTE = "\ufffd"
"""What Unicode has for a character that can't be shown."""


def missing(texts: Iterable[str]) -> list[str]:
    """Return the characters that no font here has, in order."""
    found = dict.fromkeys(c for text in texts for c in text)
    return [c for c in found if c > " " and not unsized(c) and face(c) is None]


@cache
def system_font(character: str, *, truetype: bool = False) -> str | None:
    """Return the path of a font of this machine that has the character, if there is one.

    ``truetype`` asks for a file of one font with outlines that a PDF can hold as they are.
    """
    from matplotlib.font_manager import findSystemFonts  # noqa: PLC0415 - seldom needed
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    for path in sorted(findSystemFonts()):
        try:
            has = FT2Font(path).get_char_index(ord(character))
        except (RuntimeError, OSError):  # a file that is called a font and is none
            continue
        if has and (not truetype or _is_truetype(path)):
            return path
    return None


def _is_truetype(path: str) -> bool:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - seldom needed

    if not path.lower().endswith(".ttf"):
        return False
    with TTFont(path, lazy=True) as font:
        return "glyf" in font


def told(kind: str, characters: Iterable[str]) -> None:
    """Warn that these characters have no glyph in a file of this kind."""
    listed = [f"{c} (U+{ord(c):04X} {unicodedata.name(c, 'unnamed')})" for c in characters]
    if listed:
        warnings.warn(
            f"{kind}: no font on this machine has {', '.join(listed)}; {SUBSTITUTE} stands for "
            "each. Save as .svg, which takes the reader's fonts, or install a font that has them.",
            stacklevel=4,
        )
