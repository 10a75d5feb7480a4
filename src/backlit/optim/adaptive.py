"""Rules that give every element a rate of its own, by the squares of its gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.optim.optimizer import Optimizer
from backlit.optim.settings import fraction, positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backlit.optim.schedules import Schedule
    from backlit.tensor import Tensor

__all__ = ["AdaGrad", "RMSProp"]


class AdaGrad(Optimizer):
    """Rates that shrink as squares add up: ``h += dW**2``, ``W -= lr * dW / (sqrt(h) + eps)``.

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`.
    eps
        Keeps the divisor above 0; 1e-7 is the chapter's.

    Raises
    ------
    ValueRefusedError
        If ``eps`` is not above 0.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer, "Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization", JMLR 12 (2011), figure 1 with diagonal matrices.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import AdaGrad
    >>> W = bl.tensor([3.0, -400.0], "W")
    >>> optimizer = AdaGrad([W], lr=0.5)
    >>> (W**2).sum().backward()
    >>> optimizer.step()
    >>> W.data.round(4)
    array([   2.5, -399.5])
    """

    memory = ("sum_of_squares",)

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.01,
        *,
        eps: float = 1e-7,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)
        self.eps = positive(eps, "eps", type(self).__name__)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any, h: Any) -> Any:
        """Return the new ``W`` and sum of squares."""
        h = h + dW**2
        return W - lr * dW / (np.sqrt(h) + self.eps), h


class RMSProp(Optimizer):
    """Rates by a running mean of squares: ``h = decay * h + (1 - decay) * dW**2``, then as AdaGrad.

    ``W -= lr * dW / (sqrt(h) + eps)``; unlike a sum, the mean forgets.

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`.
    decay
        The share of the mean that is kept, at least 0 and below 1.
    eps
        Keeps the divisor above 0. The lecture has none; 1e-7 is the book's.

    Raises
    ------
    ValueRefusedError
        If ``decay`` or ``eps`` lies outside its range.

    References
    ----------
    T. Tieleman and G. Hinton, "Lecture 6.5 - rmsprop: Divide the gradient by a running average
    of its recent magnitude", Coursera: Neural Networks for Machine Learning (2012).

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import RMSProp
    >>> W = bl.tensor([3.0, -400.0], "W")
    >>> optimizer = RMSProp([W], lr=0.1, decay=0.75)
    >>> (W**2).sum().backward()
    >>> optimizer.step()
    >>> W.data.round(4)
    array([   2.8, -399.8])
    """

    memory = ("mean_square",)

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.001,
        decay: float = 0.9,
        *,
        eps: float = 1e-7,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)
        self.decay = fraction(decay, "decay", type(self).__name__)
        self.eps = positive(eps, "eps", type(self).__name__)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any, h: Any) -> Any:
        """Return the new ``W`` and mean of squares."""
        h = self.decay * h + (1 - self.decay) * dW**2
        return W - lr * dW / (np.sqrt(h) + self.eps), h
