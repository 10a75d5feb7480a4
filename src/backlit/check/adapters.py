"""From what the user gives to a part that can be checked."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from backlit.check.graphs import Net, function_part, net_part, op_part
from backlit.check.hand import HandPart
from backlit.check.loss_net import LossNetPart, is_loss_net
from backlit.check.names import takes
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.op import Op

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.check.part import Part

__all__ = ["ADAPTERS", "Adapter", "adapt", "target_name"]

Adapter: TypeAlias = "Callable[[Any, tuple[Any, ...]], Part | None]"

ADAPTERS: list[Adapter] = []
"""Adapters for other frameworks, asked first: each returns ``None`` for what is not its own."""


def adapt(target: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None) -> Part:
    """Return the part to check.

    Raises
    ------
    TypeRefusedError
        If there is no way to check the target.
    ValueRefusedError
        If ``loss`` is given for something that has no use for it.
    Broken
        If the target's own code fails at the first run.
    """
    if inspect.isclass(target):
        raise TypeRefusedError(
            f"check: {target.__name__} is a class; pass an instance, {target.__name__}(...)."
        )
    for adapter in ADAPTERS:
        part = adapter(target, inputs)
        if part is not None:
            return part
    if isinstance(target, Net) and not is_loss_net(target):
        return net_part(target, inputs, loss)
    by_hand = has_backward(target) and (hasattr(target, "forward") or callable(target))
    if loss is not None and (not by_hand or isinstance(target, Op) or is_loss_net(target)):
        raise ValueRefusedError(
            f"check: {target_name(target)} is checked as it is, and loss= is for the outputs of "
            "layers and nets; leave it out."
        )
    return _by_kind(target, inputs, by_hand=by_hand)


def _by_kind(target: Any, inputs: tuple[Any, ...], *, by_hand: bool) -> Part:
    name = target_name(target)
    pair = isinstance(target, tuple) and len(target) == 2 and all(map(callable, target))
    part: Part
    if isinstance(target, Op):
        part = op_part(target, inputs)
    elif is_loss_net(target):
        part = LossNetPart(target, inputs, name=name)
    elif pair:
        part = HandPart(target, inputs, name=name)
    elif by_hand:
        forward = target.forward if hasattr(target, "forward") else target
        given = inputs if takes(forward, len(inputs)) else inputs[:1]
        part = HandPart(target, given, name=name)
    elif callable(target):
        part = function_part(target, inputs)
    else:
        raise TypeRefusedError(
            f"check: {type(target).__name__} can't be checked; pass an op, a layer or a net, a "
            "function of tensors, a pair of functions, or an object with forward and backward, or "
            "with params, loss and gradient."
        )
    return part


def has_backward(target: Any) -> bool:
    """Tell whether something goes backwards, or has a method that is probably meant to."""
    return callable(getattr(target, "backward", None)) or bool(near_method(target, "backward"))


def near_method(target: Any, name: str) -> str:
    """Return the method of the user's that is spelt nearly like ``name``; empty if none is."""
    own = [
        key
        for kind in type(target).__mro__
        if kind is not object
        for key, value in vars(kind).items()
        if callable(value) and not key.startswith("__")
    ]
    close = get_close_matches(name, own, n=1, cutoff=0.7)
    return close[0] if close and close[0] != name else ""


def target_name(target: Any) -> str:
    """Return what to call a target in the report."""
    if isinstance(target, tuple):
        return str(getattr(target[0], "__name__", "forward"))
    if isinstance(target, Op):
        return target.name
    if inspect.isfunction(target) or inspect.ismethod(target):
        return target.__name__
    return type(target).__name__
