"""Where it pays to run convolutions with the batch innermost, and whether the model knows.

    python bench/conv_step.py                # one BLAS thread;  BENCH_THREADS=2 for two

Each row is a train step of a small net, compiled in both forms: convolutions with the batch
innermost, and plainly. Steps of the two are timed in turn. The last columns are what the model of
cost in `backlit.compile.layout.choose`, whose constants come from here, says of the same net.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = os.environ.get("BENCH_THREADS", "1")

import numpy as np  # noqa: E402  (after the threads are set)

import backlit as bl  # noqa: E402
from backlit.compile.layout import choose  # noqa: E402
from backlit.layers import (  # noqa: E402
    Affine,
    BatchNorm,
    Conv2d,
    Flatten,
    MaxPool2d,
    ReLU,
    Sequential,
)
from backlit.optim import SGD  # noqa: E402

THREADS = int(os.environ["OMP_NUM_THREADS"])
BATCHES = (1, 4, 16, 50, 100)
NETS = {
    "8 3×3, pool, 8 3×3 on 1×28×28": ((1, 28, 28), 8, 3, 1, True, False),
    "30 5×5, pool, 30 5×5 on 1×28×28": ((1, 28, 28), 30, 5, 2, True, False),
    "16 5×5, norm, pool, 16 5×5 on 3×32×32": ((3, 32, 32), 16, 5, 2, True, True),
    "32 3×3, pool, 32 3×3 on 16×14×14": ((16, 14, 14), 32, 3, 1, True, False),
    "64 3×3, 64 3×3 on 64×8×8": ((64, 8, 8), 64, 3, 1, False, False),
    "64 1×1, 64 1×1 on 32×7×7": ((32, 7, 7), 64, 1, 0, False, False),
}


def build(name: str, batch: int) -> tuple[Any, Any, Any]:
    """Return a compiled train step, a batch and its labels."""
    image, filters, kernel, padding, pool, norm = NETS[name]
    layers: list[Any] = [Conv2d(image[0], filters, kernel, padding=padding, rng=0)]
    layers += [BatchNorm(filters)] if norm else []
    layers += [ReLU(), MaxPool2d(2)] if pool else [ReLU()]
    layers += [Conv2d(filters, filters, kernel, padding=padding, rng=1), ReLU(), Flatten()]
    x = np.random.default_rng(0).standard_normal((batch, *image)).astype(np.float32)
    columns = Sequential(*layers)(x).shape[1]
    net = Sequential(*layers, Affine(columns, 10, rng=2))
    optimizer = SGD(net.parameters(), 0.01)

    def train(x: Any, t: Any) -> Any:
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return bl.compile(train), x, np.zeros(batch, int)


def compare(name: str, batch: int, rounds: int) -> str:
    """Return a row of the table."""
    verdict: list[tuple[bool, float]] = []
    threads = min(THREADS, batch)

    def forced(chain: Any, _: int | None = None) -> Any:
        parts = choose.parts_of(batch, threads)
        ratio = choose.plain_time(chain, THREADS) / choose.inside_time(chain, parts, threads)
        verdict.append((kept(chain, THREADS) is not None, ratio))
        return choose.Layout(chain, parts, threads)

    def never(chain: Any, _: int | None = None) -> Any:
        return None

    steps: dict[str, tuple[Any, Any, Any]] = {}
    kept = choose.layout_of
    try:
        for form, model in (("innermost", forced), ("plain", never)):
            choose.layout_of = model  # type: ignore[assignment]
            steps[form] = build(name, batch)
            step, *arrays = steps[form]
            step(*arrays)
    finally:
        choose.layout_of = kept
    times: dict[str, list[float]] = {form: [] for form in steps}
    for _ in range(rounds):
        for form, (step, *arrays) in steps.items():
            start = time.perf_counter()
            step(*arrays)
            times[form].append((time.perf_counter() - start) * 1e3)
    inside, plain = (statistics.median(times[form]) for form in ("innermost", "plain"))
    used, ratio = verdict[0]
    return (
        f"| {name} | {batch} | {inside:.2f} | {plain:.2f} | {plain / inside:.2f} | {ratio:.2f} | "
        f"{'yes' if used else 'no'} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(f"ms per step, medians of {options.rounds}, {THREADS} thread(s)\n")
    print("| net | batch | innermost | plain | ratio | the model's | used |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in NETS:
        for batch in BATCHES:
            print(compare(name, batch, options.rounds), flush=True)


if __name__ == "__main__":
    main()
