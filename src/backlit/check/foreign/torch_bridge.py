"""Bridges from torch's graph to layers on arrays: a submodule's call becomes its layer's."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.foreign.library import Lazy, library
from backlit.check.foreign.torch_world import as_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["bridged"]

torch = Lazy("torch")


@contextmanager
def bridged(layers: Sequence[Any]) -> Iterator[None]:
    """Have the layers' modules run by the layers' own ``forward``, while the block runs.

    Gradients then come to the layers' own ``backward``, whenever that is.
    """
    before = [vars(layer.module).get("forward") for layer in layers]
    for layer, own in zip(layers, before, strict=True):
        layer.module.__dict__["forward"] = _crossing(layer, own)
    try:
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            if own is None:
                layer.module.__dict__.pop("forward", None)
            else:
                layer.module.__dict__["forward"] = own


def _crossing(layer: Any, own: Any) -> Any:
    def forward(*arguments: Any) -> Any:
        # Within its own layer the module is itself.
        crossing = vars(layer.module).pop("forward", None)
        if own is not None:
            layer.module.__dict__["forward"] = own
        try:
            return _bridge().apply(torch.zeros((), requires_grad=True), layer, *arguments)
        finally:
            layer.module.__dict__["forward"] = crossing

    return forward


@lru_cache(maxsize=1)
def _bridge() -> Any:
    base: Any = torch.autograd.Function

    class Bridge(base):  # type: ignore[misc]
        """Runs a layer on the arrays in tensors; its first input only makes torch come back."""

        @staticmethod
        def forward(ctx: Any, start: Any, layer: Any, *arguments: Any) -> Any:  # noqa: ARG004
            ctx.layer = layer
            ctx.tensors = [library(x) == "torch" and hasattr(x, "layout") for x in arguments]
            given = tuple(
                x.detach().numpy() if ours else x
                for x, ours in zip(arguments, ctx.tensors, strict=True)
            )
            y = layer.run_with(given)
            layer.random.leave()
            return as_tensor(np.asarray(y))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            returned = ctx.layer.backward(dout.detach().numpy())
            entries = list(returned) if isinstance(returned, tuple) else [returned]
            gradients = [
                None if not ours or (dx := entries.pop(0)) is None else as_tensor(np.asarray(dx))
                for ours in ctx.tensors
            ]
            return None, None, *gradients

    return Bridge
