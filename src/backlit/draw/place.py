"""Places: every piece gets one, and the links are drawn between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from math import hypot
from typing import TYPE_CHECKING

import numpy as np

from backlit.draw.columns import in_columns, passed
from backlit.draw.detour import lane, meeting
from backlit.draw.piece import RADIUS
from backlit.draw.scene import Box, Frame, Item, Line, Scene, moved
from backlit.draw.seat import Flow, Seat

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from backlit.draw.assemble import Parts
    from backlit.draw.seat import Point

__all__ = ["placed"]

_MARGIN, _INSIDE, _HEADER = 16.0, 10.0, 14.0
_LAYER_GAP, _PIECE_GAP = 36.0, 16.0
_LANE_CHANGE = 22.0
_FEW, _LARGE = 250, 1500
"""Up to so many pieces the slower of two placements by graphlay is used, whose lines are
straighter; beyond the second number it would take minutes, and pieces are put in columns."""
_FAR = 8000
"""So may the columns that links pass, together: what graphlay needs grows with their square."""
_NEAR = 20.0
"""Within this distance of a circle's centre nothing but the circle is in the way of a link."""


def placed(parts: Parts, *, down: bool = False) -> Scene:
    """Return the drawing of ``parts``, left to right or downwards (or, if they say, backwards).

    Opened ops get a frame where their pieces happen to stand apart from all others; the lines
    through them are then as straight as without. Otherwise the layout keeps them apart.
    """
    flow = Flow(down, parts.back)
    if len(parts.pieces) > _LARGE or passed(len(parts.pieces), parts.links) > _FAR:
        seats, bends = _column_seats(parts, flow)
        lines = _lines(parts, seats, bends)
        frames: list[Frame | None] = list(_frames(parts, seats))
        frames = _apart(parts, seats, lines, frames)
    else:
        seats, bends, _ = _seats(parts, flow, apart=False)
        lines = _clear_lines(parts, seats, bends)
        frames = list(_frames(parts, seats))
        if frames != _apart(parts, seats, lines, frames):
            seats, bends, kept = _seats(parts, flow, apart=True)
            lines, frames = _clear_lines(parts, seats, bends), list(kept)
    titles: list[Item] = []
    for (title, _), frame in zip(parts.groups, frames, strict=True):
        if frame is not None:
            top = frame.box.bottom - title.height - 4 if frame.role == "foot" else frame.top + 4
            titles += [replace(frame, role="group"), *moved(title.items, frame.left + 10, top)]
    pieces: list[Item] = []
    for seat in seats:
        pieces += moved(seat.piece.items, *flow.xy(seat.u, seat.v))
    return _framed([*titles, *(line for line in lines if line is not None), *pieces])


def _clear_lines(parts: Parts, seats: list[Seat], bends: list[list[Point]]) -> list[Line | None]:
    """Return the lines; those that meet a piece, or turn back, are led around all of them."""
    lines = _lines(parts, seats, bends)
    items = [moved(seat.piece.items, *seat.flow.xy(seat.u, seat.v)) for seat in seats]
    met = set(meeting(lines, parts.links, items))
    if met:  # steep ones need but turn before the column that they arrive in
        lines = _lines(parts, seats, bends, met)
        met = set(meeting(lines, parts.links, items))
    for k, (i, j) in enumerate(parts.links):
        way = [seats[i].u, *(u for u, _ in bends[k]), seats[j].u]
        if way != sorted(way):
            met.add(k)
    if not met:
        return lines
    layers, bends = _layers(seats), list(bends)
    room = [seat.flow.room(_box(seat)) for seat in seats]
    room += [seats[0].flow.room(line.box) for line in lines if line is not None]
    for k in sorted(met):
        a, b = (seats[i] for i in parts.links[k])
        first, last = layers[round(a.u, 1)][1], layers[round(b.u, 1)][0]
        if last - first > 2 * _LANE_CHANGE:
            v = lane(np.array(room), first, last, (a.v + b.v) / 2, _PIECE_GAP)
            bends[k] = [(first + _LANE_CHANGE, v), (last - _LANE_CHANGE, v)]
            room.append((first, last, v, v))
    return _lines(parts, seats, bends, met)


def _layers(seats: list[Seat]) -> dict[float, tuple[float, float]]:
    """Return from where to where the pieces of one centre reach along the graph."""
    layers: dict[float, tuple[float, float]] = {}
    for seat in seats:
        key, half = round(seat.u, 1), seat.length / 2
        first, last = layers.get(key, (seat.u, seat.u))
        layers[key] = min(first, seat.u - half), max(last, seat.u + half)
    return layers


