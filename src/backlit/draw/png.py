"""An SVG as PNG, with the fonts that measured it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backlit.draw.font_face import faces, language_of
from backlit.draw.font_missing import SUBSTITUTE, missing, system_font, told

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["png"]


def png(svg: str, texts: Sequence[str], scale: float, *, bold: bool = False) -> bytes:
    """Return a drawing as the bytes of a PNG file.

    Parameters
    ----------
    svg
        The drawing.
    texts
        All that is written in it.
    scale
        Pixels to the unit of the SVG.
    bold
        Whether some of it is bold, which only Latin letters are.

    Warns
    -----
    UserWarning
        If a character has no glyph in any font of this machine; it names them.
    """
    import resvg_py  # noqa: PLC0415 - SVG, what a notebook shows, needs no renderer

    lost: list[str] = []
    more: dict[str, None] = {}
    for character in missing(texts):
        found = system_font(character)
        if found is None:
            lost.append(character)
        else:
            more[found] = None
    told("png", lost)
    language = language_of(texts)
    # Only fonts that are named here, and in this order: the same picture on every machine.
    files = [face.path for slanted in (False, True) for face in faces(language, slanted=slanted)]
    if bold:
        files.append(str(Path(files[0]).with_name("DejaVuSans-Bold.ttf")))
    return resvg_py.svg_to_bytes(
        svg_string=svg.translate(dict.fromkeys(map(ord, lost), SUBSTITUTE)),
        zoom=scale,
        skip_system_fonts=True,
        font_files=[*dict.fromkeys(files), *more],
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
        text_rendering="geometric_precision",
    )
