"""The matrix products of a step and nothing else: what no arrangement around them can beat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from suite.engine import Rows, Steps, single
from suite.nets import Conv, Dense, Net, Pool

Product = Callable[[], object]


def products(m: int, k: int, n: int, *, backwards_to_input: bool) -> list[Product]:
    """Return `(m, k) @ (k, n)`, and the products of its two gradients."""
    x, W = np.full((m, k), 0.01, np.float32), np.full((k, n), 0.01, np.float32)
    y, dW, dx = np.empty((m, n), np.float32), np.empty_like(W), np.empty_like(x)
    steps: list[Product] = [
        lambda: np.matmul(x, W, out=y),
        lambda: np.matmul(x.T, y, out=dW),
    ]
    if backwards_to_input:
        steps.append(lambda: np.matmul(y, W.T, out=dx))
    return steps


def build(net: Net, variant: str) -> Steps:
    """Return the products of one step; a convolution's is that of its patches with its filters."""
    calls: list[Product] = []
    size = net.shape[-1]
    for layer in net.layers:
        first = not calls
        if isinstance(layer, Dense):
            calls += products(
                net.batch, layer.size_in, layer.size_out, backwards_to_input=not first
            )
        elif isinstance(layer, Conv):
            size = size + 2 * layer.padding - layer.kernel + 1
            depth = layer.channels * layer.kernel**2
            # One sample's patches at a time, so that the products alone don't wait for memory.
            once = products(size * size, depth, layer.filters, backwards_to_input=not first)
            calls += once * net.batch
        elif isinstance(layer, Pool):
            size //= layer.size

    def step(rows: Rows) -> float:
        for call in calls:
            call()
        return float("nan")

    return single(step)
