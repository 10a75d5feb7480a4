"""Remembering which layer computed what: by it a drawing folds a net into its layers."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from backlit.tensor import Tensor, next_order

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["remembered"]


def remembered(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a layer's ``__call__`` which notes on its outputs what it was: ``Tensor.call``.

    A call is noted as the layer, a serial number taken before it, and the call of an inner layer
    that the output came out of before. Ops take numbers from the same counter, so those of the
    call lie between it and that of the output. Nothing is done for each op.
    """

    @wraps(call)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        start = next_order()
        out = call(self, *args, **kwargs)
        if type(out) is Tensor:
            # What was there before the call, a dropout's input in evaluation, is not its work.
            if out.op is not None and out.op.order > start:
                out.call = self, start, out.call
        elif type(out) in {tuple, list}:
            for y in out:
                if type(y) is Tensor and y.op is not None and y.op.order > start:
                    y.call = self, start, y.call
        return out

    return called
