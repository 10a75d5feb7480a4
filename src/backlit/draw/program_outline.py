"""A program in words, line by line: for terminals and for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.font import shortened

if TYPE_CHECKING:
    from backlit.compile.node import Node
    from backlit.draw.program_read import Chart

__all__ = ["program_outline", "program_summary"]


def program_outline(chart: Chart) -> str:
    """Return a line for each box, in the order of computation, and one for each end."""
    numbered: dict[Node, str] = {}

    def called(x: Node) -> str:
        return shortened(chart.name(x)) or numbered.setdefault(x, f"#{len(numbered) + 1}")

    def shaped(x: Node) -> str:
        return f"{called(x)} {chart.shape(x)}".rstrip()

    lines = []
    for box in chart.boxes:
        sources = ", ".join(map(called, box.reads))
        written = f"{shortened(box.title, 40)}{': ' * bool(sources)}{sources}"
        left = ", ".join(map(shaped, box.results))
        lines.append(f"{left} = {written}" if left else written)
    lines += [f"{shortened(name)} ← new" for name, _ in chart.states]
    lines += [f"{called(x)} → .grad" for x in chart.gradients]
    lines += [f"return {called(x)}" for x in chart.returned]
    return "\n".join(lines)


def program_summary(name: str, chart: Chart, text: str) -> tuple[str, str]:
    """Return a title and a description for those who do not see the drawing."""
    body = "; ".join(" ".join(line.split()) for line in text.splitlines()[:40])
    more = "" if len(text.splitlines()) <= 40 else f"; and more, {len(chart.boxes)} boxes in all"
    return f"Compiled program of {shortened(name)}", f"{body}{more}."
