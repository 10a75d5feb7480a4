"""The net as a picture: layers in a row, healthy ones green, faulty ones red with the reason."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from backlit.check.render.layout import WIDTH, Frame, Words, laid_out
from backlit.check.render.view import view

if TYPE_CHECKING:
    from backlit.check.render.view import Reported

__all__ = ["picture"]

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" class="bl-check" viewBox="0 0 {width} {height:g}" \
width="{width}" height="{height:g}" role="img" aria-label="{title}">
<style>
{style}</style>
<rect class="ground" width="{width}" height="{height:g}" rx="8"/>"""


def picture(report: Reported) -> str:
    """Draw a report as an SVG that needs nothing else, for light and dark pages.

    Parameters
    ----------
    report
        A report, or what its ``to_dict`` returned.

    Examples
    --------
    >>> from backlit.check import Report
    >>> picture(Report("net")).startswith("<svg")
    True
    """
    whole = view(report)
    drawing = laid_out(whole)
    title = f"gradient check of {whole.target}: {whole.verdict}"
    parts = [
        HEAD.format(
            width=WIDTH,
            height=drawing.height,
            title=_escaped(title),
            style=files("backlit.check.render").joinpath("colours.css").read_text(encoding="utf-8"),
        )
    ]
    parts += [_arrow(*ends) for ends in drawing.arrows]
    parts += [_frame(frame) for frame in drawing.frames]
    return "\n".join([*parts, "</svg>"])


def _frame(frame: Frame) -> str:
    """Draw a frame: an SVG within the SVG, which cuts off what a font makes too wide."""
    lines = [
        f'<svg x="{frame.x:g}" y="{frame.y:g}" width="{frame.width:g}" height="{frame.height:g}">'
    ]
    if frame.style != "plain":
        inset = 1.25 if frame.style == "bad" else 0.75
        lines.append(
            f'<rect class="{frame.style}" x="{inset}" y="{inset}" '
            f'width="{frame.width - 2 * inset:g}" height="{frame.height - 2 * inset:g}" rx="7"/>'
        )
    if frame.style == "card":
        lines.append(f'<path class="edge" d="M2.5 9V{frame.height - 9:g}"/>')
    lines += [_words(words) for words in frame.words]
    return "\n".join([*lines, "</svg>"])


def _words(words: Words) -> str:
    return (
        f'<text class="{words.style}" x="{words.x:g}" y="{words.y:g}" font-size="{words.size}" '
        f'xml:space="preserve">{_escaped(words.text)}</text>'
    )


def _arrow(x: float, y: float, end: float) -> str:
    start, tip = x + 3, end - 3
    return (
        f'<path class="arrow" d="M{start:g} {y:g}H{tip:g}'
        f'M{tip - 4:g} {y - 4:g}L{tip:g} {y:g}L{tip - 4:g} {y + 4:g}"/>'
    )


def _escaped(text: str) -> str:
    return escape("".join(c for c in text if c.isprintable()))
