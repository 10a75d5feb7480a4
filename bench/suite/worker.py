"""One engine, one task, in a process of its own: prints what it measured as a JSON object."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.engine import ENGINES, Engine, Rows, UnsupportedError
from suite.memory import forget_peak, resident
from suite.nets import NETS, Net
from suite.overhead import CHAINS, Chain

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 1.0  # of timed steps
FEWEST = 5


def times_of(call: Callable[[], Any], seconds: float = SECONDS) -> list[float]:
    """Call until the time is up, and return how long each call took, in seconds."""
    times: list[float] = []
    while sum(times) < seconds or len(times) < FEWEST:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def train(engine: Engine, net: Net) -> dict[str, Any]:
    """Train a net: µs per step, the first losses, s until the first step is done, MB at most."""
    engine.load()
    rng = np.random.default_rng(2)
    forget_peak()
    before = resident("VmRSS")
    begin = time.perf_counter()
    steps = engine.build(net)

    def rows() -> Rows:
        return rng.integers(0, net.samples, (steps.chunk, net.batch))

    losses = list(steps.run(rows()))
    first = time.perf_counter() - begin
    while len(losses) < net.checked:
        losses += steps.run(rows())
    times: list[float] = []
    while sum(times) < SECONDS or len(times) < FEWEST:
        picked = rows()
        start = time.perf_counter()
        steps.run(picked)
        times.append(time.perf_counter() - start)
    step = float(np.median(times)) / steps.chunk
    return {
        "time": step * 1e6,
        "losses": [float(loss) for loss in losses[: net.checked]],
        "first": first,
        "memory": resident("VmHWM") - before,
    }


def overhead(engine: Engine, chain: Chain) -> dict[str, Any]:
    """Run the chain: µs per op, forward and backward, and a number of the gradient."""
    run = engine.chain(chain)
    for _ in range(3):
        gradient = run()
    return {
        "time": float(np.median(times_of(run, 0.5))) / chain.length * 1e6,
        "losses": [float(np.asarray(gradient).flat[0])],
    }


def imports(package: str) -> dict[str, Any]:
    """Import a package: ms beyond what NumPy, which is imported already, takes."""
    start = time.perf_counter()
    __import__(package)
    return {"time": (time.perf_counter() - start) * 1e3}


def main(name: str, task: str) -> None:
    """Print what one engine measured, or why it can't."""
    engine = ENGINES[name]
    try:
        if task == "import":
            figures = imports(engine.package)
        elif task in CHAINS:
            figures = overhead(engine, CHAINS[task])
        else:
            figures = train(engine, NETS[task])
    except UnsupportedError as reason:
        figures = {"unsupported": str(reason)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
