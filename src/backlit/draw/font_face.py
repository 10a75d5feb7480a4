"""The fonts that draw: which of them has a character, and how wide it is there."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Face", "Language", "Run", "em", "face", "faces", "language_of", "runs", "unsized"]

Language = Literal["ja", "ko"]

_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_FOLDER = Path(__file__).parent / "fonts"


@dataclass(frozen=True)
class Face:
    """A font file, and what style sheets call it."""

    path: str
    family: str
    slanted: bool = False

    def has(self, character: str) -> bool:
        """Whether it has a glyph for the character."""
        return ord(character) in _advances(self.path)

    def advance(self, character: str) -> float:
        """Return how far the character moves on, in ems."""
        return _advances(self.path)[ord(character)]


@dataclass(frozen=True)
class Run:
    """A stretch of text that one font draws; of none, if no font here has it."""

    text: str
    face: Face | None
    width: float
    """In ems."""


@cache
def _advances(path: str) -> Mapping[int, float]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - for figures only

    with TTFont(path, lazy=True) as font:
        glyphs, metrics = font.getBestCmap(), font["hmtx"].metrics
        unit = font["head"].unitsPerEm
        return {code: metrics[glyph][0] / unit for code, glyph in glyphs.items()}


@cache
def faces(language: Language = "ja", *, slanted: bool = False) -> tuple[Face, ...]:
    """Return the fonts in the order in which they are asked for a character.

    Han characters are written differently in Japanese and in Korean: ``language`` says whose
    come first.
    """
    latin = _matplotlib_data() / "fonts" / "ttf"
    upright = Face(str(latin / "DejaVuSans.ttf"), "DejaVu Sans")
    leaning = Face(str(latin / "DejaVuSans-Oblique.ttf"), "DejaVu Sans", slanted=True)
    japanese = Face(str(_FOLDER / "noto-sans-jp.ttf"), "Noto Sans JP")
    korean = Face(str(_FOLDER / "noto-sans-kr.ttf"), "Noto Sans KR")
    eastern = (japanese, korean) if language == "ja" else (korean, japanese)
    return (leaning, upright, *eastern) if slanted else (upright, *eastern)


def _matplotlib_data() -> Path:
    """Return its folder of data without importing it, which would take longer than a drawing."""
    found = find_spec("matplotlib")
    folder = Path(found.origin if found and found.origin else "").with_name("mpl-data")
    if folder.is_dir():
        return folder
    import matplotlib as mpl  # noqa: PLC0415 - where a distribution has moved it

    return Path(mpl.get_data_path())


@cache
def face(character: str, language: Language = "ja", *, slanted: bool = False) -> Face | None:
    """Return the font that draws a character, if one here does."""
    return next((f for f in faces(language, slanted=slanted) if f.has(character)), None)


def unsized(character: str) -> bool:
    """Whether a character takes no room of its own: an accent, a joiner, a variation selector."""
    return bool(unicodedata.combining(character)) or unicodedata.category(character) in {
        "Cf",
        "Me",
        "Mn",
    }


@cache
def em(character: str, *, slanted: bool = False) -> float:
    """Return how wide a character is, in ems; an estimate if no font here has it."""
    if unsized(character):
        return 0.0
    # Not by language: of both fonts of the East every character is one em wide.
    found = face(character, slanted=slanted)
    if found is not None:
        return found.advance(character)
    return 1.0 if unicodedata.east_asian_width(character) in "WF" else 0.75


def language_of(texts: Iterable[str]) -> Language:
    """Return whose Han characters to draw: Korean ones beside Hangul, else Japanese ones."""
    return "ko" if any(_HANGUL.search(text) for text in texts) else "ja"


def runs(text: str, language: Language = "ja", *, slanted: bool = False) -> list[Run]:
    """Return the stretches of ``text`` that one font draws."""
    found: list[tuple[Face | None, str]] = []
    for character in text:
        drawn = face(character, language, slanted=slanted)
        if found and (drawn == found[-1][0] or unsized(character)):
            found[-1] = (found[-1][0], found[-1][1] + character)
        else:
            found.append((drawn, character))
    return [Run(part, drawn, sum(em(c, slanted=slanted) for c in part)) for drawn, part in found]
