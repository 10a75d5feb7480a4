"""Seeing and explaining a graph: drawings with every number, and the chain rule in words."""

from backlit.draw.draw import draw
from backlit.draw.figure import Figure
from backlit.draw.what_if import WhatIf, what_if
from backlit.draw.why import Factor, Path, Why, why
from backlit.tensor import Tensor

__all__ = ["Factor", "Figure", "Path", "WhatIf", "Why", "draw", "what_if", "why"]

# `price.draw()` reads better than `draw(price)`, and a tensor can't know of its readers.
Tensor.draw, Tensor.why, Tensor.what_if = draw, why, what_if
