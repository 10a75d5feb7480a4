"""Cut the fonts in src/backlit/draw/fonts from Noto Sans JP and Noto Sans KR.

    npm pack @fontsource/noto-sans-jp@5.3.0 @fontsource/noto-sans-kr@5.3.0
    python tools/cut_fonts.py fontsource-noto-sans-jp-5.3.0.tgz fontsource-noto-sans-kr-5.3.0.tgz

Needs `pip install fonttools brotli`. What is kept: kana, the 2,965 kanji of JIS X 0208 level 1
(newspapers need few others) and the 2,350 Hangul syllables of KS X 1001, with punctuation. Of
those kanji that Korean writes too, the ones drawn otherwise there are kept in both ways; the rest
have one outline in both fonts. Letters and digits are DejaVu Sans's. Outlines are kept without
hints: screens that need them are rare by now, and they are a third of the file.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fontTools import subset
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "src/backlit/draw/fonts"
ARCHIVES = {
    "jp": "e4fac0fb8e03e21d10e1bdfd6f09e04c12a0f3bd61463bfa41c53a5603c39524",
    "kr": "36277539698ccda64b110855eaa890d2a4737e403d225da1cbe3c90123fff602",
}
"""The SHA-256 of each archive."""
PUNCTUATION = [*range(0x3000, 0x3030), 0x30FB, 0x30FC, *range(0xFF01, 0xFF5F)]
KANA = [*range(0x3041, 0x3097), *range(0x3099, 0x3100)]


def rows(code: str, first: int, end: int) -> list[int]:
    """Return the characters of rows of a two-byte code."""
    found = []
    for row in range(first, end):
        for cell in range(0xA1, 0xFF):
            text = bytes((row, cell)).decode(code, errors="ignore")
            found += [ord(character) for character in text]
    return found


KANJI = rows("euc_jp", 0xB0, 0xD0)
HANGUL, HANJA = rows("euc_kr", 0xB0, 0xC9), rows("euc_kr", 0xCA, 0xFE)


class Archive:
    """A package of fonts, each with some of the characters."""

    def __init__(self, paths: list[str], name: str) -> None:
        content = Path(next(path for path in paths if f"sans-{name}-" in path)).read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != ARCHIVES[name]:
            raise SystemExit(f"the archive of {name} has the checksum {found}; see ARCHIVES.")
        self.name = name
        self.tar = tarfile.open(fileobj=io.BytesIO(content))  # noqa: SIM115 - for all of the run

    def read(self, path: str) -> bytes:
        """Return a file."""
        file = self.tar.extractfile(f"package/{path}")
        assert file is not None
        return file.read()

    def main(self, script: str) -> bytes:
        """Return the font that has most of a script's characters."""
        return self.read(f"files/noto-sans-{self.name}-{script}-400-normal.woff2")

    def parts(self) -> Iterator[TTFont]:
        """Yield the fonts that share all characters among them."""
        for path in sorted(self.tar.getnames()):
            if re.search(rf"noto-sans-{self.name}-\d+-400-normal\.woff2$", path):
                yield TTFont(io.BytesIO(self.read(path.removeprefix("package/"))))


def cut(source: bytes, family: str, characters: list[int]) -> TTFont:
    """Return the font with the glyphs of these characters only, under its family's name."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["BASE", "GPOS", "GSUB", "STAT", "vhea", "vmtx"]
    font = subset.load_font(io.BytesIO(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = None
    for place, text in ((1, family), (2, "Regular"), (4, family), (6, family.replace(" ", ""))):
        font["name"].setName(text, place, 3, 1, 0x409)
    font["head"].modified = font["head"].created  # the same bytes every time
    font.recalcTimestamp = False
    return font


def outline(font: TTFont, character: int) -> Any:
    """Return what is drawn for a character."""
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[font.getBestCmap()[character]].draw(pen)
    return pen.value


def add(font: TTFont, part: TTFont, character: int) -> None:
    """Add a character of another font, whose glyph is not made of others."""
    source = part.getBestCmap()[character]
    glyph, name = part["glyf"][source], f"uni{character:04X}"
    assert not glyph.isComposite()
    glyph.removeHinting()
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"].glyphs[name] = glyph
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["hmtx"].metrics[name] = part["hmtx"].metrics[source]
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[character] = name


def main(paths: list[str]) -> None:
    """Write the fonts and their licence."""
    japan, korea = Archive(paths, "jp"), Archive(paths, "kr")
    japanese = cut(japan.main("japanese"), "Noto Sans JP", [*PUNCTUATION, *KANA, *KANJI])
    korean = cut(korea.main("korean"), "Noto Sans KR", HANGUL)
    both = set(KANJI) & set(HANJA) & set(japanese.getBestCmap())
    for part in korea.parts():
        for character in sorted(both & set(part.getBestCmap())):
            if outline(part, character) != outline(japanese, character):
                add(korean, part, character)
                both.discard(character)
    japanese.save(FOLDER / "noto-sans-jp.ttf")
    korean.save(FOLDER / "noto-sans-kr.ttf")
    (FOLDER / "OFL.txt").write_bytes(japan.read("LICENSE"))


if __name__ == "__main__":
    main(sys.argv[1:])
