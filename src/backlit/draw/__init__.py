"""Seeing and explaining a graph: drawings with every number, and the chain rule in words."""

from typing import TYPE_CHECKING

from backlit.draw.asking import Asking, Question
from backlit.draw.draw import draw
from backlit.draw.net import draw_net
from backlit.draw.what_if import what_if
from backlit.draw.why import why
from backlit.later import later
from backlit.layers import Layer
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from backlit.draw.figure import Figure
    from backlit.draw.tried import WhatIf
    from backlit.draw.why_reason import Factor, Path, Why
else:
    __getattr__, __dir__ = later(
        globals(),
        {
            "Factor": "backlit.draw.why_reason",
            "Figure": "backlit.draw.figure",
            "Path": "backlit.draw.why_reason",
            "WhatIf": "backlit.draw.tried",
            "Why": "backlit.draw.why_reason",
        },
    )

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
