"""The glyphs that a file needs, cut out of the fonts and carried in the file itself."""

from __future__ import annotations

import io
import logging
import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from backlit.draw.font import FAMILY
from backlit.draw.font_face import Face, language_of, runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backlit.draw.font_face import Language

__all__ = ["Carried", "carried"]

_JOINED = re.compile("[\u0590-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefe]")
"""Arabic, Devanagari and others, whose letters change beside others by tables left out here."""
_SYSTEM = {
    "ja": "'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic', Meiryo",
    "ko": "'Noto Sans KR', 'Apple SD Gothic Neo', 'Malgun Gothic'",
}


class Carried(NamedTuple):
    """A style sheet with fonts in it, the families to ask for, and whose Han characters they are.

    ``language`` is empty where there are none.
    """

    css: str
    family: str
    language: str


def carried(texts: Iterable[tuple[str, bool]]) -> Carried:
    """Return fonts with the glyphs of all texts; each comes with whether it is slanted.

    A character that no font here has is left to those of whoever opens the file.
    """
    listed = list(texts)
    language = language_of(text for text, _ in listed)
    needed: dict[Face, set[str]] = {}
    for text, slanted in listed:
        for run in runs(text, language, slanted=slanted):
            if run.face is not None:
                found = needed.setdefault(run.face, set())
                found.update(c for c in run.text if run.face.has(c) and not _JOINED.match(c))
    fonts = sorted(
        ((face, "".join(sorted(characters))) for face, characters in needed.items()),
        key=lambda pair: (pair[0].family, pair[0].slanted),
    )
    # Pages hold several figures: each has fonts of its own name, or the last would serve all.
    # Named by what they hold and not by their bytes, which depend on the machine's zlib.
    told = "|".join(f"{face.family}{face.slanted}{kept}" for face, kept in fonts)
    name = f"bl{sha256(told.encode()).hexdigest()[:8]}"
    rules = []
    eastern = False
    for face, kept in fonts:
        latin = face.family == "DejaVu Sans"
        eastern = eastern or not latin
        called = name if latin else f"{name}-{'jk'['KR' in face.family]}"
        style = "font-style:italic;" if face.slanted else ""
        source = b64encode(_cut(face.path, kept)).decode()
        rules.append(
            f"@font-face{{font-family:{called};{style}"
            f"src:url(data:font/woff;base64,{source}) format('woff')}}"
        )
    if not eastern:
        return Carried("".join(rules), f"{name}, {FAMILY}", "")
    own = ", ".join(f"{name}-{letter}" for letter in _order(language))
    western, generic = FAMILY.rsplit(", ", 1)
    family = f"{name}, {own}, {western}, {_SYSTEM[language]}, {generic}"
    return Carried("".join(rules), family, language)


def _order(language: Language) -> str:
    return "jk" if language == "ja" else "kj"


@lru_cache(maxsize=256)
def _cut(path: str, characters: str) -> bytes:
    """Return a WOFF of a font with these characters' glyphs only."""
    from fontTools import subset  # noqa: PLC0415 - for figures only

    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = []
    options.notdef_outline = True
    options.recalc_timestamp = False  # the same bytes every time
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "kern", "gasp"]
    log = logging.getLogger("fontTools")
    before = log.level
    log.setLevel(logging.WARNING)  # else it tells of every table to whoever logs at INFO
    try:
        with subset.load_font(path, options) as font:
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=map(ord, characters))
            subsetter.subset(font)
            font.flavor = "woff"
            written = io.BytesIO()
            font.save(written)
    finally:
        log.setLevel(before)
    return written.getvalue()
