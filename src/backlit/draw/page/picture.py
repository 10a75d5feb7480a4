"""A figure's picture with handles: what belongs to which tensor, and which text shows what."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from backlit.draw.block import SIZES
from backlit.draw.diagram import Use
from backlit.draw.heat import blocks
from backlit.draw.piece import RADIUS
from backlit.draw.place import placed
from backlit.draw.scene import Frame, Heat, Line, Text, moved
from backlit.draw.svg import element
from backlit.draw.theme import Theme
from backlit.web.document import inert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backlit.draw.assemble import Parts
    from backlit.draw.scene import Item
    from backlit.tensor import Tensor

__all__ = ["Handles", "picture"]

_COLOURS = (
    "paper",
    "ink",
    "wire",
    "muted",
    "gradient",
    "node",
    "node_edge",
    "group",
    "cold",
    "warm",
)
_THEME = Theme(**{name: f"var(--{name.replace('_', '-')})" for name in _COLOURS})
"""Colours by name: the page's style sheet knows them, for light, dark and paper."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Handles:
    """The numbers of tensors and uses, what a screen reader says of a tensor, and the fonts.

    ``language`` tells whose Han characters there are, if any.
    """

    tensors: Mapping[Tensor, int]
    uses: Mapping[Use, int]
    spoken: Mapping[Tensor, str]
    family: str
    language: str = ""


def picture(parts: Parts, handles: Handles, *, down: bool, label: str) -> str:
    """Return the SVG of ``parts`` with an element for each piece, and attributes that name it.

    ``data-op``, ``data-edge`` and ``data-use`` hold numbers of tensors and uses. ``data-text``
    and ``data-heat`` say what is shown, as ``v3:0`` for the first number of the value of tensor 3
    (``g``: of its gradient, ``u``: of the gradient of a use), or ``v3:range``.
    """
    scene = placed(_marked(parts), down=down)
    places: dict[int, Point] = {}
    wires: list[Line] = []
    frames: list[str] = []
    for item in scene.items:
        if isinstance(item, Frame) and item.role.startswith("piece "):
            centre = item.left + item.width / 2, item.top + item.height / 2
            places[int(item.role[6:])] = centre
        elif isinstance(item, Line):
            wires.append(item)
        elif isinstance(item, Frame):
            frames.append(element(item, _THEME))
        else:
            frames.append(_title(item))
    ends = _ends(parts, places)
    drawn = [_link(line, parts, ends, handles) for line in wires]
    drawn += [_piece(parts, i, places[i], handles) for i in range(len(parts.pieces))]
    language = f' lang="{handles.language}"' if handles.language else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{scene.width:.0f}" '
        f'height="{scene.height:.0f}" viewBox="0 0 {scene.width:.2f} {scene.height:.2f}" '
        f'role="group"{language} aria-label="{_attribute(label)}" '
        f'font-family="{handles.family}">'
        f'<g class="frames">{"".join(frames)}</g>{"".join(drawn)}</svg>'
    )


def _title(item: Item) -> str:
    """Draw the title of a frame, which closes what is open in it."""
    name = _attribute(item.text) if isinstance(item, Text) else ""
    return (
        f'<g class="title" data-close="{name}" tabindex="0" role="button" '
        f'aria-label="Close {name}">{_touch([item])}{element(item, _THEME)}</g>'
    )


def _marked(parts: Parts) -> Parts:
    """Put a frame with its number, of the size of its room, in place of each piece's items."""
    marked = []
    for i, piece in enumerate(parts.pieces):
        left, top = -piece.width / 2, -piece.height / 2
        mark = Frame(left, top, piece.width, piece.height, f"piece {i}")
        marked.append(replace(piece, items=(mark,)))
    return replace(parts, pieces=marked)


def _ends(parts: Parts, places: Mapping[int, Point]) -> dict[tuple[int, int], int]:
    """Return which piece a link leaves at a point."""
    found: dict[tuple[int, int], int] = {}
    for i, (x, y) in places.items():
        piece = parts.pieces[i]
        ahead = -1 if parts.back else 1
        points = [(x, y), *((x, y + ahead * half) for half in (piece.height / 2, RADIUS))]
        points += [(x + ahead * half, y) for half in (piece.width / 2, piece.body / 2)]
        for item in piece.items:
            if isinstance(item, Line) and item.role == "wire":
                points += [(x + a, y + b) for a, b in item.points]
        found.update({(round(a), round(b)): i for a, b in points})
    return found


def _link(line: Line, parts: Parts, ends: Mapping[tuple[int, int], int], handles: Handles) -> str:
    x, y = line.points[0]
    near = [(round(x) + a, round(y) + b) for a in (0, -1, 1) for b in (0, -1, 1)]
    start = next((ends[point] for point in near if point in ends), None)
    name = "" if start is None else f' data-edge="{_number(parts, start, handles)}"'
    return f'<g class="link"{name}>{element(line, _THEME)}</g>'


def _number(parts: Parts, i: int, handles: Handles) -> int:
    owner = parts.owners[i]
    return handles.tensors[owner.source if isinstance(owner, Use) else owner]


