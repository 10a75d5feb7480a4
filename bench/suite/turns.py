"""Interleaved processes: every engine with every setting of threads, in turn, round after round.

Machines are noisy and drift. In turns (A B C A B C) the drift meets all alike; medians over
rounds are compared, and ratios are taken within a round.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from suite.engine import Engine
from suite.nets import NETS

# Settings that hold NumPy's BLAS back on some machines and that users do not have.
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
BENCH = Path(__file__).resolve().parent.parent
TOLERANCE = 2e-3
PATIENCE = 240  # seconds for one process


@dataclass
class Entry:
    """What one engine measured with one setting of threads: a list of rounds, each a dict."""

    engine: Engine
    threads: str
    rounds: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""  # why it takes no part


def environment(threads: str) -> dict[str, str]:
    """Return a clean environment with so many threads; without any setting for "own choice"."""
    env = {k: v for k, v in os.environ.items() if k not in (*PINS, *THREADS)}
    if threads.isdigit():
        env |= dict.fromkeys(THREADS, threads)
    if threads == "1":
        env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    env["PYTHONPATH"] = str(BENCH)
    return env


def measure(entry: Entry, task: str) -> None:
    """Run one process and note what it printed, or why it takes no part."""
    command = [sys.executable, "-m", "suite.worker", entry.engine.name, task]
    try:
        done = subprocess.run(
            command, env=environment(entry.threads), cwd=BENCH, capture_output=True, text=True,
            check=False, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        entry.reason = f"took more than {PATIENCE} s"
        return
    if done.returncode:
        entry.reason = "failed: " + done.stderr.strip().splitlines()[-1]
        return
    figures = json.loads(done.stdout.splitlines()[-1])
    if "unsupported" in figures:
        entry.reason = figures["unsupported"]
    else:
        entry.rounds.append(figures)


def compare(task: str, engines: Iterable[Engine], rounds: int) -> list[Entry]:
    """Measure a task with every engine and setting of threads, in turn."""
    trains = task in NETS  # elsewhere more threads than one have nothing to do
    entries = [Entry(e, t) for e in engines for t in (e.threads if trains else ("1",))]
    for entry in entries:
        if find_spec(entry.engine.package) is None:
            entry.reason = f"is not installed (pip install {entry.engine.package})"
    for i in range(rounds):
        for entry in entries:
            if entry.reason:
                continue
            label = f"{task}: round {i + 1} of {rounds}, {entry.engine.name}, {entry.threads}"
            print(f"\r{label:<100}", end="", file=sys.stderr, flush=True)
            measure(entry, task)
    print("\r" + " " * 100 + "\r", end="", file=sys.stderr)
    check_losses(entries)
    return entries


def check_losses(entries: Sequence[Entry]) -> None:
    """Put out of the comparison whoever did other work: losses must be backlit's eager ones."""
    by_name = {entry.engine.name: entry for entry in entries if entry.rounds}
    reference = by_name.get("backlit eager")
    if reference is None or "losses" not in reference.rounds[0]:
        return
    expected = reference.rounds[0]["losses"]
    for entry in entries:
        if not entry.rounds or entry.engine.name == "floor":
            continue
        losses = entry.rounds[0]["losses"]
        agree = len(losses) == len(expected) and all(
            math.isclose(a, b, rel_tol=TOLERANCE) for a, b in zip(losses, expected, strict=True)
        )
        if not agree:
            entry.reason = f"its losses differ: {losses[-1]:.6g} instead of {expected[-1]:.6g}"
