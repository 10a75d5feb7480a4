"""While this reading is on, an op that is run on traces is read, and not run."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from backlit.compile.trace import is_trace
from backlit.graph import history
from backlit.op import Op, quick
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.compile.recorder import Recorder

__all__ = ["is_reading", "reading"]

_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)
_lock = Lock()
_readings = 0
"""How many threads read a function now."""
_quick: dict[type[Op], int] = {}
_run = Op.run
_backward = Tensor.backward


@contextmanager
def reading(recorder: Recorder) -> Iterator[None]:
    """Hand every op to ``recorder`` (in this context; others run theirs as ever)."""
    token = _recorder.set(recorder)
    _begin()
    try:
        yield
    finally:
        _end()
        _recorder.reset(token)


def _begin() -> None:
    global _readings  # noqa: PLW0603
    with _lock:
        _readings += 1
        # Looked up at every call, so that eager calls pay nothing for a reading that is off.
        Op.run = _read  # type: ignore[method-assign,assignment]
        Tensor.backward = _check_backward  # type: ignore[method-assign,assignment]
        _quick.update(quick)
        quick.clear()


def _end() -> None:
    global _readings  # noqa: PLW0603
    with _lock:
        _readings -= 1
        if not _readings:
            Op.run = _run  # type: ignore[method-assign]
            Tensor.backward = _backward  # type: ignore[method-assign]
            quick.update(_quick)


def is_reading() -> bool:
    """Tell whether a function is being traced in this context."""
    return _recorder.get() is not None


def _read(op: Op, *arrays: Any) -> Any:
    recorder = _recorder.get()
    return _run(op, *arrays) if recorder is None else recorder.run(op, *arrays)


def _check_backward(root: Tensor, *args: Any, **options: Any) -> None:
    """Refuse to leave gradients in tensors that the walk through what is reached did not find."""
    recorder = _recorder.get()
    if recorder is not None:
        leaves = (x for node in history(root) for x in node.op.inputs if x.op is None)  # type: ignore[union-attr]
        if any(x.requires_grad and not is_trace(x.data) for x in leaves):
            raise recorder.refused(
                "computes gradients of a tensor that it does not reach through closures, globals "
                "or attributes, or that it makes of a fixed array",
                "make it outside, in a variable or an attribute, or with requires_grad=False",
            )
    _backward(root, *args, **options)
