"""Why a gradient is what it is, as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.tex import number_tex, text_tex

if TYPE_CHECKING:
    from backlit.draw.why_reason import Factor, Why

__all__ = ["ratio_tex", "why_tex"]


def why_tex(why: Why) -> str:
    """Return it as LaTeX for math mode: one equation, a row for each path if there are several."""
    start = f"{ratio_tex(why.of, why.by)} = {number_tex(why.gradient, why.precision)}"
    sums = [_product(why, factors) for factors in (why.shortened(path) for path in why.paths)]
    if not why.complete and why.count:
        sums.append(
            rf"\underbrace{{{number_tex(why.rest, why.precision)}}}_{{\text{{all others}}}}"
        )
    if not sums:
        return start
    if len(sums) == 1:
        return f"{start} = {sums[0]}"
    rows = r" \\ &+ ".join(sums)
    return rf"\begin{{aligned}} {start} &= {rows} \end{{aligned}}"


def ratio_tex(of: str, by: str) -> str:
    """Return the derivative of one thing by another."""
    return rf"\frac{{\partial {text_tex(of)}}}{{\partial {text_tex(by)}}}"


def _product(why: Why, factors: list[Factor]) -> str:
    parts = ["1"]
    for factor in factors:
        below = text_tex(factor.label or factor.words)
        if factor.tex:
            below += rf":\; {factor.tex}"
        value = number_tex(factor.value, why.precision)
        parts.append(rf"\underbrace{{{value}}}_{{{below}}}")
    return r" \times ".join(parts)
