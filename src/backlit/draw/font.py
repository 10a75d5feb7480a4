"""How much room a text will take, measured with the fonts that draw it."""

from __future__ import annotations

import unicodedata

from backlit.draw.font_face import em, face, faces, unsized

__all__ = [
    "ASCENT",
    "DESCENT",
    "FAMILY",
    "ascent",
    "columns",
    "files",
    "leans",
    "shortened",
    "width",
]

FAMILY = "'DejaVu Sans', Verdana, Geneva, sans-serif"
"""What is asked for where the fonts in the file are not heeded; as wide, by ``textLength``."""
ASCENT, DESCENT = 0.80, 0.24
"""How far letters, digits and brackets reach above and below their baseline, in ems."""
_TALL = 0.88
"""How far Han characters, Hangul, accents and emoji reach above it."""


def files() -> list[str]:
    """Return the paths of the fonts."""
    found = dict.fromkeys((*faces(slanted=False), *faces(slanted=True)))
    return [face.path for face in found]


def width(text: str, size: float, *, slanted: bool = False) -> float:
    """Return the width of ``text`` at a font size, in the same unit."""
    return size * sum(em(character, slanted=slanted) for character in text)


def ascent(text: str) -> float:
    """Return how far a text reaches above its baseline, in ems.

    Examples
    --------
    >>> ascent("apple"), ascent("りんご")
    (0.8, 0.88)
    """
    return _TALL if any(character > "\u2fff" for character in text) else ASCENT


def leans(text: str) -> bool:
    """Whether all of a text can be set in italics, which Han characters and Hangul have not.

    Examples
    --------
    >>> leans("price"), leans("사과")
    (True, False)
    """
    found = (face(character, slanted=True) for character in text if not unsized(character))
    return all(drawn is not None and drawn.slanted for drawn in found)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Examples
    --------
    >>> columns("apple"), columns("りんご")
    (5, 6)
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + sum(not unsized(character) for character in text)


def shortened(text: str, length: int = 28) -> str:
    r"""Return ``text`` on one line, without control characters, its middle left out if long.

    Examples
    --------
    >>> shortened("one\ntwo")
    'one two'
    >>> shortened("a" * 300, 9)
    'aaaa…aaaa'
    """
    text = unicodedata.normalize("NFC", text)  # the font's own é, not an accent put over an e
    line = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    line = " ".join("".join(c for c in line if unicodedata.category(c) != "Cs").split())
    if len(line) <= length:
        return line
    half = (length - 1) // 2
    return f"{line[:half]}…{line[-half:]}"
