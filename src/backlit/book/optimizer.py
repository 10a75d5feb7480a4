"""The optimisers of chapter 6: ``update(params, grads)`` writes into the arrays of ``params``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backlit.errors import ValueRefusedError

__all__ = ["SGD", "AdaGrad", "Adam", "Momentum", "Nesterov", "RMSprop"]

Arrays: TypeAlias = Mapping[str, NDArray[Any]]


class _Optimizer(ABC):
    """Goes through the parameters; a subclass says what becomes of one."""

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self._memory: dict[tuple[str, str], NDArray[Any]] = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        """Take one step, in place.

        Parameters
        ----------
        params
            The arrays to change, by name.
        grads
            Their gradients, by the same names.

        Raises
        ------
        ValueRefusedError
            If a gradient is missing or has another shape. Nothing is changed then.
        """
        for name, W in params.items():
            if name not in grads:
                raise ValueRefusedError(
                    f"{type(self).__name__}.update: there is no gradient for {name!r}; the "
                    f"gradients are {', '.join(map(repr, grads)) or 'none'}."
                )
            if np.shape(grads[name]) != W.shape:
                raise ValueRefusedError(
                    f"{type(self).__name__}.update: {name!r} has shape {W.shape}, and its gradient "
                    f"{np.shape(grads[name])}."
                )
        for name, W in params.items():
            self._change(name, W, grads[name])

    def _recall(self, what: str, name: str, W: NDArray[Any]) -> NDArray[Any]:
        """Return what is remembered of a parameter, zeros at first."""
        return self._memory.setdefault((what, name), np.zeros_like(W))

    @abstractmethod
    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None: ...


class SGD(_Optimizer):
    """Gradient descent, ``W ← W − lr dW``.

    Examples
    --------
    >>> params = {"W": np.array([1.0, 2.0])}
    >>> SGD(lr=0.1).update(params, {"W": np.array([10.0, 0.0])})
    >>> params["W"]
    array([0., 2.])
    """

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None:  # noqa: ARG002
        W -= self.lr * dW


class Momentum(_Optimizer):
    """Gradient descent with a velocity, ``v ← momentum v − lr dW``, ``W ← W + v``."""

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = momentum

    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None:
        v = self._recall("v", name, W)
        v *= self.momentum
        v -= self.lr * dW
        W += v


class Nesterov(_Optimizer):
    """Momentum with the gradient taken ahead.

    References
    ----------
    Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, "Advances in Optimizing Recurrent
    Networks", arXiv:1212.0901, section 3.5.
    """

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = momentum

    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None:
        v = self._recall("v", name, W)
        W += self.momentum**2 * v - (1 + self.momentum) * self.lr * dW
        v *= self.momentum
        v -= self.lr * dW


class AdaGrad(_Optimizer):
    """Steps that shrink with the sum of squared gradients.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer, "Adaptive Subgradient Methods", JMLR 12 (2011), section 1.
    """

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None:
        h = self._recall("h", name, W)
        h += dW * dW
        W -= self.lr * dW / (np.sqrt(h) + 1e-7)


class RMSprop(_Optimizer):
    """AdaGrad with a memory that fades.

    References
    ----------
    T. Tieleman and G. Hinton, *Neural Networks for Machine Learning*, lecture 6.5, 2012.
    """

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        super().__init__(lr)
        self.decay_rate = decay_rate

    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None:
        h = self._recall("h", name, W)
        h *= self.decay_rate
        h += (1 - self.decay_rate) * dW * dW
        W -= self.lr * dW / (np.sqrt(h) + 1e-7)


class Adam(_Optimizer):
    """Momentum and RMSprop together, corrected for their start at zero.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980,
    section 2 (the form at its end).
    """

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        super().__init__(lr)
        self.beta1, self.beta2 = beta1, beta2
        self.iter = 0

    def update(self, params: Arrays, grads: Arrays) -> None:
        """Take one step, in place, as the other optimisers do."""
        self.iter += 1
        try:
            super().update(params, grads)
        except ValueRefusedError:
            self.iter -= 1
            raise

    def _change(self, name: str, W: NDArray[Any], dW: NDArray[Any]) -> None:
        m, v = self._recall("m", name, W), self._recall("v", name, W)
        m += (1 - self.beta1) * (dW - m)
        v += (1 - self.beta2) * (dW * dW - v)
        rate = self.lr * np.sqrt(1 - self.beta2**self.iter) / (1 - self.beta1**self.iter)
        W -= rate * m / (np.sqrt(v) + 1e-7)
