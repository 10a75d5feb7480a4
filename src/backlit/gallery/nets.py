"""The net of two layers, before and while it learns."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from backlit import ops
from backlit.data import mnist
from backlit.gallery.chart import Chart, Curve
from backlit.gallery.hold import WrongNumberError, held
from backlit.layers import Affine, ReLU, Sequential
from backlit.optim import SGD
from backlit.tensor import tensor
from backlit.train import fit

if TYPE_CHECKING:
    from backlit.data import Dataset
    from backlit.draw import Figure
    from backlit.gallery.setting import Setting
    from backlit.tensor import Tensor
    from backlit.train import History

__all__ = ["curve", "gradients", "values"]

_EPOCHS = 6


@cache
def _digits() -> Dataset:
    return mnist()


def _net() -> tuple[Tensor, list[Tensor]]:
    rng = np.random.default_rng(0)
    images, labels = _digits().train
    x = tensor(images[:100], "x", requires_grad=False)
    t = tensor(labels[:100], "t", requires_grad=False)
    W1, b1 = tensor(0.01 * rng.standard_normal((784, 50)), "W1"), tensor(np.zeros(50), "b1")
    W2, b2 = tensor(0.01 * rng.standard_normal((50, 10)), "W2"), tensor(np.zeros(10), "b2")
    h = ops.relu(ops.affine(x, W1, b1))
    loss = ops.softmax_cross_entropy(ops.affine(h, W2, b2), t)
    held("the loss of the untrained net", loss.item(), np.log(10), within=0.01)
    _hold_by_hand(loss, h.data, [x, t, W1, b1, W2, b2])
    return loss, [W1, b1, W2, b2]


def _hold_by_hand(loss: Tensor, h: np.ndarray, given: list[Tensor]) -> None:
    """Work the gradients out with NumPy, without the graph."""
    x, t, _, _, W2, b2 = (z.data for z in given)
    a = h @ W2 + b2
    y = np.exp(a - a.max(axis=1, keepdims=True))
    y /= y.sum(axis=1, keepdims=True)
    da = (y - np.eye(10)[t]) / len(t)
    dh = da @ W2.T * (h > 0)
    loss.backward()
    for z, dz in zip(given[2:], (x.T @ dh, dh.sum(0), h.T @ da, da.sum(0)), strict=True):
        held(f"the gradient of {z.name}", z.grad, dz)


def values(setting: Setting) -> Figure:
    """Draw it forwards."""
    loss, _ = _net()
    return setting.draw(loss, setting.name("loss"), gradients=False)


def gradients(setting: Setting) -> Figure:
    """Draw it backwards too."""
    loss, _ = _net()
    return setting.draw(loss, setting.name("loss"))


@cache
def _history() -> History:
    net = Sequential(Affine(784, 50, rng=0), ReLU(), Affine(50, 10, rng=1))
    optimizer = SGD(net.parameters(), 0.2)
    return fit(net, _digits(), optimizer=optimizer, epochs=_EPOCHS, progress=False)


def curve(setting: Setting) -> Chart:
    """Draw how its accuracy rises."""
    history = _history()
    train = [float(p) for p in history.column("train_accuracy")]
    test = [float(p) for p in history.column("test_accuracy")]
    if not (train[-1] > train[0] > 0.85 and test[-1] > 0.95):
        raise WrongNumberError(
            f"gallery: training went from {train[0]:.4f} to {train[-1]:.4f}, and {test[-1]:.4f} of "
            "the test digits are right; it should rise, to more than 0.95."
        )
    return Chart(
        Curve(setting.name("training"), train, "back"),
        Curve(setting.name("test"), test, "bracket value"),
        down=setting.name("accuracy"),
        along=setting.name("epoch"),
        theme=setting.theme,
    )
