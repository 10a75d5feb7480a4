"""Results as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.summary import Figure, Result


def number(value: float) -> str:
    """Return three significant digits, and never an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def row(figure: Figure) -> str:
    """Return one line of a task's table."""
    cells = [
        figure.engine,
        figure.threads,
        f"{number(figure.median)} ({number(figure.least)}–{number(figure.greatest)})",
        "" if figure.ratio is None else f"{figure.ratio:.2f}×",
        "" if figure.first is None else f"{figure.first:.2f}",
        "" if figure.memory is None else f"{figure.memory:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(result: Result, unit: str) -> str:
    """Return a task's table, and below it who was left out and why."""
    lines = [
        f"### {result.task}",
        "",
        f"| | threads | {unit} | ÷ {result.reference or 'first'} | first step, s | memory, MB |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(row, result.figures),
    ]
    if result.left_out:
        lines += ["", "Left out:"]
        lines += [f"- {name}: {reason}" for name, reason in result.left_out.items()]
    return "\n".join(lines)
