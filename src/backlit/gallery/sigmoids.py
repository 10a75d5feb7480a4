"""The sigmoid at 1, from four nodes to one."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from backlit.gallery.hold import held, hold_gradients, shows
from backlit.ops import sigmoid
from backlit.tensor import tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.draw import Figure
    from backlit.gallery.setting import Setting
    from backlit.tensor import Tensor

__all__ = ["grouped", "simplified", "step"]

_E = exp(-1)
_Y = 1 / (1 + _E)
_VALUES = [1, -1, _E, 1, 1 + _E, 1, _Y]
_GRADIENTS = [1, -(_Y**2), -(_Y**2), -(_Y**2) * _E, _Y**2 * _E]
"""From the right to the left: after ``/``, ``+``, ``exp`` and ``×(−1)``."""


def _sigmoid() -> tuple[Tensor, Tensor]:
    x = tensor(1.0, "x")
    y = sigmoid(x)
    held("the sigmoid of 1", y.item(), _Y)
    hold_gradients(y, {x: _Y * (1 - _Y)})
    return x, y


def step(count: int) -> Callable[[Setting], Figure]:
    """Return what draws the sigmoid's backward pass after ``count`` of its four nodes."""

    def draw(setting: Setting) -> Figure:
        _, y = _sigmoid()
        figure = setting.draw(y, "y", open="sigmoid", steps=count, formulas=True)
        return shows(figure, _VALUES, _GRADIENTS[: count + 1])

    return draw


def grouped(setting: Setting) -> Figure:
    """Draw the four nodes in their frame."""
    _, y = _sigmoid()
    return shows(setting.draw(y, "y", open="sigmoid"), _VALUES, _GRADIENTS)


def simplified(setting: Setting) -> Figure:
    """Draw one node."""
    _, y = _sigmoid()
    return shows(setting.draw(y, "y", formulas=True), [1, _Y], [_Y * (1 - _Y), 1])
