"""``backlit check FILE.py``: run in another process, whatever the file does, and shown in this."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from backlit._version import __version__
from backlit.check.render import fragment, show
from backlit.check.render.page import PAGE
from backlit.check.sandbox import abbreviated
from backlit.cli.console import Console
from backlit.data.atomic import write_atomically
from backlit.errors import DataError

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["run", "split_target"]

GRACE = 3.0
"""Seconds that the process is given beyond the time limit, to say where it was."""
KEPT = 20_000


def run(arguments: Namespace) -> int:
    """Check what is in a file, and print what was found."""
    file, name = split_target(arguments.target)
    if not file.is_file():
        raise DataError(f"check: {file} does not exist; pass a Python file or the folder of a run.")
    if file.suffix != ".py":
        raise DataError(f"check: {file} is not a Python file (.py), nor the folder of a run.")
    console = Console(quiet=arguments.json)
    with console.waiting(f"checking {file.name}"):
        found = _checked(file, name, arguments)
    status = _status(found)
    whole = {
        "backlit": __version__,
        "format": 1,
        "file": str(file),
        "status": status,
        "ok": status == 0,
        "reason": found["reason"],
        "checks": found["checks"],
    }
    if arguments.html:
        _write(Path(arguments.html), file, whole)
    if arguments.json:
        print(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        for each in whole["checks"]:
            _show(each)
    if found["reason"]:
        print(f"backlit: error: {found['reason']}", file=sys.stderr)
    return status


def split_target(target: str) -> tuple[Path, str]:
    """Take ``FILE.py:NAME`` apart.

    Examples
    --------
    >>> file, name = split_target("layers.py:Affine")
    >>> file.name, name
    ('layers.py', 'Affine')
    """
    before, colon, name = target.rpartition(".py:")
    return (Path(f"{before}.py"), name) if colon else (Path(target), "")


def _status(found: dict[str, Any]) -> int:
    outcomes = {each["outcome"] for each in found["checks"]}
    if "fault" in outcomes:
        return 1
    return 2 if found["reason"] or "unchecked" in outcomes or not outcomes else 0


def _checked(file: Path, name: str, arguments: Namespace) -> dict[str, Any]:
    """Run the worker, and return what it wrote before it ended, however it ended."""
    with TemporaryDirectory(prefix="backlit-") as folder:
        answer, trace = Path(folder, "answer.json"), Path(folder, "trace.txt")
        task = {
            "file": str(file),
            "name": name,
            "seed": arguments.seed,
            "samples": arguments.samples,
            "time_limit": arguments.time_limit,
            "answer": str(answer),
            "trace": str(trace),
        }
        ended, printed = _run(task, arguments.time_limit + GRACE)
        found: dict[str, Any] = {"reason": "", "checks": [], "done": False}
        if answer.exists():
            found |= json.loads(answer.read_text(encoding="utf-8"))
        if not found["done"] and not found["reason"]:
            why = _why(file, ended, printed, arguments.time_limit, trace)
            # What it was at when it ended is the last check, of which nothing is known.
            begun = found["checks"][-1] if found["checks"] else found
            begun["reason"] = why
        return found


def _run(task: dict[str, Any], seconds: float) -> tuple[int | None, str]:
    """Return the exit status (``None`` if it had to be killed) and what was printed."""
    words = [sys.executable, "-m", "backlit.cli.check_worker", json.dumps(task)]
    process = subprocess.Popen(  # noqa: S603 - this very Python
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    tail = bytearray()
    reader = threading.Thread(target=_read, args=(process.stdout, tail), daemon=True)
    reader.start()
    try:
        status: int | None = process.wait(seconds)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        _kill(process)
    reader.join(1.0)
    return status, tail.decode(errors="replace")


def _read(stream: IO[bytes], tail: bytearray) -> None:
    """Keep the end of what is printed, so that endless printing fills nothing."""
    with stream:
        while chunk := os.read(stream.fileno(), 65536):
            tail += chunk
            del tail[:-KEPT]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and, where that can be done, those it started."""
    if sys.platform != "win32":
        import signal  # noqa: PLC0415

        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _why(file: Path, status: int | None, printed: str, limit: float, trace: Path) -> str:
    """Say why there is no answer."""
    where = _last_line(trace, file)
    if where or status is None:
        at = f" (line {where})" if where else ""
        return f"{file.name} did not end within {limit:g} seconds{at}"
    lines = printed.strip().splitlines()
    last = f"; it last printed: {lines[-1]:.200}" if lines else ""
    how = f"was ended by signal {-status}" if status < 0 else f"ended the program ({status})"
    return f"{file.name} {how} while it was checked{last}"


def _last_line(trace: Path, file: Path) -> str:
    """Find the innermost line of the file in a trace of ``faulthandler``."""
    if not trace.exists():
        return ""
    mark = f'File "{file.resolve()}", line '
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        if mark in line:
            return line.partition(mark)[2].partition(" ")[0]
    return ""


def _show(each: dict[str, Any]) -> None:
    """Print one check."""
    if each["outcome"] == "unchecked":
        print(f"? {each['name']} could not be checked: {each['reason']}")
    else:
        show(each["report"])
    if each["guessed"]:
        print(f"  guessed: {each['guessed']}")
    for warning in each["warnings"]:
        print(f"  it warned: {warning:.300}")
    if each["printed"].strip():
        print("  it printed:")
        for line in abbreviated(each["printed"]).splitlines():
            print(f"    {line}")
    print()


def _write(page: Path, file: Path, whole: dict[str, Any]) -> None:
    parts = [fragment(each["report"]) for each in whole["checks"] if each["report"]]
    missed = [
        f"? {each['name']} could not be checked: {each['reason']}"
        for each in whole["checks"]
        if not each["report"]
    ]
    missed += [whole["reason"]] if whole["reason"] else []
    parts += [f"<p>{escape(text)}</p>" for text in missed]
    text = PAGE.format(title=escape(f"gradient check of {file.name}"), body="\n".join(parts))
    write_atomically(page, text.encode())
