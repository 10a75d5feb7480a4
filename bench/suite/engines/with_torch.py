"""PyTorch: eager in both of its layouts, and torch.compile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Conv, Dense, Flat, GlobalMean, Net, Norm, Pool, Relu, data, parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from suite.overhead import Chain

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def make(net: Net) -> Any:
    """Return the net with its first parameters."""
    first = iter(parameters(net))
    made: list[Any] = []
    for layer in net.layers:
        match layer:
            case Dense(n, m):
                W, b = next(first)
                linear = nn.Linear(n, m)
                linear.weight.data, linear.bias.data = torch.from_numpy(W.T.copy()), torch.tensor(b)
                made.append(linear)
            case Conv(channels, filters, kernel, padding):
                W, b = next(first)
                conv = nn.Conv2d(channels, filters, kernel, padding=padding)
                conv.weight.data, conv.bias.data = torch.from_numpy(W), torch.tensor(b)
                made.append(conv)
            case Norm(channels):
                next(first)
                made.append(nn.BatchNorm2d(channels))
            case Relu():
                made.append(nn.ReLU())
            case Pool(size):
                made.append(nn.MaxPool2d(size))
            case GlobalMean():
                made += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            case Flat():
                made.append(nn.Flatten())
    return nn.Sequential(*made)


def build(net: Net, variant: str) -> Steps:
    """Return the training step."""
    if variant == "channels_last" and len(net.shape) == 1:
        raise UnsupportedError("channels_last is a layout of images")
    model = make(net)
    last = variant == "channels_last"
    if last:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    entropy = nn.CrossEntropyLoss()

    def loss_of(x: Any, t: Any) -> Any:
        return entropy(model(x), t)

    forwards: Any = torch.compile(loss_of) if variant == "compile" else loss_of
    x, t = map(torch.from_numpy, data(net))

    def step(rows: Rows) -> float:
        picked = torch.from_numpy(rows)
        batch = x.index_select(0, picked)  # x[picked] takes twice as long
        if last:
            batch = batch.contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad()
        loss = forwards(batch, t[picked])
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return single(step)


def chain(chain: Chain, variant: str) -> Callable[[], Any]:
    """Return one forward and backward pass of the chain."""
    if variant != "eager":
        raise UnsupportedError("the chain is timed in PyTorch's plain form")
    x, a, w = (torch.tensor(value, requires_grad=True) for value in chain.start())
    ones = torch.ones_like(x)

    def run() -> Any:
        x.grad = a.grad = w.grad = None
        y = x
        for _ in range(chain.links):
            y = torch.tanh((y + a) * w)
        y.backward(ones)
        assert x.grad is not None
        return np.asarray(x.grad)

    return run
