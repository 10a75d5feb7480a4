"""Ctrl-C, heard after the step and not in the middle of it."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C, after a whole step and with a checkpoint.

    Attributes
    ----------
    folder : pathlib.Path
        The run's folder, from which it can be resumed.
    step : int
        Steps taken.
    """

    def __init__(self, folder: Path, step: int) -> None:
        super().__init__(f"stopped after step {step}; {folder} holds the checkpoint")
        self.folder = folder
        self.step = step


class Interruption:
    """True once Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextmanager
def deferred_interrupt() -> Iterator[Interruption]:
    """Let the first Ctrl-C only be noted; a second one acts as it always does.

    Only the main thread hears signals. In any other the interruption stays false.
    """
    noted = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = signal.getsignal(signal.SIGINT)

    def note(_number: int, _frame: FrameType | None) -> None:
        noted.requested = True
        signal.signal(signal.SIGINT, before)

    if before in (None, signal.SIG_IGN):  # whoever embeds or starts Python wants none heard
        yield noted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
