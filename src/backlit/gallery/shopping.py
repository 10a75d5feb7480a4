"""Two apples, with tax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.gallery.hold import held, hold_gradients, shows
from backlit.op import Op

if TYPE_CHECKING:
    from backlit.draw import Figure
    from backlit.gallery.setting import Setting

__all__ = ["apples", "apples_and_oranges", "local_computation", "values"]


def values(setting: Setting) -> Figure:
    """Forward only."""
    apple, number, tax = (setting.given(k, v) for k, v in
                          (("apple", 100), ("number", 2), ("tax", 1.1)))  # fmt: skip
    price = apple * number * tax
    held("the price", price.item(), 220)
    figure = setting.draw(price, setting.name("price"), gradients=False)
    return shows(figure, [100, 2, 200, 1.1, 220])


def apples(setting: Setting) -> Figure:
    """Forward and backward."""
    apple, number, tax = (setting.given(k, v) for k, v in
                          (("apple", 100), ("number", 2), ("tax", 1.1)))  # fmt: skip
    price = apple * number * tax
    hold_gradients(price, {apple: 2.2, number: 110, tax: 200})
    figure = setting.draw(price, setting.name("price"))
    return shows(figure, [100, 2, 200, 1.1, 220], [2.2, 110, 1.1, 200, 1])


def apples_and_oranges(setting: Setting) -> Figure:
    """Two kinds of fruit: an addition among multiplications."""
    apple, apples = setting.given("apple", 100), setting.given("apples", 2)
    orange, oranges = setting.given("orange", 150), setting.given("oranges", 3)
    tax = setting.given("tax", 1.1)
    price = (apple * apples + orange * oranges) * tax
    held("the price", price.item(), 715)
    hold_gradients(price, {apple: 2.2, apples: 110, orange: 3.3, oranges: 165, tax: 650})
    figure = setting.draw(price, setting.name("price"))
    return shows(
        figure,
        [100, 2, 200, 150, 3, 450, 650, 1.1, 715],
        [2.2, 110, 1.1, 3.3, 165, 1.1, 1.1, 650, 1],
    )


class Elsewhere(Op):
    """All that was bought elsewhere: however that is computed, its sum is all that shows."""

    symbol = "…"
    opens = False
    cloud = True
    """Drawn as one: what goes on in it does not matter to what is beside it."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol  # type: ignore[misc]

    def forward(self, *prices: Any) -> Any:
        """Add up."""
        return np.sum(prices)

    def backward(self, dz: Any) -> Any:
        """Give every price the same."""
        return (dz,) * len(self.inputs)


def local_computation(setting: Setting) -> Figure:
    """Hide the rest of the graph behind one node."""
    basket = [setting.given(k, v) for k, v in (("bread", 260), ("milk", 880), ("rice", 2500))]
    apple, number = setting.given("apple", 100), setting.given("number", 2)
    price = apple * number + Elsewhere(setting.name("elsewhere"))(*basket)
    held("the price", price.item(), 260 + 880 + 2500 + 200)
    hold_gradients(price, {**dict.fromkeys(basket, 1), apple: 2, number: 100})
    figure = setting.draw(price, setting.name("price"), gradients=False)
    return shows(figure, [260, 880, 2500, 3640, 100, 2, 200, 3840])
