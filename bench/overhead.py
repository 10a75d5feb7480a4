"""What the graph costs: time per op of a chain of 1,000 ops, forward and backward.

    python bench/overhead.py            # backlit, and PyTorch and autograd where installed

The arrays are so small that arithmetic is nothing: what is timed is recording a call and
walking back. All libraries run on one thread and compute the same chain, in turns of add,
multiply and tanh, in float32, and their gradients are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import TYPE_CHECKING, Any

SHAPES = {"scalar": (), "4×4": (4, 4), "100×50": (100, 50)}
LENGTH = 999
START = (0.1, 0.001, 1.0005)  # x, a, w of tanh((x + a) * w): the gradient survives the chain
PACKAGES = {"backlit": "backlit", "PyTorch eager": "torch", "HIPS autograd": "autograd"}

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402  (after the threads are set)

if TYPE_CHECKING:
    from collections.abc import Callable


def with_backlit(shape: tuple[int, ...]) -> Callable[[], Any]:
    """Return one forward and backward pass."""
    import backlit as bl

    x, a, w = (bl.tensor(np.full(shape, value, np.float32)) for value in START)

    def run() -> Any:
        y = x
        for _ in range(LENGTH // 3):
            y = bl.tanh((y + a) * w)
        y.backward(np.ones(shape, np.float32))
        return x.grad

    return run


def with_torch(shape: tuple[int, ...]) -> Callable[[], Any]:
    """Return one forward and backward pass."""
    import torch

    torch.set_num_threads(1)
    x, a, w = (torch.full(shape, value, requires_grad=True) for value in START)
    ones = torch.ones(shape)

    def run() -> Any:
        x.grad = a.grad = w.grad = None
        y = x
        for _ in range(LENGTH // 3):
            y = torch.tanh((y + a) * w)
        y.backward(ones)
        return x.grad.numpy()

    return run


def with_autograd(shape: tuple[int, ...]) -> Callable[[], Any]:
    """Return one forward and backward pass."""
    import autograd.numpy as anp
    from autograd.core import make_vjp

    start = tuple(np.full(shape, value, np.float32) for value in START)
    ones = np.ones(shape, np.float32)

    def chain(variables: Any) -> Any:
        y, a, w = variables
        for _ in range(LENGTH // 3):
            y = anp.tanh((y + a) * w)
        return y

    def run() -> Any:
        vjp, _ = make_vjp(chain, start)
        return vjp(ones)[0]

    return run


BUILDERS = {
    "backlit": with_backlit,
    "PyTorch eager": with_torch,
    "HIPS autograd": with_autograd,
}


def measure(name: str, repeats: int) -> dict[str, float]:
    """Return the median time per op in microseconds for every shape."""
    figures = {}
    for label, shape in SHAPES.items():
        run = BUILDERS[name](shape)
        for _ in range(3):
            gradient = run()
        expected = with_backlit(shape)()
        np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-30)
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        figures[label] = float(np.median(times)) / LENGTH * 1e6
    return figures


def main() -> None:
    """Measure one competitor, or compare all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", metavar="NAME", choices=BUILDERS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.repeats)))
        return
    from rounds import compare, table

    results = compare(__file__, PACKAGES, options.rounds)
    print(table(results, "backlit", "µs per op"))
    print("\nMedian (least–greatest) of the rounds, and the median ratio to backlit.")


if __name__ == "__main__":
    main()
