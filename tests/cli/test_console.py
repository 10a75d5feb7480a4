"""What is printed in a terminal."""

from __future__ import annotations

import io
import sys

from backlit.check import Fault, Report
from backlit.check import Row as CheckRow
from backlit.cli.console import Console
from backlit.train import Bar, Lines, Row, default_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def in_terminal(monkeypatch):
    """Print into a terminal from here on (in a fixture, pytest would undo it before the test)."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "80")
    return sys.stdout


def test_a_gradient_check_is_a_table(monkeypatch):
    terminal = in_terminal(monkeypatch)
    rows = (
        CheckRow("affine1", "W", (784, 50), 39200, 1e-13, 1e-6),
        CheckRow("affine1", "b", (50,), 50, 1e-3, 0.5, wrong=2, ok=False),
    )
    fault = Fault("affine1", "b", (3,), 1.0, -1.0, 2.0)
    console = Console()
    with console.waiting("checking"):
        pass
    console.report(Report("net", rows, (fault,)))
    out = terminal.getvalue()
    for said in ("affine1.W", "784 × 50", "39,200", "mean |difference|", "✗ FAIL", "✓ pass"):
        assert said in out
    assert str(fault) in out


def test_quiet_is_quiet(monkeypatch):
    terminal = in_terminal(monkeypatch)
    console = Console(quiet=True)
    console.say("x")
    console.table([("a", "b")])
    console.report(Report("net"))
    with console.waiting("x"):
        pass
    assert terminal.getvalue() == ""


def test_a_bar_in_a_terminal_and_lines_elsewhere(monkeypatch):
    in_terminal(monkeypatch)
    assert isinstance(default_progress(), Bar)
    bar = Bar("heading", Terminal())
    bar.start(5, 10)
    for step in range(6, 11):
        bar.step(step, 0.5)
    bar.epoch(Row(1, 10, 0.5, 0.9, None, 1.0))
    bar.stop()
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert type(default_progress()) is Lines
