"""HIPS autograd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.core import make_vjp

from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Dense, Net, data, parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from suite.overhead import Chain


def build(net: Net, variant: str) -> Steps:
    """Return the training step."""
    if not net.is_dense:
        raise UnsupportedError("HIPS autograd has no convolution that trains at a usable speed")
    values: Any = [list(pair) for pair in parameters(net)]

    def loss_of(values: Any, x: Any, t: Any) -> Any:
        given = iter(values)
        for layer in net.layers:
            if isinstance(layer, Dense):
                W, b = next(given)
                x = anp.dot(x, W) + b
            else:
                x = anp.maximum(x, 0)
        shifted = x - anp.max(x, axis=1, keepdims=True)
        logs = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
        return -anp.mean(logs[np.arange(len(t)), t])

    slopes_of: Any = value_and_grad(loss_of)
    x, t = data(net)

    def step(rows: Rows) -> float:
        loss, slopes = slopes_of(values, x[rows], t[rows])
        for pair, slope in zip(values, slopes, strict=True):
            for i in (0, 1):
                pair[i] = pair[i] - np.float32(RATE) * slope[i]
        return float(loss)

    return single(step)


def chain(chain: Chain, variant: str) -> Callable[[], Any]:
    """Return one forward and backward pass of the chain."""
    first = tuple(chain.start())
    ones = np.ones_like(first[0])

    def chained(values: Any) -> Any:
        y, a, w = values
        for _ in range(chain.links):
            y = anp.tanh((y + a) * w)
        return y

    def run() -> Any:
        back, _ = make_vjp(chained, first)
        return back(ones)[0]

    return run
