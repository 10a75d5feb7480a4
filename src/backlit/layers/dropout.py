"""Dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.errors import ValueRefusedError
from backlit.layers.layer import Layer
from backlit.layers.settings import generator, number
from backlit.ops import dropout

if TYPE_CHECKING:
    import numpy as np

    from backlit.tensor import Tensor, TensorLike

__all__ = ["Dropout"]


class Dropout(Layer):
    """Sets elements to 0 at random while training, and scales the others up; else the identity.

    Parameters
    ----------
    rate
        The probability of 0, at least 0 and below 1.
    rng
        Draws the masks: a generator, or a seed for one.

    Raises
    ------
    ValueRefusedError
        If ``rate`` lies outside its range.
    TypeRefusedError
        If ``rate`` is not a number.

    References
    ----------
    N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014), section 4 (here scaled while training, so that evaluation needs nothing).

    Examples
    --------
    >>> from backlit.layers import Dropout
    >>> layer = Dropout(0.5, rng=0)
    >>> layer.forward([1.0, 2.0, 3.0, 4.0])
    array([2., 4., 6., 0.])
    >>> layer.eval().forward([1.0, 2.0, 3.0, 4.0])
    array([1., 2., 3., 4.])
    """

    def __init__(self, rate: float, *, rng: np.random.Generator | int | None = None) -> None:
        rate = number(rate, "rate", "Dropout")
        if not 0 <= rate < 1:
            raise ValueRefusedError(
                f"Dropout: rate is {rate}, but must be at least 0 and below 1; it is the "
                "probability of dropping an element, not of keeping it."
            )
        self.rate = rate
        self.rng = generator(rng, "Dropout")

    def __call__(self, x: TensorLike) -> Tensor:
        """Drop elements of ``x``, of any shape, while training; else return it as it is."""
        kept = self.as_input(x)
        return dropout(kept, self.rate, self.rng) if self.training else kept

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"
