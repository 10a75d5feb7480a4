"""Seeing and explaining a graph: drawings with every number, and the chain rule in words."""

from backlit.draw.asking import Asking, Question
from backlit.draw.draw import draw
from backlit.draw.figure import Figure
from backlit.draw.net import draw_net
from backlit.draw.what_if import WhatIf, what_if
from backlit.draw.why import Factor, Path, Why, why
from backlit.layers import Layer
from backlit.tensor import Tensor

__all__ = [
    "Factor",
    "Figure",
    "Path",
    "Question",
    "WhatIf",
    "Why",
    "draw",
    "draw_net",
    "what_if",
    "why",
]

# `price.draw()` reads better than `draw(price)`, and a tensor can't know of its readers.
Tensor.draw, Tensor.what_if = draw, what_if
Tensor.why = Asking()
Layer.draw = draw_net
