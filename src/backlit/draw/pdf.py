"""A drawing's SVG as PDF: vectors, and text that can be selected and searched.

Of what writes PDF without a system program, Matplotlib's backend is there already and embeds
subsets of TrueType fonts; reportlab with svglib, and fpdf2 (LGPL), would be new packages.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np

from backlit.draw.font_face import em, language_of, runs
from backlit.draw.font_missing import SUBSTITUTE, missing, system_font, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matplotlib.figure import Figure
    from matplotlib.path import Path
    from matplotlib.transforms import Transform

    from backlit.draw.font_face import Language

__all__ = ["pdf"]

_POINT = 0.75
"""Points to the unit of an SVG, of which an inch has 96."""
_DOTS = 600
"""Dots to the inch of heat maps, the only part that is no vector."""
_CURVES = {"M": (1, 1), "L": (1, 2), "Q": (2, 3), "C": (3, 4), "Z": (0, 79)}
"""For each command of a path how many points it takes, and Matplotlib's code."""
_SILENT = {"title", "desc", "style", "metadata"}
_QUARTER = 0.5522847498
"""Where a Bézier curve's handles lie so that it is a quarter of a circle."""


def pdf(svg: str) -> bytes:
    """Return a drawing as the bytes of a PDF file of one page, of the drawing's size.

    Parameters
    ----------
    svg
        A drawing of this package: rectangles, circles, polygons, paths, lines of text.

    Warns
    -----
    UserWarning
        If a character has no glyph in any font of this machine; it names them.

    Raises
    ------
    ValueError
        If the SVG has an element of another kind.
    """
    import matplotlib as mpl  # noqa: PLC0415 - `import backlit` stays light

    root = ET.fromstring(svg)  # noqa: S314 - made here
    width, height = (float(n) for n in root.get("viewBox", "0 0 0 0").split()[2:])
    size = float(root.get("width", width)) / width
    title = next((e.text or "" for e in root if _kind(e) == "title"), "")
    style: Any = {"pdf.fonttype": 42, "pdf.compression": 9, "path.simplify": False}
    with mpl.rc_context(style):
        page = _Page(width, height, size, _texts(root))
        page.draw(root, {})
        file = io.BytesIO()
        details = {"Title": title, "Creator": "backlit", "Producer": None, "CreationDate": None}
        page.figure.savefig(file, format="pdf", metadata=details, dpi=_DOTS)
    return file.getvalue()