def _lines(
    parts: Parts,
    seats: list[Seat],
    bends: list[list[Point]],
    turned: Collection[int] = (),
) -> list[Line | None]:
    """Return the line of each link, ``None`` where two pieces touch.

    Those that are ``turned`` have reached the height of their op before its column begins.
    """
    layers = _layers(seats)
    firsts, lasts = (sorted(ends) for ends in zip(*layers.values(), strict=True))
    lines: list[Line | None] = []
    for k, ((i, j), found) in enumerate(zip(parts.links, bends, strict=True)):
        between = found
        a, b = seats[i], seats[j]
        leave, edge = layers[round(a.u, 1)][1], layers[round(b.u, 1)][0]
        points = [(a.u + a.body / 2, a.v), (leave, a.v)]
        if between and bisect_left(firsts, edge) == bisect_right(lasts, leave):
            between = []  # nothing stands between the two columns, so no bend is needed
        if between:  # change lanes at once, and keep to the lane
            if between[0][0] - leave > _LAYER_GAP:
                points.append((leave + _LANE_CHANGE, between[0][1]))
            points += between
            if edge - between[-1][0] > _LAYER_GAP:
                points.append((edge - _LANE_CHANGE, between[-1][1]))
        points = _without_repeats([*points, *_arrival(points[-1], b, edge, turned=k in turned)])
        drawn = tuple(a.flow.xy(u, v) for u, v in points)
        arrow = b.piece.kind in {"op", "block", "end"}
        lines.append(Line(drawn, "wire", arrow) if len(points) > 1 else None)
    return lines


def _frames(parts: Parts, seats: list[Seat]) -> list[Frame]:
    frames = []
    for title, members in parts.groups:
        boxes = [_box(seats[i]) for i in members]
        left, top = min(box.left for box in boxes) - _INSIDE, min(box.top for box in boxes)
        top -= title.height + 4.0
        right = max(max(box.right for box in boxes) + _INSIDE, left + title.width + 20.0)
        bottom = max(box.bottom for box in boxes) + _INSIDE
        frames.append(Frame(left, top, right - left, bottom - top, "group"))
    return frames


def _box(seat: Seat) -> Box:
    x, y = seat.flow.xy(seat.u, seat.v)
    width, height = seat.piece.width, seat.piece.height
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _apart(
    parts: Parts, seats: list[Seat], lines: list[Line | None], frames: Sequence[Frame | None]
) -> list[Frame | None]:
    """Return the frames that hold their own pieces and links only, ``None`` for each other."""
    kept: list[Frame | None] = []
    boxes = np.array([_box(seat) for seat in seats]).reshape(-1, 4)
    ends = np.array(parts.links, int).reshape(-1, 2)
    drawn = np.array([line.box if line else (np.nan,) * 4 for line in lines]).reshape(-1, 4)
    for (_, members), frame in zip(parts.groups, frames, strict=True):
        if frame is None:
            kept.append(None)
            continue
        own = np.zeros(len(seats), bool)
        own[members] = True
        foreign = [boxes[~own], drawn[~own[ends].any(1)]]
        foreign += [np.array([other.box]) for other in frames if other not in (frame, None)]
        kept.append(None if _overlaps(np.concatenate(foreign), frame.box) else frame)
    return kept


def _overlaps(boxes: NDArray[np.float64], box: Box) -> bool:
    across = np.minimum(boxes[:, 2], box.right) - np.maximum(boxes[:, 0], box.left)
    along = np.minimum(boxes[:, 3], box.bottom) - np.maximum(boxes[:, 1], box.top)
    return bool((np.minimum(across, along) > 1e-6).any())


def _column_seats(parts: Parts, flow: Flow) -> tuple[list[Seat], list[list[Point]]]:
    sizes = [(piece.width, piece.height)[:: -1 if flow.down else 1] for piece in parts.pieces]
    lengths, breadths = [size[0] for size in sizes], [size[1] for size in sizes]
    along, across, bends = in_columns(
        lengths, breadths, parts.links, column_gap=_LAYER_GAP, piece_gap=_PIECE_GAP
    )
    found = zip(parts.pieces, along, across, lengths, strict=True)
    return [Seat(piece, u, v, length, flow) for piece, u, v, length in found], bends


