"""The line of the user's source that a fault is about."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Source", "line_of", "raised_at", "source_text"]

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Source:
    """A line of source: the file, its number, its text, and the function that it stands in."""

    file: str
    line: int
    text: str
    function: str = ""

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}: {self.text}"


def line_of(function: Callable[..., Any] | None, tensor: str = "") -> Source | None:
    """Find the line of a function that computes the gradient of a tensor.

    That is the last line that assigns to ``d`` and the tensor's name; else the ``return``; else
    the ``def``.
    """
    lines = _lines(function)
    if lines is None:
        return None
    file, start, text = lines
    name = re.escape(re.sub(r"\W.*", "", tensor) or "x")
    patterns = [
        rf"\b(self\.)?(_?d_?{name}|grad_?{name}|{name}_?grad\w*)\b(\[.*\])?\s*[-+*/]?=[^=]",
        rf"\[['\"]d?{name}['\"]\]\s*[-+*/]?=[^=]",
        rf"['\"]{name}['\"]\s*:",
        rf"\bd{name[0].lower()}\w*\s*[-+*/]?=[^=]",
        r"^\s*return\b",
    ]
    if not tensor:
        patterns = [r"^\s*return\b"]
    for pattern in patterns:
        for offset in range(len(text) - 1, -1, -1):
            if re.search(pattern, text[offset]):
                return Source(file, start + offset, text[offset].strip(), _name(function))
    return Source(file, start, text[0].strip(), _name(function))


def source_text(function: Callable[..., Any] | None) -> str:
    """Return a function's source; empty if there is none."""
    lines = _lines(function)
    return "" if lines is None else "".join(lines[2])


def find_line(function: Callable[..., Any] | None, pattern: str) -> Source | None:
    """Find the first line of a function that matches."""
    lines = _lines(function)
    if lines is None:
        return None
    file, start, text = lines
    for offset, line in enumerate(text):
        if re.search(pattern, line):
            return Source(file, start + offset, line.strip(), _name(function))
    return None


def raised_at(error: BaseException) -> Source | None:
    """Find the innermost line of the user's code that an error passed through."""
    frame = error.__traceback__
    found = None
    while frame is not None:
        code = frame.tb_frame.f_code
        file = Path(code.co_filename)
        if _ROOT not in file.parents and not {"numpy", "site-packages"} & set(file.parts):
            text = inspect.getsource(code).splitlines() if _readable(code) else []
            offset = frame.tb_lineno - code.co_firstlineno
            line = text[offset].strip() if 0 <= offset < len(text) else ""
            found = Source(code.co_filename, frame.tb_lineno, line, code.co_name)
        frame = frame.tb_next
    return found


def _readable(code: Any) -> bool:
    try:
        inspect.getsource(code)
    except (OSError, TypeError):
        return False
    return True


def _lines(function: Any) -> tuple[str, int, list[str]] | None:
    if function is None:
        return None
    try:
        plain = inspect.unwrap(getattr(function, "__func__", function))
        if not hasattr(plain, "__code__"):
            plain = getattr(type(plain), "__call__", plain)  # noqa: B004
        text, start = inspect.getsourcelines(plain)
        file = inspect.getsourcefile(plain) or ""
    except (OSError, TypeError, AttributeError):
        return None
    return file, start, text


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
