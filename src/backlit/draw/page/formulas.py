"""Formulas for a page: set as outlines, each once."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from backlit.card import Words
from backlit.draw.formula import derivative, derivative_tex, gradient_formula
from backlit.draw.formula_path import outline
from backlit.draw.formula_tex import equation_tex

if TYPE_CHECKING:
    from backlit.op import Op

__all__ = ["Formulas"]

_SIZE = 10.0
"""The font size of the outlines; the page scales them."""


class _Given(ast.NodeTransformer):
    """Puts in what an op was made with."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.options.get(node.id)
        return ast.Constant(value) if type(value) in (int, float) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        # Which axes stay is to be seen from the shapes.
        node.keywords = [key for key in node.keywords if not self._dull(key)]
        return node

    def _dull(self, key: ast.keyword) -> bool:
        return key.arg == "keepdims" or (key.arg == "axis" and self.options.get("axis") is None)


class Formulas:
    r"""Outlines by their LaTeX: path, width, and how far it reaches above and below its line.

    Examples
    --------
    >>> import backlit as bl
    >>> formulas = Formulas()
    >>> formulas.forward(bl.sigmoid(bl.tensor(0.0)).op)["text"]
    'z = 1 / (1 + exp(-x))'
    >>> list(formulas.set)
    ['z = \\frac{1}{1 + e^{-x}}']
    """

    def __init__(self) -> None:
        self.set: dict[str, tuple[str, float, float, float]] = {}

    def forward(self, op: Op) -> dict[str, Any]:
        """Return what the op computes."""
        if not op.formula or isinstance(op.formula, Words):
            return self._entry(str(op.formula) or op.describe(), "")
        text, tex = str(op.formula), ""
        try:
            tree = _Given(op.options()).visit(ast.parse(text, mode="eval"))
            text = ast.unparse(tree)
            tex = equation_tex("z", text)
        except (ValueError, SyntaxError):  # a card of the user's may hold what no formula does
            tex = ""
        return self._entry(f"z = {text}".replace("np.", ""), tex)

    def gradient(self, op: Op, position: int) -> dict[str, Any]:
        """Return the gradient of an input, ``dx = dz · y``."""
        text, tex = gradient_formula(op, position)
        return self._entry(text, tex)

    def derivative(self, op: Op, position: int) -> dict[str, Any]:
        """Return the local derivative with respect to an input."""
        return self._entry(derivative(op, position), derivative_tex(op, position))

    def _entry(self, text: str, tex: str) -> dict[str, Any]:
        if tex and tex not in self.set:
            drawn = _drawn(tex)
            if drawn is None:
                return {"text": text, "tex": ""}
            self.set[tex] = drawn
        return {"text": text, "tex": tex}


@lru_cache(maxsize=512)
def _drawn(tex: str) -> tuple[str, float, float, float] | None:
    """Return a formula's path and room; ``None`` if it can't be set."""
    try:
        drawn = outline(tex)
    except ValueError:
        return None
    width, ascent, descent = (
        round(length * _SIZE, 2) for length in (drawn.width, drawn.ascent, drawn.descent)
    )
    return drawn.commands(0.0, 0.0, _SIZE), width, ascent, descent
