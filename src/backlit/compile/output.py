"""What a function returns, as a form into which the results of a program are filled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.capture import Returned
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["filled", "numbered"]


@dataclass(frozen=True)
class _Slot:
    """Where a result stands: which one, and as what."""

    number: int
    kind: str | None


def numbered(output: Any) -> Any:
    """Return the form of what was captured: arrays replaced by their numbers, in order."""
    return _numbered(output, count())


def filled(form: Any, results: Sequence[Any]) -> Any:
    """Return what the function returns, where a program computed ``results``."""
    if type(form) is _Slot:
        value = results[form.number]
        if form.kind == "tensor":
            return Tensor(np.asarray(value), requires_grad=False)
        return value[()] if form.kind == "scalar" else np.asarray(value)
    if type(form) is dict:
        return {key: filled(part, results) for key, part in form.items()}
    if type(form) in {tuple, list}:
        return type(form)(filled(part, results) for part in form)
    return form


def _numbered(output: Any, numbers: Iterator[int]) -> Any:
    if type(output) is Returned:
        return _Slot(next(numbers), output.tensor)
    if type(output) is dict:
        return {key: _numbered(part, numbers) for key, part in output.items()}
    if type(output) in {tuple, list}:
        return type(output)(_numbered(part, numbers) for part in output)
    return output
