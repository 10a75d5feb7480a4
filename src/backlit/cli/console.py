"""What a command prints: with Rich in a terminal, as plain lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backlit.check import Report


class Console:
    """Prints, or with ``quiet`` does not."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.rich = sys.stdout.isatty() and not quiet

    def say(self, line: str = "") -> None:
        """Print a line."""
        if not self.quiet:
            print(line)

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Print names and what they are, in two columns."""
        listed = list(rows)
        width = max((len(name) for name, _ in listed), default=0)
        for name, what in listed:
            self.say(f"  {name:{width}}  {what}")

    def report(self, report: Report) -> None:
        """Print a gradient check."""
        if self.quiet:
            return
        if not self.rich:
            print(report)
            return
        from rich.console import Console as RichConsole  # noqa: PLC0415 - only a terminal needs it
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        style, verdict = ("green", "✓ pass") if report.ok else ("red", "✗ FAIL")
        table = Table(
            box=None,
            padding=(0, 2, 0, 0),
            pad_edge=False,
            header_style="dim",
            title=Text.assemble("gradient check  ", (verdict, f"bold {style}")),
            title_justify="left",
            title_style="bold",
        )
        for name in ("tensor", "shape"):
            table.add_column(name)
        for name in ("elements", "mean |difference|", "rel. error", "kinks"):
            table.add_column(name, justify="right")
        table.add_column("")
        for row in report.rows:
            table.add_row(
                ".".join(filter(None, (row.layer, row.tensor))),
                " × ".join(map(str, row.shape)),
                f"{row.checked:,}",
                f"{row.mean_difference:.1e}",
                f"{row.max_error:.1e}",
                f"{row.kinks:,}",
                Text("✓ pass", style="green") if row.ok else Text("✗ FAIL", style="bold red"),
            )
        rich = RichConsole()
        rich.print(table)
        for fault in report.faults:
            rich.print(Text(f"✗ {fault}", style="red"))

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show that something takes a while, in a terminal."""
        if not self.rich:
            yield
            return
        from rich.console import Console as RichConsole  # noqa: PLC0415

        with RichConsole().status(what):
            yield
