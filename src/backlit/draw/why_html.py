"""Why a gradient is what it is, as HTML for notebooks: no script, style sheet or address in it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from backlit.draw.formula_path import outline
from backlit.draw.number import number

if TYPE_CHECKING:
    from backlit.draw.tried import WhatIf
    from backlit.draw.why_reason import Factor, Why

__all__ = ["what_if_html", "why_html"]

_OVER = "display:inline-block;text-align:center;vertical-align:middle;line-height:1.25"
_LINE = "display:block;border-top:1px solid currentColor;padding:0 .25em"
_SMALL = "display:block;border-top:1px solid currentColor;font-size:.8em;padding:0 .25em"
_CELL = "text-align:left;padding:.3em .4em;border:0;background:none"


def why_html(why: Why) -> str:
    """Return it as HTML: the derivative, and a row for each path with its factors."""
    head = f"{_ratio(why.of, why.by)} = <b>{escape(number(why.gradient, why.precision))}</b>"
    if not why.count:
        told = f", for {escape(why.of)} does not depend on {escape(why.by)}"
        return _whole(f"{head}{told}", str(why))
    if why.complete and len(why.paths) == 1:
        return _whole(f"{head} = {_product(why, why.paths[0].factors)}", str(why))
    ways = f", the sum over {why.count:,} path{'s'[: why.count != 1]}"
    rows = [
        _row(number(path.product, why.precision), _product(why, why.shortened(path)))
        for path in why.paths
    ]
    if not why.complete:
        rows.append(_row(number(why.rest, why.precision), "all others together"))
    shown = ways if why.complete or why.count > 1 else ""
    table = f'<table style="border-collapse:collapse;margin:.3em 0">{"".join(rows)}</table>'
    return _whole(f"{head}{shown}{table}", str(why))


def what_if_html(it: WhatIf) -> str:
    """Return a prediction beside what happened, as HTML."""
    rows = [
        _row(escape(words), f"<b>{escape(text)}</b>", "")
        for words, text in (
            ("the gradient predicts", it.signed(it.predicted)),
            ("the true change is", it.signed(it.change)),
        )
    ]
    span = f"{number(it.before, it.precision)} → {number(it.after, it.precision)}"
    head = f"{escape(it.changes)}: {escape(it.of)} {escape(span)}"
    table = f'<table style="border-collapse:collapse;margin:.3em 0">{"".join(rows)}</table>'
    return _whole(f"{head}{table}", str(it))


def _whole(body: str, text: str) -> str:
    label = escape(" ".join(text.split()), quote=True)
    return f'<div role="math" aria-label="{label}" style="overflow-x:auto">{body}</div>'


def _row(left: str, right: str, between: str = "= ") -> str:
    return (
        f'<tr><td style="{_CELL};text-align:right">{left}</td>'
        f'<td style="{_CELL}">{between}{right}</td></tr>'
    )


def _ratio(of: str, by: str) -> str:
    return (
        f'<span style="{_OVER}"><span style="display:block">∂{escape(of)}</span>'
        f'<span style="{_LINE}">∂{escape(by)}</span></span>'
    )


def _product(why: Why, factors: tuple[Factor, ...] | list[Factor]) -> str:
    return " × ".join(["1", *(_factor(factor, why.precision) for factor in factors)])


def _factor(factor: Factor, precision: int) -> str:
    """Return a number, and under it what it is the derivative of."""
    below = escape(factor.label or factor.words)
    if factor.tex:
        below = f"{below}: {_formula(factor.tex, factor.words)}"
    return (
        f'<span style="{_OVER}"><span style="display:block">'
        f"{escape(number(factor.value, precision))}</span>"
        f'<span style="{_SMALL}">{below}</span></span>'
    )


def _formula(tex: str, words: str) -> str:
    """Return a formula as outlines in the size and colour of the text around it."""
    drawn = outline(tex.replace(r"\frac", r"\dfrac", 1))
    unit, above, below = 20.0, drawn.ascent + 0.05, drawn.descent + 0.05
    width, height = drawn.width + 0.1, above + below
    path = drawn.commands(0.05 * unit, above * unit, unit)
    return (
        f'<svg role="img" aria-label="{escape(words, quote=True)}" '
        f'viewBox="0 0 {width * unit:.1f} {height * unit:.1f}" '
        f'style="width:{width:.2f}em;height:{height:.2f}em;vertical-align:{-below:.2f}em">'
        f'<path d="{path}" fill="currentColor"/></svg>'
    )
