"""The index of the gallery: one page with every figure and its caption, and nothing outside it."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from backlit.draw.font_cut import carried
from backlit.draw.theme import theme as theme_named
from backlit.gallery.words import caption, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from backlit.gallery.chart import Chart
    from backlit.gallery.setting import Setting

__all__ = ["Shown", "chart_page", "page"]


class Shown(NamedTuple):
    """A figure on the page."""

    id: str
    caption: str
    svg: str
    files: tuple[Path, ...]


def page(shown: Iterable[Shown], setting: Setting) -> str:
    """Return the text of the page."""
    listed = list(shown)
    label = phrase("files", setting.language)
    figures = []
    for number, figure in enumerate(listed, 1):
        links = " ".join(
            f'<a href="{escape(file.name)}">{escape(file.suffix[1:])}</a>' for file in figure.files
        )
        figures.append(
            f'<figure id="{figure.id}">\n<div class="drawing">{figure.svg.strip()}</div>\n'
            f"<figcaption><b>{number}</b> {escape(figure.caption)} "
            f"<small>{escape(label)} {links}</small></figcaption>\n</figure>"
        )
    title, lead = (phrase(key, setting.language) for key in ("title", "lead"))
    words = [title, lead, label, "0123456789svgpnghtmldf", *(figure.caption for figure in listed)]
    body = f"<h1>{escape(title)}</h1>\n<p>{escape(lead)}</p>\n" + "\n".join(figures)
    return _document(title, body, words, setting)


def chart_page(chart: Chart, setting: Setting, id: str) -> str:
    """Return a page with one chart and its caption."""
    words = caption(id, setting.language)
    body = (
        f'<figure id="{id}">\n<div class="drawing">{chart.svg.strip()}</div>\n'
        f"<figcaption>{escape(words)}</figcaption>\n</figure>"
    )
    return _document(words, body, [words], setting)


def _document(title: str, body: str, words: Iterable[str], setting: Setting) -> str:
    fonts = carried((text, False) for text in words)
    style = files("backlit.gallery").joinpath("page.css").read_text(encoding="utf-8")
    colours = theme_named(setting.theme)
    for name in ("paper", "ink", "muted", "node_edge", "group"):
        style = style.replace(f"/*{name}*/", getattr(colours, name))
    return (
        f'<!doctype html>\n<html lang="{setting.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>\n{fonts.css}\n{style.replace('/*family*/', fonts.family)}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
