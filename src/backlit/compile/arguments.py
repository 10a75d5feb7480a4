"""A call's arguments: the arrays in them, and all else as a part of the program's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.refusal import Untraceable
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from backlit.compile.recorder import Recorder

__all__ = ["Arguments"]

_FIXED = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), type, np.dtype, slice)


class Arguments:
    """The arguments of one call.

    Parameters
    ----------
    args, kwargs
        As the function takes them: arrays, tensors, plain values, and tuples, lists and dicts
        of these.

    Attributes
    ----------
    arrays : list of numpy.ndarray
        In order, those of tensors included.
    key : tuple
        All else: structure, shapes, dtypes, plain values. Equal keys can share a program.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs
        self.arrays: list[Any] = []
        self.tensors: list[Tensor] = []
        tokens = [self._token(value) for value in args]
        if kwargs:
            tokens += [(name, self._token(value)) for name, value in kwargs.items()]
        self.key = tuple(tokens)

    def plain(self) -> tuple[tuple[tuple[int, ...], np.dtype[Any]], ...] | None:
        """Return the shapes and dtypes of arguments that are nothing but arrays, by position."""
        if self.kwargs or not all(type(value) is np.ndarray for value in self.args):
            return None
        return tuple((value.shape, value.dtype) for value in self.args)

    def traced(self, recorder: Recorder) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with traces in the place of arrays; those of tensors are set."""
        self._number = 0
        self._entered: set[int] = set()
        args = tuple(self._traced(recorder, value) for value in self.args)
        return args, {name: self._traced(recorder, value) for name, value in self.kwargs.items()}

    def _token(self, value: Any) -> Any:  # noqa: PLR0911  (one for each kind)
        kind = type(value)
        if kind is np.ndarray:
            self.arrays.append(value)
            return value.shape, value.dtype
        if kind is Tensor:
            for i, known in enumerate(self.tensors):
                if known is value:
                    return i
            self.tensors.append(value)
            self.arrays.append(value.data)
            return value.shape, value.dtype, value.requires_grad, value.op is None, len(self.arrays)
        if kind in {tuple, list}:
            return kind, tuple(self._token(part) for part in value)
        if kind is dict:
            return kind, tuple((str(key), self._token(part)) for key, part in value.items())
        if isinstance(value, np.generic):
            self.arrays.append(value)
            return kind
        if isinstance(value, _FIXED):
            return kind, repr(value) if kind in {float, complex, slice} else value
        raise Untraceable(
            f"it was called with a {kind.__name__}; pass arrays and tensors, and let the function "
            "reach nets and other objects by itself."
        )

    def _traced(self, recorder: Recorder, value: Any) -> Any:
        kind = type(value)
        if kind is np.ndarray or isinstance(value, np.generic):
            if value.dtype.kind not in "fiub":
                raise Untraceable(f"it was called with an array of dtype {value.dtype}.")
            self._number += 1
            return recorder.input(("argument", self._number - 1), value)
        if kind is Tensor:
            if id(value) not in self._entered:
                if value.op is not None:
                    raise Untraceable(
                        f"it was called with {value._label()}, which has a history; "  # noqa: SLF001
                        "pass its detach(), or compute it inside."
                    )
                self._entered.add(id(value))
                self._number += 1
                value.data = recorder.input(("argument", self._number - 1), value.data)
            return value
        if kind in {tuple, list}:
            return kind(self._traced(recorder, part) for part in value)
        if kind is dict:
            return {key: self._traced(recorder, part) for key, part in value.items()}
        return value
