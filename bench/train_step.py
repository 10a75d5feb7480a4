"""What a train step of a dense net costs, against the matrix products it is made of.

    python bench/train_step.py          # backlit eager and compiled, the floor, and PyTorch

Batch 100, float32, plain gradient descent; the batch is gathered at random in every step and
the loss is read in every step. All competitors take the same steps, and their losses are
compared. The floor is the step's matrix products alone, on arrays of the same shapes.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

NETS = {
    "784-50-10": (784, 50, 10),
    "784-512-10": (784, 512, 10),
    "784-1024-1024-10": (784, 1024, 1024, 10),
}
BATCH, SAMPLES, RATE = 100, 6000, 0.05
CHECKED = 20  # steps whose losses are compared
SECONDS = 0.6  # of timed steps per net
COMPETITORS = {
    "floor": "numpy",
    "backlit eager": "backlit",
    "backlit compiled": "backlit",
    "PyTorch eager": "torch",
}

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = os.environ.get("BENCH_THREADS", "1")

import numpy as np  # noqa: E402  (after the threads are set)

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[Any], float]


def data() -> tuple[Any, Any]:
    """Return samples and labels."""
    rng = np.random.default_rng(0)
    x = rng.random((SAMPLES, 784), dtype=np.float32)
    return x, rng.integers(0, 10, SAMPLES)


def weights(sizes: tuple[int, ...]) -> list[tuple[Any, Any]]:
    """Return the first parameters of a net."""
    rng = np.random.default_rng(1)
    return [
        (
            (rng.standard_normal((n, m)) * np.sqrt(2 / n)).astype(np.float32),
            np.zeros(m, np.float32),
        )
        for n, m in pairwise(sizes)
    ]


def floor(sizes: tuple[int, ...]) -> Step:
    """Return the products of one step: forwards, to the weights, and back but for the input."""
    x, _ = data()
    layers = []
    for i, (W, _b) in enumerate(weights(sizes)):
        n, m = W.shape
        slopes, out = np.full((BATCH, m), 1e-3, np.float32), np.empty((BATCH, m), np.float32)
        layers.append((W, slopes, out, np.empty((n, m), np.float32),
                       np.empty((BATCH, n), np.float32) if i else None))  # fmt: skip
    batch = x[:BATCH].copy()

    def step(rows: Any) -> float:
        h = batch
        for W, _, out, _, _ in layers:
            np.matmul(h, W, out=out)
            h = out
        for i in range(len(layers) - 1, -1, -1):
            W, slopes, _, dW, dx = layers[i]
            below = layers[i - 1][2] if i else batch
            np.matmul(below.T, slopes, out=dW)
            if dx is not None:
                np.matmul(slopes, W.T, out=dx)
        return 0.0

    return step


def with_backlit(sizes: tuple[int, ...], *, compiled: bool) -> Step:
    """Return one step of backlit."""
    import backlit as bl
    from backlit.layers import Affine, ReLU, Sequential
    from backlit.optim import SGD

    layers: list[Any] = []
    for W, b in weights(sizes):
        layers += [ReLU(), Affine.from_arrays(W, b)] if layers else [Affine.from_arrays(W, b)]
    net = Sequential(*layers)
    optimizer = SGD(net.parameters(), RATE)

    def train(x: Any, t: Any) -> Any:
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    run: Any = bl.compile(train) if compiled else train
    x, t = data()
    batch, labels = np.empty((BATCH, sizes[0]), x.dtype), np.empty(BATCH, t.dtype)

    def step(rows: Any) -> float:  # gathers as `bl.data.Batches.stream` does
        x.take(rows, axis=0, out=batch, mode="clip")
        t.take(rows, axis=0, out=labels, mode="clip")
        return float(run(batch, labels))

    return step


def with_torch(sizes: tuple[int, ...]) -> Step:
    """Return one step of PyTorch."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    layers: list[Any] = []
    for W, b in weights(sizes):
        layer = torch.nn.Linear(*W.shape)
        layer.weight.data = torch.from_numpy(W.T.copy())
        layer.bias.data = torch.from_numpy(b)
        layers += [torch.nn.ReLU(), layer] if layers else [layer]
    net = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(net.parameters(), RATE)
    loss_of = torch.nn.CrossEntropyLoss()
    x, t = map(torch.from_numpy, data())

    def step(rows: Any) -> float:
        picked = torch.from_numpy(rows)
        optimizer.zero_grad()
        loss = loss_of(net(x[picked]), t[picked])
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def build(name: str, sizes: tuple[int, ...]) -> Step:
    """Return one competitor's step."""
    if name == "floor":
        return floor(sizes)
    if name == "PyTorch eager":
        return with_torch(sizes)
    return with_backlit(sizes, compiled=name == "backlit compiled")


def measure(name: str) -> dict[str, float]:
    """Return the median time of a step in microseconds for every net."""
    figures = {}
    for label, sizes in NETS.items():
        rng = np.random.default_rng(2)
        step = build(name, sizes)
        losses = [step(rng.integers(0, SAMPLES, BATCH)) for _ in range(CHECKED)]
        if name not in {"floor", "backlit eager"}:
            rng, eager = np.random.default_rng(2), with_backlit(sizes, compiled=False)
            expected = [eager(rng.integers(0, SAMPLES, BATCH)) for _ in range(CHECKED)]
            np.testing.assert_allclose(losses, expected, rtol=2e-3)
        times: list[float] = []
        while sum(times) < SECONDS or len(times) < 30:
            rows = rng.integers(0, SAMPLES, BATCH)
            start = time.perf_counter()
            step(rows)
            times.append(time.perf_counter() - start)
        figures[label] = float(np.median(times)) * 1e6
    return figures


def main() -> None:
    """Measure one competitor, or compare all with one and with two BLAS threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", metavar="NAME", choices=COMPETITORS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    from rounds import compare, table

    for threads in options.threads:
        os.environ["BENCH_THREADS"] = str(threads)
        results = compare(__file__, COMPETITORS, options.rounds)
        print(f"\nBLAS threads: {threads}\n")
        print(table(results, "floor", "µs per step"))
    print("\nMedian (least–greatest) of the rounds, and the median ratio to the floor.")


if __name__ == "__main__":
    main()
