"""Where everything of the picture stands: frames side by side, and words within them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from backlit.check.render.words import fitting, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backlit.check.render.view import Layer, View, Wrong

__all__ = ["Drawing", "Frame", "Words", "laid_out"]

EM = 0.62
"""The room of a column, in units of the font's size: what fonts of equal widths need, and a bit."""

WIDTH, MARGIN = 960, 18
BOX, GAP, ROW, LINE = 164, 26, 34, 19
PER_ROW = (WIDTH - 2 * MARGIN + GAP) // (BOX + GAP)
CARD = WIDTH - 2 * MARGIN
CARDS, CARDS_EACH = 12, 3
"""How many faults are told in the picture: in all, and of one layer."""
MANY, RUN = 40, 4
"""Of a net with so many layers, healthy ones are drawn as one box where so many stand together."""
TITLE, NAME, SMALL, BIG = 17, 13, 12, 14


@dataclass(frozen=True)
class Words:
    """A line of text: its left end and baseline within its frame, its size and its style."""

    x: float
    y: float
    text: str
    size: int = SMALL
    style: str = "ink"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The room it takes: left, top, right, bottom."""
        return (
            self.x,
            self.y - 0.8 * self.size,
            self.x + EM * self.size * width(self.text),
            self.y + 0.25 * self.size,
        )


@dataclass
class Frame:
    """A rectangle with words in it; what does not fit in is not drawn.

    ``style`` is ``ok``, ``bad``, ``many`` (layers left out), ``card``, or ``plain`` (no border).
    """

    x: float
    y: float
    width: float
    height: float
    style: str
    words: list[Words] = field(default_factory=list)


@dataclass
class Drawing:
    """The picture: frames, and the arrows from box to box as ``(x, y, x')``."""

    frames: list[Frame] = field(default_factory=list)
    arrows: list[tuple[float, float, float]] = field(default_factory=list)
    height: float = 0.0


Group: TypeAlias = "Sequence[Layer]"


def laid_out(whole: View) -> Drawing:
    """Lay out a title, rows of layers, and under each row the faults that are in it."""
    drawing = Drawing([_title(whole)])
    y = MARGIN + 2.4 * TITLE
    groups = _groups(whole.layers)
    told = 0
    for start in range(0, len(groups), PER_ROW):
        row = groups[start : start + PER_ROW]
        last = start + PER_ROW >= len(groups)
        boxes = [_box(group, MARGIN + i * (BOX + GAP), y) for i, group in enumerate(row)]
        height = max(box.height for box in boxes)
        for box in boxes:
            box.height = height
        drawing.frames += boxes
        drawing.arrows += _arrows(boxes, groups[start:], first=not start)
        y += height
        for n in [n for group in row for layer in group for n in layer.faults[:CARDS_EACH]]:
            if told < CARDS:
                told += 1
                card = _card(whole.faults[n - 1], n, y + 14)
                drawing.frames.append(card)
                y = card.y + card.height
        y += 0 if last else ROW
    untold = len(whole.faults) - told
    tail = [f"and {untold} fault{'s' * (untold != 1)} more"] if untold else []
    for text in [*tail, *whole.notes]:
        lines = wrapped(text, _columns(CARD, SMALL), 2)
        frame = Frame(MARGIN, y + 14, CARD, 18 * len(lines), "plain")
        frame.words = [Words(0, 13 + 18 * i, line, SMALL, "dim") for i, line in enumerate(lines)]
        drawing.frames.append(frame)
        y += 14 + frame.height
    drawing.height = y + MARGIN
    return drawing


def _arrows(
    boxes: Sequence[Frame], groups: Sequence[Group], *, first: bool
) -> list[tuple[float, float, float]]:
    """Draw arrows between the boxes of a row, and stubs to the rows before and after."""
    arrows: list[tuple[float, float, float]] = []
    for i, box in enumerate(boxes):
        middle, end = box.y + box.height / 2, box.x + BOX
        if not first and not i and not groups[i][0].is_whole:
            arrows.append((4, middle, MARGIN))
        follows = i + 1 < len(groups) and not groups[i + 1][0].is_whole
        if follows:
            arrows.append((end, middle, end + (GAP if i + 1 < len(boxes) else MARGIN - 4)))
    return arrows


def _title(whole: View) -> Frame:
    frame = Frame(MARGIN, MARGIN, CARD, 1.5 * TITLE, "plain")
    verdict = f"{'✓' if whole.ok else '✗'} {whole.verdict}"
    taken = EM * TITLE * width(verdict)
    name = fitting(whole.target, _columns(CARD - taken - 2 * MARGIN, TITLE))
    baseline = 1.1 * TITLE
    frame.words = [
        Words(0, baseline, name, TITLE, "strong"),
        Words(CARD - taken, baseline, verdict, TITLE, "good" if whole.ok else "wrong"),
    ]
    return frame


def _groups(layers: Sequence[Layer]) -> list[Group]:
    """Put runs of healthy layers together where there are many layers."""
    groups: list[list[Layer]] = []
    for layer in layers:
        if _is_quiet(layer) and groups and _is_quiet(groups[-1][-1]):
            groups[-1].append(layer)
        else:
            groups.append([layer])
    if len(layers) <= MANY:
        return [[layer] for layer in layers]
    return [
        part
        for group in groups
        for part in ([group] if len(group) >= RUN else [[layer] for layer in group])
    ]


def _is_quiet(layer: Layer) -> bool:
    """Tell whether there is nothing to say of a layer but that it is right."""
    return layer.ok and not (layer.is_misled or layer.is_whole or layer.is_unseen)


def _box(group: Group, x: float, y: float) -> Frame:
    if len(group) > 1:
        return _many(group, x, y)
    (layer,) = group
    unseen = layer.is_unseen and layer.ok
    style = "dim" if unseen else "good" if layer.ok else "wrong"
    frame = Frame(x, y, BOX, 0, "unseen" if unseen else "ok" if layer.ok else "bad")
    room = _columns(BOX - 20, NAME) - 2
    name, _, path = layer.name.partition(" (")
    if width(layer.name) <= room or not path:
        name, path = layer.name, ""
    mark = "?" if unseen else "✓" if layer.ok else "✗"
    down = 22
    frame.words.append(Words(10, down, f"{mark} {fitting(name, room)}", NAME, style))
    if path or layer.is_whole:
        down += LINE
        below = f"({fitting(path, _columns(BOX - 20, SMALL) - 1)}" if path else "the net itself"
        frame.words.append(Words(10, down, below, SMALL, "dim"))
    if layer.tensors:
        down += LINE
        frame.words += _tensors(layer, down)
    if unseen:
        down += LINE
        frame.words.append(Words(10, down, "not examined", SMALL, "dim"))
    if layer.is_misled:
        down += LINE
        frame.words.append(Words(10, down, "gets a wrong dout", SMALL, "dim"))
    if layer.faults:
        down += LINE
        numbers = ", ".join(map(str, layer.faults[:4])) + ("…" if len(layer.faults) > 4 else "")
        frame.words.append(Words(10, down, f"see {numbers}", SMALL, "wrong"))
    frame.height = down + 12
    return frame


def _many(group: Group, x: float, y: float) -> Frame:
    ends = [fitting(layer.name, _columns(BOX - 36, SMALL)) for layer in (group[0], group[-1])]
    words = [
        Words(10, 22, f"✓ {len(group)} layers", NAME, "good"),
        Words(10, 22 + LINE, ends[0], SMALL, "dim"),
        Words(10, 22 + 2 * LINE, f"… {ends[1]}", SMALL, "dim"),
    ]
    return Frame(x, y, BOX, 34 + 2 * LINE, "many", words)


def _tensors(layer: Layer, y: float) -> list[Words]:
    """Lay a layer's tensors out on one line, as many as fit."""
    found: list[Words] = []
    across = 10.0
    # Those that are wrong come first: they must not be among those left out.
    tensors = sorted(layer.tensors, key=lambda tensor: tensor[1])
    for i, (tensor, ok) in enumerate(tensors):
        more = len(tensors) - i
        text = f"{'✓' if ok else '✗'}{fitting(tensor, 9)}"
        words = Words(across, y, text, SMALL, "dim" if ok or layer.ok else "wrong")
        if words.extent[2] > BOX - (10 if more == 1 else 40):
            return [*found, Words(across, y, f"+{more}", SMALL, "dim")]
        found.append(words)
        across = words.extent[2] + 8
    return found


def _card(wrong: Wrong, n: int, y: float) -> Frame:
    """Lay out a fault: what and where, the numbers, the words, the user's line."""
    frame = Frame(MARGIN, y, CARD, 0, "card")
    inside = CARD - 32
    label = " ".join(filter(None, (wrong.label, wrong.confidence and f"({wrong.confidence})")))
    side = fitting(label, 42)
    room = _columns(inside - EM * SMALL * width(side) - 20, BIG)
    frame.words.append(Words(16, 24, f"✗ {n}  {fitting(wrong.where, room - 5)}", BIG, "wrong"))
    if side:
        taken = EM * SMALL * width(side)
        frame.words.append(Words(CARD - 16 - taken, 24, side, SMALL, "strong"))
    down = 24.0
    if wrong.numbers:
        down += 24
        across = 16.0
        for name, value in wrong.numbers:
            word = Words(across, down, name, SMALL, "dim")
            written = Words(word.extent[2] + 8, down, value, BIG, "strong")
            frame.words += [word, written]
            across = max(written.extent[2] + 28, across + 190)
        if wrong.error:
            frame.words.append(Words(across, down, f"relative error {wrong.error}", SMALL, "dim"))
        if wrong.more:
            last = frame.words[-1].extent[2] + 28
            more = f"{wrong.more} more element{'s' * (wrong.more != 1)} like it"
            frame.words.append(Words(last, down, more, SMALL, "dim"))
    for line in wrapped(wrong.message, _columns(inside, SMALL), 4):
        down += 20
        frame.words.append(Words(16, down, line, SMALL, "ink"))
    for mark, text, style in (("−", wrong.line, "wrong"), ("+", wrong.correction, "good")):
        if not text:
            continue
        down += 22
        place = wrong.place if mark == "−" else ""
        shown = fitting(place, 36)
        taken = EM * SMALL * width(shown)
        code = fitting(text, _columns(inside - taken - 24, SMALL) - 2)
        frame.words.append(Words(16, down, f"{mark} {code}", SMALL, f"code {style}"))
        if shown:
            frame.words.append(Words(CARD - 16 - taken, down, shown, SMALL, "dim"))
    frame.height = down + 16
    return frame


def _columns(room: float, size: int) -> int:
    return max(int(room / (EM * size)), 1)
