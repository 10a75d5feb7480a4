"""Who is computing right now: which op or parameter, and which line of the user's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.node import Place
from backlit.layers import Layer
from backlit.op import Op
from backlit.optim import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["Places", "users_line"]

_LIBRARIES = (str(Path(__file__).parent.parent), str(Path(np.__file__).parent))


class Places:
    """Finds the place of a call by the functions that are running."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names  # of layers, by their id
        self.calls: dict[Op, tuple[str, int]] = {}
        self.counts: dict[str, int] = {}

    def here(self) -> Place:
        """Return the place from which this is called."""
        backward = False
        for frame in _frames():
            code, self_ = frame.f_code.co_name, None
            if code in {"forward", "backward", "rule", "_descended", "propagate"}:
                self_ = frame.f_locals.get("self")
            if type(self_) is not type and issubclass(type(self_), Op):
                op: Any = self_
                name, call = self._op(op, frame)
                return Place(code, name, op.formula, call)
            if code == "rule" and issubclass(type(self_), Optimizer):
                outer = frame.f_back
                name = outer.f_locals.get("name", "") if outer else ""
                return Place("update", str(name), type(self_).__name__)
            if code == "_descended":
                return Place("update")
            if code == "propagate":
                backward = True
            if code == "_apply" and issubclass(type(frame.f_locals.get("self")), Optimizer):
                kind = type(frame.f_locals["self"]).__name__
                return Place("update", "", f"gradients of {kind}")
        return Place("backward" if backward else "forward")

    def _op(self, op: Op, frame: FrameType) -> tuple[str, int]:
        known = self.calls.get(op)
        if known is None:
            name = self._layer(frame) or op.name
            known = self.calls[op] = name, len(self.calls) + 1
        return known

    def _layer(self, frame: FrameType | None) -> str:
        while frame is not None:
            layer = frame.f_locals.get("self") if frame.f_code.co_name == "__call__" else None
            if layer is not None and issubclass(type(layer), Layer):
                return self.names.get(id(layer), "")
            frame = frame.f_back
        return ""


def users_line() -> str:
    """Return the line of the user's code that is running, as ``file.py, line 3``."""
    for frame in _frames():
        file = frame.f_code.co_filename
        if not file.startswith(_LIBRARIES):
            return f"{Path(file).name}, line {frame.f_lineno}"
    return "an unknown line"


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        yield frame
        frame = frame.f_back