def _kind(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _texts(root: ET.Element) -> list[str]:
    return [_written(element) for element in root.iter() if _kind(element) == "text"]


def _written(element: ET.Element) -> str:
    """Return what a text shows: its own words, without those of the title inside it."""
    parts = [element.text or ""]
    for child in element:
        if _kind(child) != "title":
            parts.append("".join(child.itertext()))
        parts.append(child.tail or "")
    return "".join(parts)


class _Page:
    """A figure of Matplotlib that an SVG is copied to."""

    def __init__(self, width: float, height: float, size: float, texts: Iterable[str]) -> None:
        from matplotlib.figure import Figure  # noqa: PLC0415
        from matplotlib.transforms import Affine2D  # noqa: PLC0415

        listed = list(texts)
        self.point = _POINT * size
        self.language: Language = language_of(listed)
        self.systems = {c: system_font(c, truetype=True) for c in missing(listed)}
        told("pdf", [c for c, path in self.systems.items() if path is None])
        self.figure: Figure = Figure(
            figsize=(width * self.point / 72, height * self.point / 72), dpi=72, facecolor="none"
        )
        # A figure's own unit is the whole of it; here it is that of the SVG, y downwards.
        flipped = Affine2D().scale(1 / width, -1 / height).translate(0, 1)
        self.place: Transform = flipped + self.figure.transFigure

    def draw(self, element: ET.Element, around: Mapping[str, str]) -> None:
        """Draw an element and what is in it, in order."""
        kind = _kind(element)
        look = {**around, **element.attrib}
        if kind in _SILENT:
            return
        if kind in {"svg", "g"}:
            for child in element:
                self.draw(child, look if kind == "g" else {})
            return
        if kind == "text":
            self._text(_written(element), look)
            return
        if kind == "image":
            self._image(look)
            return
        self._shape(_outline(kind, element.attrib), look)

    def _shape(self, path: Path, look: Mapping[str, str]) -> None:
        from matplotlib.colors import to_rgba  # noqa: PLC0415
        from matplotlib.patches import PathPatch  # noqa: PLC0415

        fill, stroke = look.get("fill", "#000000"), look.get("stroke", "none")
        dashes = tuple(float(n) * self.point for n in look.get("stroke-dasharray", "").split())
        wide = float(look.get("stroke-width", 1)) * self.point if stroke != "none" else 0.0
        opacity = float(look.get("fill-opacity", 1)) * float(look.get("opacity", 1))
        patch = PathPatch(
            path,
            transform=self.place,
            facecolor=to_rgba(fill, opacity) if fill != "none" else "none",
            edgecolor=stroke,
            linewidth=wide,
            linestyle=(0, dashes) if dashes else "-",
            capstyle="round" if look.get("stroke-linecap") == "round" else "butt",
            clip_on=False,
        )
        self.figure.add_artist(patch)

    def _image(self, look: Mapping[str, str]) -> None:
        from matplotlib.image import BboxImage  # noqa: PLC0415
        from matplotlib.transforms import Bbox, TransformedBbox  # noqa: PLC0415
        from PIL import Image  # noqa: PLC0415

        x, y, width, height = (float(look[name]) for name in ("x", "y", "width", "height"))
        box = TransformedBbox(Bbox.from_extents(x, y + height, x + width, y), self.place)
        shown = BboxImage(box, interpolation="none", clip_on=False, zorder=1)
        _, coded = look["href"].split("base64,", 1)
        with Image.open(io.BytesIO(base64.b64decode(coded))) as picture:
            shown.set_data(np.asarray(picture.convert("RGB"))[::-1])
        self.figure.add_artist(shown)

    def _text(self, text: str, look: Mapping[str, str]) -> None:
        size = float(look.get("font-size", 16))
        slanted = look.get("font-style") == "italic"
        found = runs(text, self.language, slanted=slanted)
        whole = sum(run.width for run in found) * size
        length = float(look.get("textLength", whole))
        anchor = {"middle": 0.5, "end": 1.0}.get(look.get("text-anchor", ""), 0.0)
        x = float(look.get("x", 0)) - anchor * length
        stretch = length / whole if whole else 1.0
        for run in found:
            if run.face is not None:
                self._run(x, run.text, run.face.path, size, look)
            else:
                self._strangers(x, run.text, size, look)
            x += run.width * size * stretch

    def _strangers(self, x: float, text: str, size: float, look: Mapping[str, str]) -> None:
        """Draw characters that no font here has: by one of the machine's, or their substitute."""
        for character in text:
            path = self.systems.get(character)
            if path is not None:
                self._run(x, character, path, size, look)
            elif character in self.systems:
                known = runs(SUBSTITUTE)[0].face
                assert known is not None
                self._run(x, SUBSTITUTE, known.path, size * 0.9 * em(character), look)
            x += em(character) * size

    def _run(self, x: float, text: str, path: str, size: float, look: Mapping[str, str]) -> None:
        from matplotlib.font_manager import FontProperties  # noqa: PLC0415

        self.figure.text(
            x,
            float(look.get("y", 0)),
            text,
            transform=self.place,
            font=FontProperties(fname=path, size=size * self.point),
            color=look.get("fill", "#000000"),
            verticalalignment="baseline",
            parse_math=False,
            clip_on=False,
        )


def _outline(kind: str, look: Mapping[str, str]) -> Path:
    from matplotlib.path import Path  # noqa: PLC0415

    if kind == "path":
        return _curves(look["d"])
    if kind == "polygon":
        corners = np.array(re.findall(r"-?[\d.]+", look["points"]), float).reshape(-1, 2)
        return Path(corners, closed=False) if len(corners) < 3 else Path([*corners, corners[0]])
    if kind == "circle":
        x, y, r = (float(look[name]) for name in ("cx", "cy", "r"))
        return _rounded(x - r, y - r, 2 * r, 2 * r, r)
    if kind == "rect":
        left, top, width, height = (
            float(look.get(name, 0)) for name in ("x", "y", "width", "height")
        )
        return _rounded(left, top, width, height, min(float(look.get("rx", 0)), height / 2))
    raise ValueError(f"pdf: a drawing has an element {kind!r}, which is not known here.")


def _curves(commands: str) -> Path:
    from matplotlib.path import Path  # noqa: PLC0415

    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for letter, rest in re.findall(r"([A-Z])([^A-Z]*)", commands):
        if letter not in _CURVES:
            raise ValueError(f"pdf: a path has the command {letter!r}, which is not known here.")
        count, code = _CURVES[letter]
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", rest)]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True)) or [(0.0, 0.0)]
        points += pairs
        codes += [code] * len(pairs)
        assert len(pairs) == max(count, 1)
    return Path(points, codes)


def _rounded(left: float, top: float, width: float, height: float, r: float) -> Path:
    """Return a rectangle with corners of radius ``r``."""
    right, bottom, k = left + width, top + height, r * (1 - _QUARTER)
    if not r:
        return _curves(f"M{left} {top}L{right} {top}L{right} {bottom}L{left} {bottom}Z")
    return _curves(
        f"M{left + r} {top}L{right - r} {top}"
        f"C{right - k} {top} {right} {top + k} {right} {top + r}L{right} {bottom - r}"
        f"C{right} {bottom - k} {right - k} {bottom} {right - r} {bottom}L{left + r} {bottom}"
        f"C{left + k} {bottom} {left} {bottom - k} {left} {bottom - r}L{left} {top + r}"
        f"C{left} {top + k} {left + k} {top} {left + r} {top}Z"
    )
