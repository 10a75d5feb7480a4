"""Whether a net is ever slower compiled than eager: many small convolutional nets, both ways.

    python bench/fairness.py                 # all nets, batches of 1, 16 and 100
    python bench/fairness.py pool norm       # nets whose name has one of these words

Each row is a train step; steps of the two are timed in turn, and their losses must agree.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import backlit as bl
from backlit.layers import (
    Affine,
    AvgPool2d,
    BatchNorm,
    Conv1d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    MaxPool2d,
    ReLU,
    Sequential,
)
from backlit.optim import SGD

if TYPE_CHECKING:
    from collections.abc import Callable

BATCHES = (1, 16, 100)
SECONDS, FEWEST = 0.25, 7
NOISE = 1.02


class Residual(Layer):
    """What its layers make of the images, and the images themselves."""

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self.body = Sequential(*layers)

    def __call__(self, x: Any) -> Any:
        """Return the sum."""
        return self.body(x) + x


def conv(channels: int, filters: int, kernel: Any, **options: Any) -> Layer:
    """Return a convolution and ReLU."""
    return Sequential(Conv2d(channels, filters, kernel, rng=0, **options), ReLU())


def normal(channels: int, filters: int) -> Layer:
    """Return a convolution, normalisation and ReLU."""
    made = Conv2d(channels, filters, 3, padding=1, rng=0)
    return Sequential(made, BatchNorm(filters), ReLU())


def flat_mean(*layers: Layer) -> list[Layer]:
    """Return layers with a mean over height and width after them."""
    return [*layers, GlobalAvgPool2d()]


NETS: dict[str, tuple[tuple[int, ...], Callable[[], list[Layer]]]] = {
    "stride 2": ((3, 32, 32), lambda: flat_mean(
        conv(3, 16, 3, stride=2, padding=1), conv(16, 32, 3, stride=2, padding=1))),
    "dilation": ((4, 20, 20), lambda: flat_mean(
        conv(4, 16, 3, dilation=2), conv(16, 16, 3, dilation=2))),
    "groups": ((8, 16, 16), lambda: flat_mean(
        conv(8, 16, 3, groups=4, padding=1), conv(16, 16, 3, groups=2, padding=1))),
    "depthwise": ((16, 16, 16), lambda: flat_mean(
        conv(16, 16, 3, groups=16, padding=1), conv(16, 32, 1))),
    "1×1": ((32, 14, 14), lambda: flat_mean(conv(32, 32, 1), conv(32, 32, 1))),
    "5×5 padding 2": ((1, 28, 28), lambda: [
        conv(1, 16, 5, padding=2), MaxPool2d(2), conv(16, 16, 5, padding=2), MaxPool2d(2),
        Flatten()]),
    "conv1d": ((4, 64), lambda: [
        Conv1d(4, 16, 5, rng=0), ReLU(), Conv1d(16, 16, 5, rng=0), ReLU(), Flatten()]),
    "average pool": ((3, 24, 24), lambda: [
        conv(3, 16, 3, padding=1), AvgPool2d(2), conv(16, 16, 3, padding=1), AvgPool2d(2),
        Flatten()]),
    "norm alone": ((16, 16, 16), lambda: flat_mean(BatchNorm(16), ReLU())),
    "norm": ((3, 24, 24), lambda: flat_mean(normal(3, 16), normal(16, 16))),
    "norm, known statistics": ((3, 24, 24), lambda: flat_mean(normal(3, 16), normal(16, 16))),
    "odd sizes": ((3, 23, 17), lambda: [
        conv(3, 13, 3), MaxPool2d(2), conv(13, 11, (2, 3)), MaxPool2d(3, stride=2), Flatten()]),
    "tiny": ((1, 8, 8), lambda: [conv(1, 2, 3), MaxPool2d(2), Flatten()]),
    "residual": ((16, 16, 16), lambda: flat_mean(
        conv(16, 16, 3, padding=1),
        Residual(conv(16, 16, 3, padding=1), Conv2d(16, 16, 3, padding=1, rng=1)), ReLU())),
    "no ReLU": ((3, 24, 24), lambda: [
        Conv2d(3, 16, 3, rng=0), Conv2d(16, 16, 3, rng=1), MaxPool2d(2), Flatten()]),
    "overlapping pool": ((1, 28, 28), lambda: [
        conv(1, 8, 3), MaxPool2d(3, stride=2, padding=1), Flatten()]),
    "pool alone": ((8, 28, 28), lambda: [MaxPool2d(2), Flatten()]),
    "wide": ((64, 8, 8), lambda: flat_mean(
        conv(64, 64, 3, padding=1), conv(64, 64, 3, padding=1))),
}  # fmt: skip


def build(name: str, batch: int, dtype: str) -> tuple[Callable[..., Any], Any, Any]:
    """Return a train step, a batch and its labels."""
    image, layers = NETS[name]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *image)).astype(dtype)
    body = Sequential(*layers())
    net = Sequential(body, Affine(body(x).shape[1], 10, rng=2))
    for W in net.parameters().values():
        W.data = W.data.astype(dtype)
    if name.endswith("known statistics"):
        net.eval()
    optimizer = SGD(net.parameters(), 0.001)

    def train(x: Any, t: Any) -> Any:
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return train, x, rng.integers(0, 10, batch)


def compare(name: str, batch: int, dtype: str) -> str:
    """Return a row of the table."""
    eager, x, t = build(name, batch, dtype)
    compiled: Any = bl.compile(build(name, batch, dtype)[0])
    losses = float(eager(x, t)), float(compiled(x, t))
    assert np.isclose(*losses, rtol=1e-3), f"{name}, batch {batch}: losses {losses} differ"
    times: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < FEWEST:
        start = time.perf_counter()
        eager(x, t)
        middle = time.perf_counter()
        compiled(x, t)
        times.append((middle - start, time.perf_counter() - middle))
    first, second = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    form = "innermost" if "chains(" in compiled.source else "plain"
    verdict = "**slower**" if second > NOISE * first else ""
    return (
        f"| {name} | {batch} | {dtype} | {first:.2f} | {second:.2f} | {second / first:.2f} | "
        f"{form} | {verdict} |"
    )


def main() -> None:
    """Print the table."""
    words = sys.argv[1:]
    print("ms per step, medians\n")
    print("| net | batch | dtype | eager | compiled | ratio | form | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in NETS:
        if words and not any(word in name for word in words):
            continue
        for batch in BATCHES:
            for dtype in ("float32", "float64") if batch == 16 else ("float32",):
                print(compare(name, batch, dtype), flush=True)


if __name__ == "__main__":
    main()
