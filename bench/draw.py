"""What a drawing costs: seconds and memory, folded and whole.

    python bench/draw.py

Each line is a process of its own, so that its greatest resident memory is its own; figures are
medians of the rounds. Timed is `draw(...)` and making the SVG, beside the graph that is there.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def residual(blocks: int) -> Any:
    """Return the loss of a net of residual blocks, two affine layers each."""
    import backlit as bl
    from backlit.layers import Affine, Layer, ReLU, Sequential

    class Residual(Layer):
        def __init__(self, rng: np.random.Generator) -> None:
            self.affine1, self.affine2 = (Affine(64, 64, rng=rng) for _ in range(2))

        def __call__(self, x: Any) -> Any:
            return bl.relu(x + self.affine2(bl.relu(self.affine1(x))))

    rng = np.random.default_rng(0)
    inside = [Residual(rng) for _ in range(blocks)]
    net = Sequential(Affine(784, 64, rng=rng), ReLU(), *inside, Affine(64, 10, rng=rng))
    x = rng.random((32, 784), dtype=np.float32)
    return bl.softmax_cross_entropy(net(x), rng.integers(0, 10, 32))


def chain(ops: int) -> Any:
    """Return one number after another."""
    import backlit as bl

    y = bl.tensor(1.0, "x")
    for _ in range(ops // 2):
        y = bl.tanh(y * 0.9)
    return y


def tangle(ops: int) -> Any:
    """Return numbers each computed from the last and from an earlier one."""
    import backlit as bl

    rng = np.random.default_rng(0)
    there = [bl.tensor(1.0, "x")]
    for _ in range(ops // 2):
        back = min(int(rng.exponential(5)), len(there) - 1)
        there.append((there[-1] + there[-1 - back]) * 0.5)
    return there[-1]


CASES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "50 residual blocks (254 ops), folded": (lambda: residual(50), {}),
    "50 residual blocks, one opened": (lambda: residual(50), {"unfold": "residual7"}),
    "50 residual blocks, whole": (lambda: residual(50), {"fold": False}),
    "chain of 10,000 ops, folded": (lambda: chain(10_000), {}),
    "chain of 10,000 ops, whole": (lambda: chain(10_000), {"fold": False, "limit": 20_000}),
    "tangle of 10,000 ops, whole": (lambda: tangle(10_000), {"fold": False, "limit": 20_000}),
}


def measure(name: str) -> dict[str, float]:
    """Draw once."""
    make, options = CASES[name]
    y = make()
    start = time.perf_counter()
    figure = y.draw(**options)
    size = len(figure.svg)
    seconds = time.perf_counter() - start
    unit = 1024 if sys.platform == "darwin" else 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit / 1024
    drawn = len([text for text in figure.scene.texts() if text.role == "symbol"])
    return {"drawn": drawn, "seconds": seconds, "MB": peak, "SVG kB": size / 1000}


def main() -> None:
    """Measure one case, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", metavar="NAME", choices=CASES)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    print("| | symbols | seconds | peak memory, MB | SVG, kB |\n| --- | --- | --- | --- | --- |")
    for name in CASES:
        found: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            command = [sys.executable, __file__, "--measure", name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            for key, value in json.loads(done.stdout.splitlines()[-1]).items():
                found.setdefault(key, []).append(value)
        middle = {key: statistics.median(values) for key, values in found.items()}
        spread = f"({min(found['seconds']):.2f}–{max(found['seconds']):.2f})"
        print(
            f"| {name} | {middle['drawn']:,.0f} | {middle['seconds']:.2f} {spread} | "
            f"{middle['MB']:,.0f} | {middle['SVG kB']:,.0f} |"
        )


if __name__ == "__main__":
    main()
