"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.optim.optimizer import Optimizer
from backlit.optim.settings import fraction, not_negative, positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backlit.optim.schedules import Schedule
    from backlit.tensor import Tensor

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Adaptive moment estimation: the running mean of gradients over the root of that of squares.

    At step ``t`` (from 1)::

        m = beta1 * m + (1 - beta1) * dW
        v = beta2 * v + (1 - beta2) * dW**2
        W -= lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`.
    beta1, beta2
        The shares of the two means that are kept, at least 0 and below 1.
    eps
        Keeps the divisor above 0.

    Raises
    ------
    ValueRefusedError
        If a number lies outside its range.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1;
    the defaults are the paper's.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import Adam
    >>> W = bl.tensor([3.0, -400.0], "W")
    >>> optimizer = Adam([W], lr=0.1)
    >>> (W**2).sum().backward()
    >>> optimizer.step()
    >>> W.data.round(4)
    array([   2.9, -399.9])
    """

    memory = ("m", "v")

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        *,
        eps: float = 1e-8,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)
        self.beta1 = fraction(beta1, "beta1", type(self).__name__)
        self.beta2 = fraction(beta2, "beta2", type(self).__name__)
        self.eps = positive(eps, "eps", type(self).__name__)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any, m: Any, v: Any) -> Any:
        """Return the new ``W``, mean and mean of squares."""
        m = self.beta1 * m + (1 - self.beta1) * dW
        v = self.beta2 * v + (1 - self.beta2) * dW**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return W - lr * m_hat / (np.sqrt(v_hat) + self.eps), m, v


class AdamW(Optimizer):
    """Adam with decoupled weight decay: every step also takes ``lr * weight_decay * W`` off ``W``.

    The decay stands beside the gradient, so the running means know nothing of it.

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`. To spare biases the decay, give them to an
        :class:`Adam` of their own.
    beta1, beta2, eps
        As for :class:`Adam`.
    weight_decay
        The share of ``W`` taken off per step and unit of learning rate, 0 or more. The paper's
        λ is this times its α, since there the decay is multiplied by the schedule alone.

    Raises
    ------
    ValueRefusedError
        If a number lies outside its range.

    References
    ----------
    I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import AdamW
    >>> W = bl.tensor([3.0, -400.0], "W")
    >>> optimizer = AdamW([W], lr=0.1, weight_decay=0.5)
    >>> (W**2).sum().backward()
    >>> optimizer.step()
    >>> W.data.round(4)
    array([   2.75, -379.9 ])
    """

    memory = ("m", "v")

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        *,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)
        self.beta1 = fraction(beta1, "beta1", type(self).__name__)
        self.beta2 = fraction(beta2, "beta2", type(self).__name__)
        self.eps = positive(eps, "eps", type(self).__name__)
        self.weight_decay = not_negative(weight_decay, "weight_decay", type(self).__name__)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any, m: Any, v: Any) -> Any:
        """Return the new ``W``, mean and mean of squares."""
        m = self.beta1 * m + (1 - self.beta1) * dW
        v = self.beta2 * v + (1 - self.beta2) * dW**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return W - lr * (m_hat / (np.sqrt(v_hat) + self.eps) + self.weight_decay * W), m, v
