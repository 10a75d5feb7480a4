"""How well the chapter's net learns: test accuracy after 10,000 steps, for five seeds.

python bench/accuracy.py
"""

from __future__ import annotations

import statistics
import time

import backlit as bl
from backlit.train import Settings

SEEDS = range(5)


def main() -> None:
    """Train as `backlit train --steps 10000` does, and check the trained net's gradients."""
    digits = bl.data.mnist()
    accuracies = []
    print("| seed | test accuracy | seconds | largest mean difference of a gradient |")
    print("| --- | --- | --- | --- |")
    for seed in SEEDS:
        net = Settings(steps=10_000, seed=seed).net()
        start = time.perf_counter()
        history = bl.fit(net, digits, steps=10_000, seed=seed, progress=False)
        seconds = time.perf_counter() - start
        report = bl.check(net, digits.train.x[:5], digits.train.t[:5], elements="all")
        accuracy = history.rows[-1].test_accuracy
        assert accuracy is not None
        accuracies.append(accuracy)
        difference = max(row.mean_difference for row in report.rows)
        verdict = "pass" if report.ok else "FAIL"
        print(f"| {seed} | {accuracy:.2%} | {seconds:.1f} | {difference:.1e}, {verdict} |")
    print(f"\nmedian {statistics.median(accuracies):.2%}")


if __name__ == "__main__":
    main()
