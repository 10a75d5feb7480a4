"""Interleaved rounds: every competitor in a process of its own, in turn, several times.

A competitor is a script that prints one JSON object of numbers when it is called with
`--measure NAME`. Machines are noisy and drift, so figures are medians over rounds of
A B C A B C, and ratios are taken within a round.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Settings that hold NumPy's BLAS back on some machines and that users do not have.
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

Figures = dict[str, list[float]]


def compare(script: str, packages: Mapping[str, str], rounds: int) -> dict[str, Figures]:
    """Run `script --measure NAME` in turn for every competitor whose package is installed.

    `packages` maps a competitor's name to the package it needs. Returns each one's
    figures, a list with one entry per round.
    """
    present = {n: p for n, p in packages.items() if importlib.util.find_spec(p) is not None}
    for name in packages.keys() - present.keys():
        print(f"{name} is not installed and is left out: pip install {packages[name]}")
    environment = {key: value for key, value in os.environ.items() if key not in PINS}
    results: dict[str, Figures] = {name: {} for name in present}
    for i in range(rounds):
        for name in present:
            print(f"\rround {i + 1} of {rounds}: {name:<20}", end="", file=sys.stderr, flush=True)
            command = [sys.executable, str(Path(script).resolve()), "--measure", name]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(f"\n{name} failed:\n{done.stderr}")
            for key, value in json.loads(done.stdout.splitlines()[-1]).items():
                results[name].setdefault(key, []).append(value)
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return results


def table(results: Mapping[str, Figures], reference: str, unit: str) -> str:
    """Lay out medians as Markdown, each beside its ratio to the reference's.

    A ratio is the median of the rounds' own ratios; above 1 the reference is faster.
    """
    keys: Sequence[str] = list(results[reference])
    lines = ["| | " + " | ".join(f"{key}, {unit}" for key in keys) + " |"]
    lines.append("| --- |" + " --- |" * len(keys))
    for name, figures in results.items():
        cells = []
        for key in keys:
            values = figures[key]
            cell = f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"
            if name != reference:
                pairs = zip(values, results[reference][key], strict=True)
                cell += f", {statistics.median(a / b for a, b in pairs):.2f}×"
            cells.append(cell)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
