"""A report as text: plain, or in colour on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from backlit.check.render.view import view
from backlit.check.render.words import fitting, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.check.render.view import Reported, View, Wrong

__all__ = ["plain", "show"]

_NUMBERS = range(4, 7)
_HEAD = ("", "layer", "tensor", "shape", "checked", "rel. error", "on a kink")


def plain(report: Reported) -> str:
    """Return a report as text without colour.

    Examples
    --------
    >>> from backlit.check import Fault, Report
    >>> fault = Fault("Affine", "W", (0, 1), expected=2.0, got=-2.0, error=2.0)
    >>> print(plain(Report("Affine", (), (fault,))))
    ✗ gradient check of Affine: 1 fault
    <BLANKLINE>
    ✗ 1  Affine · W[0, 1]
         expected 2, got −2 (relative error 2)
    """
    return "\n".join("".join(text for text, _ in line).rstrip() for line in _lines(view(report)))


def show(report: Reported, stream: TextIO | None = None) -> None:
    """Print a report: in colour with Rich if the stream is a terminal, else plain."""
    stream = stream or sys.stdout
    if not stream.isatty():
        print(plain(report), file=stream)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False)
    for line in _lines(view(report)):
        console.print(Text.assemble(*line), soft_wrap=True)


def _lines(whole: View) -> Iterator[list[tuple[str, str]]]:
    """Go through the lines, each as pieces of text with their styles."""
    style = "bold green" if whole.ok else "bold red"
    yield [
        ("✓ " if whole.ok else "✗ ", style),
        (f"gradient check of {whole.target}: ", "bold"),
        (whole.verdict, style),
    ]
    if whole.rows:
        yield []
        yield from _table(whole)
    for n, fault in enumerate(whole.faults, 1):
        yield []
        yield from _fault(n, fault)
    for note in whole.notes:
        yield []
        yield [(note, "dim")]


def _table(whole: View) -> Iterator[list[tuple[str, str]]]:
    rows = [
        ("✓" if row.ok else "✗", fitting(row.layer, 40), fitting(row.tensor, 30), row.shape,
         row.checked, row.error, row.kinks)
        for row in whole.rows
    ]  # fmt: skip
    shown = [i for i in range(len(_HEAD)) if any(row[i] for row in rows)]
    widths = {i: max(width(row[i]) for row in (_HEAD, *rows)) for i in shown}

    def line(cells: tuple[str, ...]) -> str:
        padded = []
        for i in shown:
            space = " " * int(widths[i] - width(cells[i]))
            padded.append(space + cells[i] if i in _NUMBERS else cells[i] + space)
        return "  ".join(padded)

    yield [(line(_HEAD), "dim")]
    for row, note in zip(rows, whole.rows, strict=True):
        text = line(row)
        yield [(text[:1], "green"), (text[1:], "")] if note.ok else [(text, "red")]


def _fault(n: int, fault: Wrong) -> Iterator[list[tuple[str, str]]]:
    indent = " " * (len(str(n)) + 4)
    label: list[tuple[Any, str]] = [(f"  {fault.label}", "bold")] if fault.label else []
    if fault.confidence:
        label.append((f" ({fault.confidence})", "dim"))
    yield [(f"✗ {n}  {fault.where}", "bold red"), *label]
    if fault.numbers:
        said = ", ".join(f"{name} {value}" for name, value in fault.numbers)
        error = f" (relative error {fault.error})" if fault.error else ""
        more = f"; {fault.more} more like it" if fault.more else ""
        yield [(f"{indent}{said}{error}{more}", "")]
    for text in fault.message.splitlines():
        yield [(f"{indent}{text}", "")]
    if fault.line or fault.place:
        yield [(f"{indent}{fault.place}", "dim")]
    if fault.line:
        yield [(f"{indent}− {fault.line}", "red")]
    if fault.correction:
        yield [(f"{indent}+ {fault.correction}", "green")]
