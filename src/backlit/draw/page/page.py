"""The page of a figure: one file that plays the steps, and computes them anew."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from importlib.resources import files
from itertools import chain, combinations, islice
from typing import TYPE_CHECKING, Any

from backlit.draw.assemble import assembled
from backlit.draw.folded import Folded
from backlit.draw.font_cut import carried
from backlit.draw.page.formulas import Formulas
from backlit.draw.page.store import Store
from backlit.draw.page.view import Drawn, view
from backlit.draw.scene import Text
from backlit.draw.theme import THEMES
from backlit.errors import BacklitError
from backlit.web import bundled, document
from backlit.web.document import inert, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.draw.assemble import Look, Parts
    from backlit.draw.diagram import Diagram
    from backlit.draw.page.source import Source
    from backlit.draw.theme import Theme

__all__ = ["page"]

_TOGETHER = 3
"""Of so many ops with an inside every combination can be open; of more, each alone, or all."""
_ROOMS = 150_000, 75_000, 30_000
"""Bytes of numbers that a page may carry, before they are written as text."""
_MOST = 12
"""How many views there are at most."""
_CELLS = re.compile(r' data-cells="(?P<kind>[vgu])(?P<of>\d+) [^"]*"')
_LARGEST = 480_000
"""How many characters a page with several views may have."""
_NUMERALS = "0123456789.−·∞NaNnofiteumbralct…,() ⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
"""What may come to be written when a number changes."""

_MORE = {
    "light": {"desk": "#f3f5f8", "line": "#d5dde6", "faint": "#a9b4bf", "focus": "#b45cd6",
              "lit": "#bfdcfb", "lit-back": "#ffdccb", "hover": "rgb(47 109 176 / 9%)"},
    "dark": {"desk": "#0d1014", "line": "#2c3640", "faint": "#5a6672", "focus": "#d69bf0",
             "lit": "#2d5a8c", "lit-back": "#6b3a22", "hover": "rgb(118 179 242 / 13%)"},
}  # fmt: skip
"""What the page has besides a drawing."""


def page(
    diagram: Diagram, look: Look, theme: Theme, titles: tuple[str, str], source: Source
) -> str:
    """Return the page as the text of an HTML file.

    Parameters
    ----------
    diagram, look
        What the figure shows, and how.
    theme
        The dark one makes a page that is dark from the beginning; any other follows the
        reader's system.
    titles
        The figure's title and description.
    source
        Where other views of the graph are read from.
    """
    # The page says itself how far it has come, and it writes numbers.
    look = replace(look, steps=None, symbols=False, fine=True)
    drawn = [
        Drawn(name, opened, one, assembled(one, look))
        for name, opened, one in islice(_views(diagram, source), _MOST)
    ]
    # Where all of it would be too much, first large arrays give way, and then views: the last of
    # them first, and never the figure's own.
    for room in _ROOMS:
        text = _written(drawn, look, theme, titles, room)
        if len(text) <= _LARGEST:
            return text
    while len(text) > _LARGEST and len(drawn) > 1:
        drawn.pop()
        text = _written(drawn, look, theme, titles, _ROOMS[-1])
    return text


def _written(
    drawn: list[Drawn], look: Look, theme: Theme, titles: tuple[str, str], room: int
) -> str:
    texts = [(text, slanted) for one in drawn for text, slanted in _texts(one.parts)]
    fonts = carried([*texts, (_NUMERALS, False)])
    store, formulas = Store(room), Formulas()
    views = [view(one, look, store, formulas, label=titles[0], fonts=fonts) for one in drawn]
    for one in views:
        one["svg"] = _lighter(one, store.whole)
    # The first is in the page itself, to be seen at once.
    picture, views[0]["svg"] = views[0]["svg"], ""
    data: dict[str, Any] = {
        "title": inert(titles[0]),
        "theme": "dark" if theme == THEMES["dark"] else "auto",
        "precision": look.precision,
        "fonts": fonts.css,
        "views": views,
        "arrays": store.written(),
        "formulas": formulas.set,
    }
    folder = files("backlit.draw.page")
    body = folder.joinpath("body.html").read_text(encoding="utf-8")
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    return document(
        title=titles[0],
        lang="en",
        style=f":root{{--letters:{fonts.family}}}\n{_colours()}\n{fonts.css}\n{style}",
        body=body.replace("<!--title-->", escape(titles[0])).replace("<!--picture-->", picture),
        script=bundled("draw/page/main.js"),
        data={"packed": packed(data)},
    )


def _lighter(view: dict[str, Any], whole: set[int]) -> str:
    """Return a view's picture without the cells that the page can make of its arrays."""

    def kept(cells: re.Match[str]) -> str:
        i = int(cells["of"])
        array = {
            "v": lambda: view["tensors"][i]["value"],
            "g": lambda: view["tensors"][i]["gradient"],
            "u": lambda: view["uses"][i]["part"],
        }[cells["kind"]]()
        return "" if array in whole else cells[0]

    return _CELLS.sub(kept, view["svg"])


def _texts(parts: Parts) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a drawing that need a font, and whether they lean."""
    blocks = [piece.items for piece in parts.pieces] + [title.items for title, _ in parts.groups]
    for item in chain.from_iterable(blocks):
        if isinstance(item, Text) and not item.tex:
            yield item.text, item.slanted


def _views(diagram: Diagram, source: Source) -> Iterator[tuple[str, tuple[str, ...], Diagram]]:
    """Yield a title, the opened ops and the diagram of each view; the figure's own first."""
    asked = source.opened
    folded = any(isinstance(call.op, Folded) for call in diagram.calls)
    closed = "folded" if folded else "closed"
    yield _title(asked) or closed, tuple(sorted(asked)), diagram
    sets = _unfoldings(diagram) if folded else _openings(source)
    for opened in sets:
        if opened == asked:
            continue
        try:
            found = source.again(opened, unfold=folded)
        except BacklitError:  # too many ops to draw
            continue
        yield _title(opened) or closed, tuple(sorted(opened)), found


def _openings(source: Source) -> Iterator[frozenset[str]]:
    """Yield which ops to open: none, each, and combinations."""
    names = source.openable
    yield frozenset()
    if len(names) <= _TOGETHER:
        for count in range(1, len(names) + 1):
            yield from map(frozenset, combinations(names, count))
        return
    for name in names:
        yield frozenset({name})
    yield frozenset({"all"})


def _unfoldings(diagram: Diagram) -> Iterator[frozenset[str]]:
    """Yield which blocks to unfold: none, and each."""
    yield frozenset()
    for call in diagram.calls:
        if isinstance(call.op, Folded):
            yield frozenset({call.op.title})


def _title(opened: frozenset[str]) -> str:
    if not opened:
        return ""
    return "everything open" if "all" in opened else f"{' and '.join(sorted(opened))} open"


def _colours() -> str:
    """Return both sets of colours as CSS: the reader's choice, else the system's."""
    light, dark = (_variables(THEMES[name], _MORE[name]) for name in ("light", "dark"))
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f":root[data-theme=light]{{color-scheme:light;{light}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f"@media print{{:root,:root[data-theme]{{color-scheme:light;{light}}}}}"
    )


def _variables(theme: Theme, more: dict[str, str]) -> str:
    names = (
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
    found = {name.replace("_", "-"): getattr(theme, name) for name in names} | more
    return "".join(f"--{name}:{colour};" for name, colour in found.items())
