"""backlit, eager and compiled, a step at a time and many in one call."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

import backlit as bl
from backlit.layers import (
    Affine,
    BatchNorm,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    MaxPool2d,
    ReLU,
    Sequential,
)
from backlit.optim import SGD
from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Conv, Dense, Flat, GlobalMean, Net, Norm, Pool, Relu, data, parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from suite.overhead import Chain


def make(net: Net) -> Any:
    """Return the net with its first parameters."""
    first = iter(parameters(net))
    made: list[Any] = []
    for layer in net.layers:
        match layer:
            case Dense():
                made.append(Affine.from_arrays(*next(first)))
            case Conv(padding=padding):
                made.append(Conv2d.from_arrays(*next(first), padding=padding))
            case Norm(channels):
                next(first)
                made.append(BatchNorm(channels))
            case Relu():
                made.append(ReLU())
            case Pool(size):
                made.append(MaxPool2d(size))
            case GlobalMean():
                made.append(GlobalAvgPool2d())
            case Flat():
                made.append(Flatten())
    return Sequential(*made)


def build(net: Net, variant: str) -> Steps:
    """Return the training step."""
    model = make(net)
    optimizer = SGD(model.parameters(), RATE)

    def train(x: Any, t: Any) -> Any:
        loss = bl.softmax_cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    x, t = data(net)
    if variant == "over":
        steps = bl.compile(train)
        return Steps(lambda rows: list(steps.over(rows, x, t)), net.together)
    run: Any = bl.compile(train) if variant == "compiled" else train
    memory = cycle([np.empty((net.batch, *net.shape), x.dtype) for _ in range(4)])

    def step(rows: Rows) -> float:  # takes batches as `Batches.stream` does
        return float(run(x.take(rows, 0, next(memory), "clip"), t.take(rows)))

    return single(step)


def chain(chain: Chain, variant: str) -> Callable[[], Any]:
    """Return one forward and backward pass of the chain."""
    x, a, w = map(bl.tensor, chain.start())
    ones = np.ones_like(x.data)

    def forwards_and_back(x: Any) -> Any:
        y = x
        for _ in range(chain.links):
            y = bl.tanh((y + a) * w)
        y.backward(ones)
        return x.grad

    if variant == "over":
        raise UnsupportedError("the chain is timed one pass at a time")
    if variant == "eager":
        return lambda: forwards_and_back(x)

    def gradient(values: Any) -> Any:
        x = bl.tensor(values)
        forwards_and_back(x)
        return x.grad

    compiled: Any = bl.compile(gradient)
    return lambda: compiled(x.data)
