"""tinygrad with its TinyJit."""

from __future__ import annotations

from typing import Any

import numpy as np
from tinygrad import Tensor, TinyJit

from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Conv, Dense, Flat, Net, Pool, Relu, data, parameters


def build(net: Net, variant: str) -> Steps:
    """Return the training step."""
    values = [tuple(Tensor(v).realize() for v in pair) for pair in parameters(net)]
    flat = [v for pair in values for v in pair]

    def forwards(x: Any) -> Any:
        given = iter(values)
        for layer in net.layers:
            match layer:
                case Dense():
                    W, b = next(given)
                    x = x @ W + b
                case Conv(padding=padding):
                    W, b = next(given)
                    x = x.conv2d(W, b, padding=padding)
                case Relu():
                    x = x.relu()
                case Pool(size):
                    x = x.max_pool2d((size, size))
                case Flat():
                    x = x.flatten(1)
                case _:
                    raise UnsupportedError(f"{type(layer).__name__} is not measured in tinygrad")
        return x

    def step(x: Any, t: Any) -> Any:
        loss = forwards(x).sparse_categorical_crossentropy(t)
        slopes = loss.gradient(*flat)
        changes = [v.assign(v - RATE * d) for v, d in zip(flat, slopes, strict=True)]
        return loss.realize(*changes)

    run: Any = TinyJit(step)
    x, t = data(net)

    def one(rows: Rows) -> float:
        batch = Tensor(x[rows]).realize(), Tensor(t[rows].astype(np.int32)).realize()
        return float(run(*batch).item())

    return single(one)