def _piece(parts: Parts, i: int, place: Point, handles: Handles) -> str:
    piece, owner, number = parts.pieces[i], parts.owners[i], _number(parts, i, handles)
    items = moved(piece.items, *place)
    x = owner.source if isinstance(owner, Use) else owner
    if piece.kind in {"op", "block"}:
        spoken = _attribute(handles.spoken[x])
        body = "".join(element(item, _THEME) for item in items)
        return (
            f'<g class="node" data-op="{number}" tabindex="0" role="button" '
            f'aria-label="{spoken}">{_touch(items)}{body}</g>'
        )
    if piece.kind == "branch":
        body = "".join(element(item, _THEME) for item in items)
        return f'<g class="link branch" data-edge="{number}">{body}</g>'
    use = handles.uses[owner] if isinstance(owner, Use) else None
    return _edge(items, x.shape, number, use, _attribute(handles.spoken[x]))


def _edge(
    items: list[Item], shape: tuple[int, ...], number: int, use: int | None, spoken: str
) -> str:
    """Draw a wire or a name; apart from them what shows with the value and with the gradient."""
    wire: list[str] = []
    value: list[tuple[Item, str]] = []
    gradient: list[tuple[Item, str]] = []
    side, prefix = value, f"v{number}"
    for item in items:
        if isinstance(item, Line) and item.role == "wire":
            wire.append(element(item, _THEME))
        elif isinstance(item, Text) and item.role == "name":
            wire.append(f'<g class="name">{element(item, _THEME)}</g>')
        else:
            if isinstance(item, Line) and item.role == "back":
                side, prefix = gradient, f"g{number}" if use is None else f"u{use}"
            side.append((item, prefix))
    body = f'<g class="link" data-edge="{number}">{"".join(wire)}</g>'
    for kind, shown in (("value", value), ("gradient", gradient)):
        if shown:
            body += f'<g class="{kind}">{_labelled(shown, shape)}</g>'
    use_is = "" if use is None else f' data-use="{use}"'
    if not value and not gradient:
        return f'<g class="edge" data-edge="{number}"{use_is}>{body}</g>'
    return (
        f'<g class="edge" data-edge="{number}"{use_is} tabindex="0" role="button" '
        f'aria-label="{spoken}">{_touch(items)}{body}</g>'
    )


def _labelled(shown: list[tuple[Item, str]], shape: tuple[int, ...]) -> str:
    """Draw what shows an array, each text with what it shows."""
    parts = []
    cells = notes = 0
    for item, prefix in shown:
        if isinstance(item, Heat):
            parts.append(_heat(item, prefix, shape))
            continue
        drawn = element(item, _THEME)
        if isinstance(item, Text) and item.size == SIZES["value"]:
            drawn = drawn.replace("<text ", f'<text data-text="{prefix}:{cells}" ', 1)
            cells += 1
        elif isinstance(item, Text):
            if notes:  # the first is the shape, which stays
                told = "mean" if item.text.startswith("mean ") else "range"
                drawn = drawn.replace("<text ", f'<text data-text="{prefix}:{told}" ', 1)
            notes += 1
        parts.append(drawn)
    return "".join(parts)


def _heat(item: Heat, prefix: str, shape: tuple[int, ...]) -> str:
    """Draw the frame of a heat map; its cells, a byte each, are painted by the page.

    So they have the colours of its theme, and follow the numbers.
    """
    rows, columns = item.cells.shape
    levels = np.round(100 + 100 * np.clip(np.nan_to_num(item.cells), -1, 1))
    for code, where in ((253, np.isneginf), (254, np.isposinf), (255, np.isnan)):
        levels[where(item.cells)] = code
    cells = b64encode(levels.astype(np.uint8).tobytes()).decode()
    box = item.box
    place = (
        f'x="{box.left:.2f}" y="{box.top:.2f}" width="{box.right - box.left:.2f}" '
        f'height="{box.bottom - box.top:.2f}"'
    )
    block = " ".join(map(str, blocks(shape, tiled=item.tile is not None)))
    tile = "" if item.tile is None else f' data-tile="{" ".join(map(str, item.tile))}"'
    return (
        f'<g data-heat="{prefix}" data-cells="{prefix} {cells}" data-grid="{rows} {columns}" '
        f'data-block="{block}"{tile}>'
        f'<image {place} preserveAspectRatio="none" image-rendering="optimizeSpeed"/>'
        f'<rect class="touch" {place} fill="none" stroke="var(--muted)"/></g>'
    )


def _touch(items: list[Item]) -> str:
    """Draw what is not seen, and makes an edge easy to meet with a finger."""
    boxes = [item.box for item in items]
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    width = max(box.right for box in boxes) - left
    height = max(box.bottom for box in boxes) - top
    return (
        f'<rect class="touch" x="{left - 3:.1f}" y="{top - 3:.1f}" width="{width + 6:.1f}" '
        f'height="{height + 6:.1f}" rx="6" fill="none"/>'
    )


def _attribute(text: str) -> str:
    return escape(inert(" ".join(text.split())))
