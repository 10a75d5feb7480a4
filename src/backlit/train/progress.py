"""How training is shown while it runs: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.train.history import Row

HEADER = "epoch     step      loss   train acc    test acc      time"


def line(row: Row) -> str:
    """Write an epoch as a line under :data:`HEADER`.

    Examples
    --------
    >>> from backlit.train import Row
    >>> print(line(Row(1, 600, 0.5432, 0.9123, None, 0.31)))
        1      600    0.5432     91.23 %           -    0.31 s
    """

    def percent(fraction: float | None) -> str:
        return "-" if fraction is None else f"{fraction:.2%}".replace("%", " %")

    return (
        f"{row.epoch:5d} {row.step:8d} {row.loss:9.4f} {percent(row.train_accuracy):>11} "
        f"{percent(row.test_accuracy):>11} {row.seconds:7.2f} s"
    )


class Progress:
    """What :func:`fit` tells as it goes; this one says nothing. Derive from it to show your own."""

    def start(self, step: int, last: int) -> None:
        """Training begins after ``step`` steps, and ends after ``last``."""

    def step(self, step: int, loss: float) -> None:
        """Step number ``step`` was taken; ``loss`` is that of its batch."""

    def epoch(self, row: Row) -> None:
        """Epoch ``row.epoch`` was finished."""

    def stop(self) -> None:
        """Training has ended, or was stopped."""


class Lines(Progress):
    """A line an epoch.

    Parameters
    ----------
    heading
        What to say first, once training can begin.
    write
        Takes each line; ``print`` if left out.
    """

    def __init__(self, heading: str = "", write: Callable[[str], Any] = print) -> None:
        self._heading = heading
        self._write = write
        self._headed = False

    def start(self, step: int, last: int) -> None:
        """Say what is trained, and where it goes on if it does not begin."""
        if self._heading:
            self._write(f"{self._heading}\n")
        if step:
            done = "all are taken" if step == last else "going on from there"
            self._write(f"{step:,} of {last:,} steps were taken before; {done}")

    def epoch(self, row: Row) -> None:
        """Write the line, and above the first the names of the columns."""
        if not self._headed:
            self._write(HEADER)
            self._headed = True
        self._write(line(row))


class Bar(Lines):
    """A line an epoch, and under the last a bar with the steps, the loss and the time left."""

    INTERVAL = 0.1
    """Seconds between two updates: a bar that moved at every step would take as long as it."""

    def __init__(self, heading: str = "", file: TextIO | None = None) -> None:
        from rich.console import Console  # noqa: PLC0415 - `import backlit` stays light
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress  # noqa: PLC0415

        console = Console(file=file, highlight=False)
        super().__init__(
            heading, lambda text: console.print(text, style="bold" if text == HEADER else "")
        )
        self._bar = RichProgress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("steps{task.fields[loss]}  "),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._shown = 0.0

    def start(self, step: int, last: int) -> None:
        """Say where training goes on, and show the bar."""
        super().start(step, last)
        self._task = self._bar.add_task("steps", total=last, completed=step, loss="")
        self._bar.start()

    def step(self, step: int, loss: float) -> None:
        """Move the bar, if it is time to."""
        now = time.monotonic()
        if now - self._shown >= self.INTERVAL:
            self._shown = now
            self._bar.update(self._task, completed=step, loss=f"   loss {loss:.4f}")

    def stop(self) -> None:
        """Take the bar away; the lines stay."""
        self._bar.stop()


def default_progress(heading: str = "") -> Progress:
    """Return a bar in a terminal, and lines elsewhere."""
    return Bar(heading) if sys.stdout.isatty() else Lines(heading)
