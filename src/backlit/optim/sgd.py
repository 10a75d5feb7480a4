"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.optim.optimizer import Optimizer
from backlit.optim.settings import fraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backlit.optim.schedules import Schedule
    from backlit.tensor import Tensor

__all__ = ["SGD", "Momentum", "Nesterov"]


class SGD(Optimizer):
    """Stochastic gradient descent: ``W -= lr * dW``.

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`.

    References
    ----------
    H. Robbins and S. Monro, "A Stochastic Approximation Method", Annals of Mathematical
    Statistics 22 (1951).

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import SGD
    >>> W = bl.tensor([3.0, -4.0], "W")
    >>> optimizer = SGD([W], lr=0.25)
    >>> (W**2).sum().backward()
    >>> optimizer.step()
    >>> W.data
    array([ 1.5, -2. ])
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.01,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any) -> Any:
        """Return the new ``W``."""
        return W - lr * dW


class Momentum(Optimizer):
    """Gradient descent with a velocity: ``v = momentum * v - lr * dW``, then ``W += v``.

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`.
    momentum
        The share of the velocity that is kept, at least 0 and below 1.

    Raises
    ------
    ValueRefusedError
        If ``momentum`` lies outside its range.

    References
    ----------
    B. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4 (1964); in this form I. Sutskever et
    al., "On the importance of initialization and momentum in deep learning", ICML 2013,
    section 2, equations 1 and 2.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import Momentum
    >>> W = bl.tensor([8.0], "W")
    >>> optimizer = Momentum([W], lr=0.25, momentum=0.5)
    >>> for _ in range(2):
    ...     (W**2).sum().backward()
    ...     optimizer.step()
    ...     print(W.data)
    [4.]
    [0.]
    """

    memory = ("velocity",)

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.01,
        momentum: float = 0.9,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)
        self.momentum = fraction(momentum, "momentum", type(self).__name__)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any, v: Any) -> Any:
        """Return the new ``W`` and velocity."""
        v = self.momentum * v - lr * dW
        return W + v, v


class Nesterov(Optimizer):
    """Nesterov's accelerated gradient, a momentum that looks ahead.

    ``v = momentum * v - lr * dW``, then ``W += momentum * v - lr * dW``. The practical form:
    ``W`` is the point one velocity ahead, where Nesterov's method takes its gradient. With ``θ``
    and ``v`` of Sutskever et al., ``W = θ + momentum * v``.

    Parameters
    ----------
    parameters, lr, clip_norm, clip_value
        As for every :class:`Optimizer`.
    momentum
        The share of the velocity that is kept, at least 0 and below 1.

    Raises
    ------
    ValueRefusedError
        If ``momentum`` lies outside its range.

    References
    ----------
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning",
    ICML 2013, section 2, equations 3 and 4; the change of variables is that of Y. Bengio et al.,
    "Advances in Optimizing Recurrent Networks", ICASSP 2013, section 3.5.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.optim import Nesterov
    >>> W = bl.tensor([8.0], "W")
    >>> optimizer = Nesterov([W], lr=0.25, momentum=0.5)
    >>> for _ in range(2):
    ...     (W**2).sum().backward()
    ...     optimizer.step()
    ...     print(W.data)
    [2.]
    [-0.5]
    """

    memory = ("velocity",)

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule = 0.01,
        momentum: float = 0.9,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm=clip_norm, clip_value=clip_value)
        self.momentum = fraction(momentum, "momentum", type(self).__name__)

    def rule(self, lr: Any, t: Any, W: Any, dW: Any, v: Any) -> Any:
        """Return the new ``W`` and velocity."""
        v = self.momentum * v - lr * dW
        return W + self.momentum * v - lr * dW, v
