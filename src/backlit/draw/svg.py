"""A scene as SVG: one file without scripts, style sheets or anything outside it."""

from __future__ import annotations

from html import escape
from math import atan2, cos, hypot, sin
from typing import TYPE_CHECKING

from backlit.draw.cloud import cloud
from backlit.draw.font_cut import carried
from backlit.draw.formula_path import outline
from backlit.draw.heat import picture, scale
from backlit.draw.scene import Circle, Frame, Heat, Line, Text

if TYPE_CHECKING:
    from backlit.draw.scene import Item, Scene
    from backlit.draw.theme import Theme

__all__ = ["element", "svg"]

_HEAD, _ROUNDING = 7.0, 9.0


def svg(scene: Scene, theme: Theme, title: str, description: str) -> str:
    """Return ``scene`` as the text of an SVG file."""
    width, height = _n(scene.width), _n(scene.height)
    fonts = carried((text.text, text.slanted) for text in scene.texts() if not text.tex)
    language = f' lang="{fonts.language}"' if fonts.language else ""
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(scene.width * scene.size)}" '
        f'height="{_n(scene.height * scene.size)}" '
        f'viewBox="0 0 {width} {height}" role="img"{language} '
        f'aria-label="{_safe(f"{title}. {description}")}" '
        f'font-family="{fonts.family}" style="max-width:100%;height:auto">'
    )
    lines = [
        opening,
        f"<title>{_safe(title)}</title>",
        f"<desc>{_safe(description)}</desc>",
        f"<style>{fonts.css}</style>",
        f'<rect width="{width}" height="{height}" fill="{theme.paper}"/>',
        *(element(item, theme) for item in scene.items),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def element(item: Item, theme: Theme) -> str:
    """Return one item as SVG writes it."""
    if isinstance(item, Text):
        return _text(item, theme)
    if isinstance(item, Line):
        return _line(item, theme)
    if isinstance(item, Circle):
        return _circle(item, theme)
    if isinstance(item, Frame):
        return _frame(item, theme)
    return _heat(item, theme)


def _text(item: Text, theme: Theme) -> str:
    colours = {"gradient": theme.gradient, "small": theme.muted}
    if item.tex:
        path = outline(item.tex).commands(item.x, item.y, item.size)
        return (
            f'<g role="img" aria-label="{_safe(item.text)}">{_title(item.title or item.text)}'
            f'<path d="{path}" fill="{colours.get(item.role, theme.ink)}"/></g>'
        )
    slant = ' font-style="italic"' if item.slanted else ""
    # With its middle and its length stated, a text keeps its room where the font is another one.
    return (
        f'<text x="{_n(item.x + item.width / 2)}" y="{_n(item.y)}" text-anchor="middle" '
        f'textLength="{_n(item.width)}" lengthAdjust="spacingAndGlyphs" '
        f'font-size="{_n(item.size)}"{slant} fill="{colours.get(item.role, theme.ink)}" '
        f'xml:space="preserve">{_title(item.title)}{_safe(item.text)}</text>'
    )


def _line(item: Line, theme: Theme) -> str:
    back = item.role == "back"
    colour = theme.gradient if back or "gradient" in item.role else theme.wire
    if item.role == "bracket value":
        colour = theme.ink
    stroke = 2.0 if back else 1.2 if item.role.startswith("bracket") else 1.5
    if item.role == "rule":
        colour, stroke = theme.group, 0.8
    dash = f' stroke-dasharray="{theme.dash}"' if back and theme.dash else ""
    cap = ' stroke-linecap="round"' if item.role == "wire" else ""  # no seam where wires meet
    points = item.points
    head = ""
    if item.arrow:
        points, head = _head(points, colour)
    return (
        f'<path d="{_path(points, rounded=item.role == "wire")}" fill="none" stroke="{colour}" '
        f'stroke-width="{stroke}"{dash}{cap}/>{head}'
    )


def _head(
    points: tuple[tuple[float, float], ...], colour: str
) -> tuple[tuple[tuple[float, float], ...], str]:
    """Return the line up to its arrow head, and the head."""
    (x0, y0), (x, y) = points[-2:]
    angle = atan2(y - y0, x - x0)
    back = (x - _HEAD * cos(angle), y - _HEAD * sin(angle))
    wide = 0.48 * _HEAD
    corners = [
        (x, y),
        (back[0] - wide * sin(angle), back[1] + wide * cos(angle)),
        (back[0] + wide * sin(angle), back[1] - wide * cos(angle)),
    ]
    listed = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
    return (*points[:-1], back), f'<polygon points="{listed}" fill="{colour}"/>'


def _path(points: tuple[tuple[float, float], ...], *, rounded: bool) -> str:
    steps = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for a, b, c in zip(points, points[1:], points[2:], strict=False):
        room = min(
            _ROUNDING, hypot(b[0] - a[0], b[1] - a[1]) / 2, hypot(c[0] - b[0], c[1] - b[1]) / 2
        )
        if not rounded or room < 1:
            steps.append(f"L{_n(b[0])} {_n(b[1])}")
            continue
        before, after = _towards(b, a, room), _towards(b, c, room)
        steps.append(
            f"L{_n(before[0])} {_n(before[1])}Q{_n(b[0])} {_n(b[1])} {_n(after[0])} {_n(after[1])}"
        )
    steps.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(steps)


def _towards(a: tuple[float, float], b: tuple[float, float], far: float) -> tuple[float, float]:
    share = far / hypot(b[0] - a[0], b[1] - a[1])
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _circle(item: Circle, theme: Theme) -> str:
    if item.role == "branch":
        place = f'cx="{_n(item.x)}" cy="{_n(item.y)}" r="{_n(item.radius)}"'
        return f'<circle {place} fill="{theme.wire}"/>'
    if item.role == "cloud":
        return (
            f'<path d="{cloud(item.box)}" fill="{theme.node}" stroke="{theme.node_edge}" '
            f'stroke-width="1.6">{_title(item.title)}</path>'
        )
    return (
        f'<rect x="{_n(item.box.left)}" y="{_n(item.box.top)}" width="{_n(item.width)}" '
        f'height="{_n(2 * item.radius)}" rx="{_n(item.radius)}" fill="{theme.node}" '
        f'stroke="{theme.node_edge}" stroke-width="1.6">{_title(item.title)}</rect>'
    )


def _frame(item: Frame, theme: Theme) -> str:
    place = (
        f'x="{_n(item.left)}" y="{_n(item.top)}" width="{_n(item.width)}" '
        f'height="{_n(item.height)}"'
    )
    if item.role.startswith("block"):
        fill, edge, dash = theme.node, theme.node_edge, ""
        if item.role == "block backward":
            fill, edge = theme.paper, theme.gradient
            dash = f' stroke-dasharray="{theme.dash}"' if theme.dash else ""
        elif item.role == "block update":
            fill, edge = theme.paper, theme.muted
        return (
            f'<rect {place} rx="9" fill="{fill}" stroke="{edge}" '
            f'stroke-width="1.6"{dash}>{_title(item.title)}</rect>'
        )
    return (
        f'<rect {place} rx="12" fill="none" stroke="{theme.group}" '
        'stroke-width="1.2" stroke-dasharray="5 4"/>'
    )


def _heat(item: Heat, theme: Theme) -> str:
    box = item.box
    place = (
        f'x="{_n(item.left)}" y="{_n(item.top)}" width="{_n(box.right - box.left)}" '
        f'height="{_n(box.bottom - box.top)}"'
    )
    # Both ways to say that cells are not blurred: of SVG, and of CSS as browsers know it.
    told = f"{item.title}; {scale(item.cells, theme)}"
    return (
        f'<g>{_title(told)}<image {place} preserveAspectRatio="none" '
        'image-rendering="optimizeSpeed" style="image-rendering:pixelated" '
        f'href="{picture(item.cells, item.tile, theme)}"/>'
        f'<rect {place} fill="none" stroke="{theme.muted}" stroke-width="1"/></g>'
    )


def _title(text: str) -> str:
    return f"<title>{_safe(text)}</title>" if text else ""


def _safe(text: str) -> str:
    """Escape for XML, and leave out the characters that XML has no place for."""
    allowed = (c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff"
                                                 and c not in "\ufffe\uffff"))  # fmt: skip
    return escape("".join(allowed), quote=True)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
