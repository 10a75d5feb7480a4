"""Running code that may do anything: print, warn, raise, exit, call itself forever, hang."""

from __future__ import annotations

import contextlib
import ctypes
import io
import signal
import threading
import traceback
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["Outcome", "TimeIsUp", "abbreviated", "attempt", "limited"]

_T = TypeVar("_T")

KEPT = 10_000
"""How many characters are kept of what code prints, half of them from its end."""
AGAIN = 0.1
"""Seconds after which code that swallowed the end of its time is told once more."""
_SOON = 100
"""So many turns of a loop, and what another thread raised here was heard: the first hears it."""


class TimeIsUp(BaseException):
    """The time limit was reached."""


@dataclass
class Outcome(Generic[_T]):
    """What became of a call.

    Parameters
    ----------
    value
        What it returned; ``None`` if it did not.
    error
        What it raised.
    printed
        What it printed, abbreviated in the middle.
    warnings
        What it warned of, each text once.
    seconds
        How long it took.
    """

    value: _T | None = None
    error: BaseException | None = None
    printed: str = ""
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it returned."""
        return self.error is None

    @property
    def reason(self) -> str:
        """Why it did not return, in a sentence; empty if it did."""
        if self.error is None:
            return ""
        if isinstance(self.error, TimeIsUp):
            return str(self.error)
        if isinstance(self.error, SystemExit):
            return f"it ended the program (SystemExit: {self.error.code})"
        if isinstance(self.error, RecursionError):
            return "it calls itself without end (RecursionError)"
        text = " ".join(str(self.error).split())
        return f"{type(self.error).__name__}: {text}" if text else type(self.error).__name__

    def line_in(self, path: str) -> int | None:
        """Return the last line of a file that led to the error."""
        if isinstance(self.error, SyntaxError) and self.error.filename == path:
            return self.error.lineno
        trace = None if self.error is None else self.error.__traceback__
        lines = [frame.lineno for frame in traceback.extract_tb(trace) if frame.filename == path]
        return lines[-1] if lines else None


def attempt(call: Callable[[], _T], *, time_limit: float | None = None) -> Outcome[_T]:
    r"""Call something, and return what became of it, whatever that is.

    What it prints through ``sys.stdout`` and ``sys.stderr`` is kept, and its warnings. Ctrl-C goes
    through. Nothing here stops code within C that never comes back to Python; a process of its
    own does, which the command ``backlit check`` gives each file.

    Parameters
    ----------
    call
        What to call, without arguments.
    time_limit
        Seconds until it is ended, as :func:`limited` does.

    Examples
    --------
    >>> attempt(lambda: 1 / 0).reason
    'ZeroDivisionError: division by zero'
    >>> attempt(lambda: print("hello")).printed
    'hello\n'
    """
    outcome: Outcome[_T] = Outcome()
    stream = _Tail()
    start = perf_counter()
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(stream),
    ):
        warnings.simplefilter("always")
        try:
            with limited(time_limit):
                outcome.value = call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - also SystemExit, and what derives from it
            outcome.error = error
    outcome.seconds = perf_counter() - start
    outcome.printed = stream.text
    outcome.warnings = list(
        dict.fromkeys(f"{each.category.__name__}: {each.message}" for each in warned)
    )
    return outcome


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """End the block after a time, by raising :class:`TimeIsUp` in it.

    In the main thread of Linux and macOS by an alarm, which also wakes a sleeping program. Anywhere
    else from a second thread, which is heard when the block next executes Python. A block that
    catches it is told again.

    Raises
    ------
    TimeIsUp
        When the time is up.
    """
    if seconds is None:
        yield
        return
    message = f"it did not end within {seconds:g} seconds"
    alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    with _alarm(seconds, message) if alarm else _watchdog(seconds, message):
        yield


@contextmanager
def _alarm(seconds: float, message: str) -> Iterator[None]:
    over: list[bool] = []

    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if not over:
            raise TimeIsUp(message)

    before = signal.signal(signal.SIGALRM, ring)
    start = perf_counter()
    left, every = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            over.append(True)
    finally:  # reached even if it rings between the end of the block and the line above
        over.append(True)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # an alarm of someone else's, which is due all the same
            signal.setitimer(signal.ITIMER_REAL, max(left - (perf_counter() - start), 1e-6), every)


@contextmanager
def _watchdog(seconds: float, message: str) -> Iterator[None]:
    thread = threading.get_ident()
    over = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            wait = AGAIN
            with lock:
                if not over.is_set():
                    _raise_in(thread, _Told)

    def end() -> None:  # also if it is interrupted itself
        while not over.is_set() or watcher.is_alive():
            try:
                with lock:
                    over.set()
                watcher.join()
                for _ in range(_SOON):
                    pass
            except _Told:  # too late: the block has ended
                continue

    watcher = threading.Thread(target=watch, name="backlit time limit", daemon=True)
    watcher.start()
    try:
        try:
            yield
        finally:
            end()
    except _Told as told:
        end()
        raise TimeIsUp(message).with_traceback(told.__traceback__) from None


class _Told(TimeIsUp):
    """What the watchdog raises: a class, since another thread can't be handed a message."""


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    # One that is on its way is never called off, but heard (`_SOON`): calling it off leaves CPython
    # believing that one is still to come, and there a traced program (a debugger's) hangs.
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


class _Tail(io.TextIOBase):
    """A stream that keeps the beginning and the end of what is written."""

    def __init__(self) -> None:
        super().__init__()
        self._head, self._end, self._dropped = "", "", 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        room = KEPT // 2 - len(self._head)
        self._head += text[: max(room, 0)]
        self._end += text[max(room, 0) :]
        surplus = len(self._end) - KEPT // 2
        if surplus > 0:
            self._dropped += surplus
            self._end = self._end[surplus:]
        return len(text)

    @property
    def text(self) -> str:
        """What was kept."""
        if not self._dropped:
            return self._head + self._end
        return f"{self._head}\n… {self._dropped:,} characters …\n{self._end}"


def abbreviated(text: str, lines: int = 8, width: int = 100) -> str:
    r"""Return the first and last lines of a text, each cut at a width.

    Examples
    --------
    >>> print(abbreviated("a\nb\nc\nd\ne", lines=4))
    a
    b
    … 2 lines …
    e
    """
    listed = text.rstrip().splitlines()
    if len(listed) > lines:
        first = lines // 2
        last = lines - first - 1
        between = f"… {len(listed) - first - last} lines …"
        listed = [*listed[:first], between, *listed[len(listed) - last :]]
    return "\n".join(x if len(x) <= width else f"{x[: width - 1]}…" for x in listed)
