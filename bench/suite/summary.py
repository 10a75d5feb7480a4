"""Figures of a task: each engine's best setting of threads, medians, and ratios to the floor."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suite.turns import Entry


@dataclass(frozen=True)
class Figure:
    """One engine on one task with the threads it is fastest with; times in µs, memory in MB."""

    engine: str
    threads: str
    median: float
    least: float
    greatest: float
    ratio: float | None  # to the floor, or to the reference where there is no floor
    first: float | None  # s until the first step is done, compilation included
    memory: float | None


@dataclass(frozen=True)
class Result:
    """All that was measured of a task."""

    task: str
    reference: str
    figures: list[Figure]
    left_out: dict[str, str]


def times(entry: Entry) -> list[float]:
    """Return the time of each round."""
    return [figures["time"] for figures in entry.rounds]


def best(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return each engine's fastest setting of threads."""
    result: dict[str, Entry] = {}
    for entry in entries:
        if entry.reason or not entry.rounds:
            continue
        name = entry.engine.name
        known = result.get(name)
        if known is None or statistics.median(times(entry)) < statistics.median(times(known)):
            result[name] = entry
    return result


def summarise(task: str, entries: Sequence[Entry]) -> Result:
    """Reduce the rounds of a task to figures, in order of time."""
    chosen = best(entries)
    reference = next((n for n in ("floor", "backlit compiled", "backlit eager") if n in chosen), "")
    figures = []
    for name, entry in chosen.items():
        ratio = None
        if reference:
            pairs = zip(times(entry), times(chosen[reference]), strict=False)
            ratio = statistics.median(a / b for a, b in pairs)
        values = times(entry)

        def middle(key: str, entry: Entry = entry) -> float | None:
            found = [figures[key] for figures in entry.rounds if key in figures]
            return statistics.median(found) if found else None

        figures.append(
            Figure(
                name,
                entry.threads,
                statistics.median(values),
                min(values),
                max(values),
                ratio,
                middle("first"),
                middle("memory"),
            )
        )
    figures.sort(key=lambda figure: figure.median)
    reasons = {e.engine.name: e.reason for e in entries if e.engine.name not in chosen}
    return Result(task, reference, figures, reasons)