def _seats(
    parts: Parts, flow: Flow, *, apart: bool
) -> tuple[list[Seat], list[list[Point]], list[Frame]]:
    """Return where graphlay puts the pieces, the links' bends, and frames kept apart."""
    import graphlay  # noqa: PLC0415 - most programs that import backlit draw nothing

    graph = graphlay.Graph()
    for i, piece in enumerate(parts.pieces):
        graph.node(i, width=piece.width, height=piece.height)
    for title, members in parts.groups if apart else ():
        group = graph.node(("group", members[0]), width=title.width + 24.0, height=1.0)
        for i in members:
            graph.nodes[i]["parent"] = group
    for i, j in parts.links:
        graph.edge(i, j)
    few = len(parts.pieces) <= _FEW
    layout = graphlay.layout(
        graph,
        options={
            "direction": "topbottom" if flow.down else "leftright",
            "routing": {
                "style": "diagonal",
                "centre_ports": "all",
                "port_sides": "facing_only",
                "bundle_parallel": False,
            },
            "coords": {"placement": "network_simplex" if few else "brandes_koepf"},
            "spacing": {
                "layer_gap": _LAYER_GAP,
                "node_gap": _PIECE_GAP,
                "dummy_gap": _PIECE_GAP,
                "port_gap": 2.0,
                "compound_padding": _MARGIN,
                "compound_header": _HEADER,
            },
        },
    )
    places = layout.positions()
    seats = []
    for i, piece in enumerate(parts.pieces):
        x, y = places[i]
        u, v = (y, x) if flow.down else (x, y)
        seats.append(Seat(piece, u, v, piece.height if flow.down else piece.width, flow))
    bends = [
        [(p["y"], p["x"]) if flow.down else (p["x"], p["y"]) for p in edge["points"][1:-1]]
        for edge in layout.edges
    ]
    frames = []
    for node in layout.nodes[len(parts.pieces) :]:
        width, height = node["size"]["width"], node["size"]["height"]
        x, y = node["center"]["x"], node["center"]["y"]
        x, y = (x, -y) if flow.back and flow.down else (-x, y) if flow.back else (x, y)
        # Upside down, the room for the title is at the foot.
        role = "foot" if flow.back and flow.down else "group"
        frames.append(Frame(x - width / 2, y - height / 2, width, height, role))
    return seats, bends, frames


def _arrival(before: Point, seat: Seat, edge: float, *, turned: bool) -> list[Point]:
    """Return the last points of a link: past what shares the column, then into the piece."""
    if seat.piece.kind != "op":
        entry = seat.u - seat.body / 2
        return [(min(edge, entry), seat.v), (entry, seat.v)]
    centre = (seat.u - seat.body / 2 + RADIUS, seat.v)
    if seat.flow.down:  # a pill lies across: the nearest point of its middle line
        half = seat.piece.body / 2 - RADIUS
        centre = (seat.u, min(max(before[1], seat.v - half), seat.v + half))
    bare = seat.piece.width == seat.piece.body and seat.piece.height == 2 * RADIUS
    points = []
    if centre[0] - edge > RADIUS + _NEAR or not bare or turned:  # keep clear of what is beside it
        slant = RADIUS * ((before[1] > centre[1] + 1) - (before[1] < centre[1] - 1))
        points.append((min(edge, centre[0] - RADIUS - _NEAR / 2), centre[1] + 0.8 * slant))
    u, v = points[-1] if points else before
    far = hypot(centre[0] - u, centre[1] - v)
    share = RADIUS / far if far else 0.0
    return [*points, (centre[0] + share * (u - centre[0]), centre[1] + share * (v - centre[1]))]


def _without_repeats(points: list[Point]) -> list[Point]:
    kept: list[Point] = []
    for u, v in points:
        if not kept or abs(u - kept[-1][0]) + abs(v - kept[-1][1]) > 0.01:
            kept.append((u, v))
    straight = [
        b
        for a, b, c in zip(kept, kept[1:], kept[2:], strict=False)
        if abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) > 0.01
    ]
    return [*kept[:1], *straight, *kept[1:][-1:]]


def _framed(items: list[Item]) -> Scene:
    boxes = [item.box for item in items]
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Scene(
        right - left + 2 * _MARGIN,
        bottom - top + 2 * _MARGIN,
        tuple(moved(items, _MARGIN - left, _MARGIN - top)),
    )
