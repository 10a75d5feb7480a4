"""The chapter's net of two layers."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.book.gradient import numerical_gradient
from backlit.book.layers import Affine, Relu, SoftmaxWithLoss

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]

__all__ = ["TwoLayerNet"]


class TwoLayerNet:
    """Affine, ReLU, affine, and softmax with loss.

    Parameters
    ----------
    input_size, hidden_size, output_size
        How many numbers go in, lie between, and come out: D, H, C.
    weight_init_std
        The standard deviation of the initial weights.
    rng
        Draws them; NumPy's global state if left out, so that ``np.random.seed`` decides.

    Attributes
    ----------
    params : dict
        ``W1 (D, H)``, ``b1 (H,)``, ``W2 (H, C)``, ``b2 (C,)``. Write into the arrays or put others
        in their place; the layers use what is here.
    layers : OrderedDict
        ``Affine1``, ``Relu1``, ``Affine2``.
    lastLayer : SoftmaxWithLoss
        The loss.

    Examples
    --------
    >>> net = TwoLayerNet(4, 3, 2, rng=np.random.default_rng(0))
    >>> x, t = np.eye(4), np.array([0, 1, 1, 0])
    >>> grads = net.gradient(x, t)
    >>> for name in net.params:
    ...     net.params[name] -= 0.1 * grads[name]
    >>> round(float(net.loss(x, t)), 3)
    0.693

    All of its gradients, checked:

    >>> from backlit.check import check
    >>> check(net, x, t).ok
    True
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        normal: Callable[..., Any] = (
            np.random.standard_normal if rng is None else rng.standard_normal
        )
        self.params: dict[str, Array] = {
            "W1": weight_init_std * normal((input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": weight_init_std * normal((hidden_size, output_size)),
            "b2": np.zeros(output_size),
        }
        self.layers: OrderedDict[str, Any] = OrderedDict(
            Affine1=Affine(self.params["W1"], self.params["b1"]),
            Relu1=Relu(),
            Affine2=Affine(self.params["W2"], self.params["b2"]),
        )
        self.lastLayer = SoftmaxWithLoss()

    def predict(self, x: ArrayLike) -> Array:
        """Return the scores of ``x``, ``(N, D)`` → ``(N, C)``."""
        for number in "12":
            affine = self.layers[f"Affine{number}"]
            affine.W, affine.b = self.params[f"W{number}"], self.params[f"b{number}"]
        out: Any = x
        for layer in self.layers.values():
            out = layer.forward(out)
        return out  # type: ignore[no-any-return]

    def loss(self, x: ArrayLike, t: ArrayLike) -> Any:
        """Return the mean loss, for labels as class numbers ``(N,)`` or one-hot ``(N, C)``."""
        return self.lastLayer.forward(self.predict(x), t)

    def accuracy(self, x: ArrayLike, t: ArrayLike) -> float:
        """Return the share of samples, 0 … 1, whose largest score is that of their label."""
        scores, labels = self.predict(x), np.asarray(t)
        if labels.shape == scores.shape:
            labels = np.argmax(labels, axis=-1)
        return float(np.mean(np.argmax(scores, axis=-1) == labels))

    def numerical_gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, Array]:
        """Return the gradients of the loss by differences: slow, and right."""
        return {
            name: numerical_gradient(lambda _: self.loss(x, t), W)
            for name, W in self.params.items()
        }

    def gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, Array]:
        """Return the gradients of the loss by backpropagation."""
        self.loss(x, t)
        dout: Any = self.lastLayer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        first, second = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}
