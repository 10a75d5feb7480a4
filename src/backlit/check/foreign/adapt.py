"""Making a layer by hand of what another library knows as a function or a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.check.foreign.library import is_function, is_module, library
from backlit.check.foreign.pair import Pair
from backlit.errors import TypeRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["adapted", "as_pair"]


def adapted(
    target: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None = None
) -> tuple[Any, tuple[Any, ...], Callable[..., Any] | None]:
    """Return what to check, its inputs and its loss; as they are if nothing is another library's.

    A loss written for PyTorch becomes a part of the pair, and none is returned.
    """
    if loss is not None and _is_ours(loss):
        pair = as_pair(target, inputs[:1])
        return (target, inputs, loss) if pair is None else (pair, (*pair.given, *inputs[1:]), loss)
    pair = as_pair(target, inputs, loss)
    return (target, inputs, loss) if pair is None else (pair, pair.given, None)


def as_pair(
    target: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None = None
) -> Pair | None:
    """Return a layer on NumPy arrays that does what ``target`` does, ``None`` if that is ours.

    Parameters
    ----------
    target
        A subclass of ``torch.autograd.Function``, a ``torch.nn.Module``, a function of torch
        tensors, or a function of JAX arrays (with ``custom_vjp`` or without).
    inputs
        What it is called with: arrays of either library, and options of any kind.
    loss
        For a module, what is computed from its output and the inputs after the first.

    Raises
    ------
    TypeRefusedError
        If it is something of theirs that can't be checked.
    """
    if isinstance(target, Pair):
        return None
    kind = library(target)
    if not kind and callable(target) and not hasattr(target, "backward"):
        kind = next(filter(None, map(library, inputs)), "")
    if kind == "torch":
        return _of_torch(target, inputs, loss)
    if kind == "jax":
        from backlit.check.foreign.jax_function import JaxPair  # noqa: PLC0415 - only for JAX

        return JaxPair.of(target, inputs)
    return None


def _of_torch(target: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None) -> Pair:
    if is_module(target):
        from backlit.check.foreign.torch_module import module_pair  # noqa: PLC0415 - for torch

        if isinstance(target, type):
            raise TypeRefusedError(
                f"check: {target.__name__} is a class; pass a module, {target.__name__}(...)."
            )
        return module_pair(target, inputs, loss)
    from backlit.check.foreign.torch_function import TorchPair  # noqa: PLC0415 - for torch

    if not is_function(target) and not callable(target):
        raise TypeRefusedError(
            f"check: {type(target).__name__} of torch can't be checked; pass a subclass of "
            "torch.autograd.Function, a torch.nn.Module, or a function of tensors."
        )
    return TorchPair.of(target, inputs)


def _is_ours(loss: Any) -> bool:
    return str(getattr(loss, "__module__", "")).partition(".")[0] == "backlit"
