"""Single nodes, and the chain rule over two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.gallery.hold import hold_gradients, shows
from backlit.ops import relu
from backlit.tensor import tensor

if TYPE_CHECKING:
    from backlit.draw import Figure
    from backlit.gallery.setting import Setting
    from backlit.tensor import Tensor

__all__ = ["add", "chain_rule", "derivatives", "multiply", "relu_off", "relu_on"]


def _square_of_sum() -> tuple[Tensor, Tensor, Tensor]:
    x, y = tensor(2.0, "x"), tensor(3.0, "y")
    t = x + y
    t.name = "t"
    return x, y, t**2


def chain_rule(setting: Setting) -> Figure:
    """Draw ``(x + y)²`` with its numbers."""
    x, y, z = _square_of_sum()
    hold_gradients(z, {x: 10, y: 10})
    return shows(setting.draw(z, "z"), [2, 3, 5, 25], [10, 10, 10, 1])


def derivatives(setting: Setting) -> Figure:
    """Draw the same as derivatives that are multiplied."""
    x, y, z = _square_of_sum()
    hold_gradients(z, {x: 10, y: 10})
    return setting.draw(z, "z", values=False, gradients="symbols")


def add(setting: Setting) -> Figure:
    """Hand the gradient on."""
    x, y = tensor(10.0, "x"), tensor(5.0, "y")
    z = x + y
    hold_gradients(z, {x: 1.3, y: 1.3}, 1.3)
    return shows(setting.draw(z, "z", dout=1.3, formulas=True), [10, 5, 15], [1.3, 1.3, 1.3])


def multiply(setting: Setting) -> Figure:
    """Multiply the gradient by the other input."""
    x, y = tensor(10.0, "x"), tensor(5.0, "y")
    z = x * y
    hold_gradients(z, {x: 6.5, y: 13}, 1.3)
    return shows(setting.draw(z, "z", dout=1.3, formulas=True), [10, 5, 50], [6.5, 13, 1.3])


def relu_on(setting: Setting) -> Figure:
    """Let the gradient pass."""
    x = tensor(1.5, "x")
    y = relu(x)
    hold_gradients(y, {x: 0.8}, 0.8)
    return shows(setting.draw(y, "y", dout=0.8, formulas=True), [1.5, 1.5], [0.8, 0.8])


def relu_off(setting: Setting) -> Figure:
    """Stop the gradient."""
    x = tensor(-1.5, "x")
    y = relu(x)
    hold_gradients(y, {x: 0}, 0.8)
    return shows(setting.draw(y, "y", dout=0.8, formulas=True), [-1.5, 0], [0, 0.8])
