"""Calling the forward and the backward of what was written by hand, each with what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.calling import backward_arguments, takes_all
from backlit.check.part import Broken, Part
from backlit.check.tap import copied
from backlit.check.values import as_output, is_numbers, pieces, was_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Caller"]


class Caller(Part):
    """A part whose forward and backward are a user's methods, or a pair of functions."""

    root: Any
    keywords: dict[str, Any]
    _given: tuple[Any, ...]
    _shapes: list[tuple[int, ...]]

    def _forward(self, root: Any) -> Any:
        if isinstance(root, tuple):
            return root[0]
        forward = getattr(root, "forward", None)
        return forward if callable(forward) else root

    def _backward(self, root: Any) -> Any:
        return root[1] if isinstance(root, tuple) else root.backward

    def _run_forward(self, root: Any, arguments: list[Any]) -> tuple[NDArray[Any], Any]:
        self.spend()
        # A number by hand stays a number: an array would be written into by `x += 1`.
        passed = self._as_given(arguments)
        try:
            y = self._forward(root)(*passed, **{k: copied(v) for k, v in self.keywords.items()})
        except Exception as error:
            raise Broken("forward", error) from error
        cache = None
        if isinstance(y, tuple) and len(y) > 1:
            if hasattr(root, "backward") or isinstance(root, tuple):
                several = takes_all(self._backward(root), y)
                if several:
                    outputs = [as_output(each, "forward") for each in y]
                    self._shapes = [each.shape for each in outputs]
                    return np.concatenate([each.ravel() for each in outputs]), None
            if is_numbers(y[0]):
                y, cache = y[0], (y[1] if len(y) == 2 else tuple(y[1:]))
        return as_output(y, "forward"), cache

    def _as_given(self, arguments: list[Any]) -> list[Any]:
        return [
            x.item() if isinstance(x, np.ndarray) and not x.ndim and not was_array(given) else x
            for x, given in zip(arguments, self._given, strict=True)
        ]

    def _run_backward(
        self, root: Any, sent: NDArray[Any], arguments: list[Any], y: NDArray[Any], cache: Any
    ) -> Any:
        dout: Any = sent if sent.ndim else sent.item()
        try:
            backward = self._backward(root)
            if self._shapes:
                return backward(*pieces(sent, self._shapes))
            return backward(*self._arguments_for(backward, dout, arguments, y, cache))
        except Exception as error:
            raise Broken("backward", error) from error

    def _arguments_for(
        self, backward: Any, dout: Any, arguments: list[Any], y: Any, cache: Any
    ) -> tuple[Any, ...]:
        return backward_arguments(backward, dout, arguments, y, cache)
