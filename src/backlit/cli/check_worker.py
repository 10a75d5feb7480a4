"""The process in which a user's file is imported and checked. It may be killed at any time."""

from __future__ import annotations

import faulthandler
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from backlit.check import Report, check
from backlit.check.sandbox import Outcome, TimeIsUp, attempt
from backlit.cli.check_find import Candidate, Nothing, find
from backlit.errors import BacklitError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["load", "main", "work"]


def main(task: dict[str, Any]) -> None:
    """Do a task: check a file, and keep the answer up to date in another."""
    with Path(task["trace"]).open("w", encoding="utf-8") as trace:
        # Should it hang where no Python is executed, this says where, and ends it.
        faulthandler.dump_traceback_later(task["time_limit"] + 1.0, exit=True, file=trace)
        work(task)
        faulthandler.cancel_dump_traceback_later()


def work(task: dict[str, Any]) -> None:
    """Import the file, find what to check, check it."""
    answer = Path(task["answer"])
    start = perf_counter()
    whole: dict[str, Any] = {"reason": "", "checks": [], "done": False}

    def left() -> float:
        seconds: float = task["time_limit"] - (perf_counter() - start)
        return max(seconds, 0.01)

    def save() -> None:
        beside = answer.with_suffix(".new")
        beside.write_text(json.dumps(whole), encoding="utf-8")
        beside.replace(answer)

    file = Path(task["file"]).resolve()
    loaded = attempt(lambda: load(file), time_limit=left())
    if loaded.value is None:
        whole["reason"] = _not_imported(file, loaded)
        save()
        return
    try:
        candidates = find(loaded.value, task["name"], task["seed"])
    except Nothing as nothing:
        whole["reason"] = f"{file.name}: {nothing}"
        save()
        return
    for candidate in candidates:
        whole["checks"].append(_unchecked(candidate, ""))
        save()
        whole["checks"][-1] = _checked(candidate, file, task, left())
    whole["done"] = True
    save()


def load(file: Path) -> ModuleType:
    """Import a file: its neighbours can be imported by it, and the book's modules."""
    from backlit.book import install  # noqa: PLC0415 - what the user's own imports may ask for

    install()
    sys.path.insert(0, str(file.parent))
    taken = file.stem in sys.modules or file.stem in sys.stdlib_module_names
    name = f"{file.stem}_to_check" if taken else file.stem
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _not_imported(file: Path, loaded: Outcome[Any]) -> str:
    line = loaded.line_in(str(file))
    at = f", line {line}" if line else ""
    what = loaded.reason
    if isinstance(loaded.error, SyntaxError):
        what = f"{type(loaded.error).__name__}: {loaded.error.msg}"
    return f"{file.name}{at}: {what}"


def _checked(candidate: Candidate, file: Path, task: dict[str, Any], left: float) -> dict[str, Any]:
    def call() -> Report:
        subject = candidate.make()
        if isinstance(subject.target, Report):
            return subject.target
        return check(
            subject.target,
            *subject.inputs,
            seed=task["seed"],
            samples=task["samples"],
            **subject.options,
        )

    outcome = attempt(call, time_limit=left)
    report = outcome.value
    entry = _unchecked(candidate, "")
    entry |= {"printed": outcome.printed, "warnings": outcome.warnings}
    misspelt = candidate.misspelt()
    if report is not None and (not report.ok or not misspelt):
        return entry | {"outcome": "ok" if report.ok else "fault", "report": report.to_dict()}
    if misspelt:
        return entry | {"outcome": "fault", "report": _fault(candidate.name, misspelt)}
    line = outcome.line_in(str(file))
    at = f" (line {line})" if line and not isinstance(outcome.error, BacklitError) else ""
    reason = str(outcome.error) if isinstance(outcome.error, BacklitError) else outcome.reason
    if isinstance(outcome.error, Nothing):
        reason = str(outcome.error)
    if isinstance(outcome.error, TimeIsUp):
        reason = f"it did not end within {task['time_limit']:g} seconds"
    return entry | {"reason": f"{reason}{at}"}


def _unchecked(candidate: Candidate, reason: str) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "outcome": "unchecked",
        "reason": reason,
        "guessed": candidate.guessed,
        "printed": "",
        "warnings": [],
        "report": None,
    }


def _fault(name: str, message: str) -> dict[str, Any]:
    whole = Report(name).to_dict()
    fault = {
        "layer": name,
        "tensor": "",
        "index": None,
        "expected": None,
        "got": None,
        "error": "inf",
        "message": message,
        "diagnosis": "misspelt",
        "confidence": 1.0,
    }
    return whole | {"faults": [fault], "ok": False}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
