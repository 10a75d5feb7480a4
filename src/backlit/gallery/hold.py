"""Numbers worked by hand, held against those of the graph and against those in the figure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.number import number
from backlit.errors import BacklitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backlit.draw import Figure
    from backlit.tensor import Tensor

__all__ = ["WrongNumberError", "held", "hold_gradients", "shows"]


class WrongNumberError(BacklitError):
    """A figure whose numbers are not those that were worked by hand; it is not written."""


def held(what: str, found: Any, expected: Any, *, within: float = 1e-9) -> None:
    """Raise unless ``found`` is ``expected``, element by element, also where asserts are off.

    Raises
    ------
    WrongNumberError
        With both.
    """
    got, wanted = np.asarray(found), np.asarray(expected)
    if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=within, atol=within):
        raise WrongNumberError(f"gallery: {what} is {got}, but worked by hand it is {wanted}.")


def hold_gradients(y: Tensor, expected: Mapping[Tensor, Any], dout: Any = None) -> None:
    """Raise unless ``backward`` gives these gradients.

    Raises
    ------
    WrongNumberError
        With both.
    """
    y.backward(dout, retain_grads=True)
    for x, gradient in expected.items():
        held(f"the gradient of {x.name or 'a tensor'}", x.grad, gradient)


def shows(figure: Figure, values: Iterable[float] = (), gradients: Iterable[float] = ()) -> Figure:
    """Return the figure if its values and gradients are these, in any order.

    Raises
    ------
    WrongNumberError
        With what there is too much and too little of.
    """
    for role, expected in (("value", values), ("gradient", gradients)):
        texts = (item.text for item in figure.scene.texts() if item.role == role)
        found = Counter(text for text in texts if not text.startswith("("))  # but the shapes
        wanted = Counter(number(x) for x in expected)
        if found != wanted:
            raise WrongNumberError(
                f"gallery: of the {role}s in {figure!r}, {sorted((found - wanted).elements())} "
                f"should not be there, and {sorted((wanted - found).elements())} are missing."
            )
    return figure
