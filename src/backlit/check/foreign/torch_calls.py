"""Which submodules a module calls, and with what: those that are layers of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backlit.check.foreign.library import Lazy, library
from backlit.check.foreign.torch_world import as_array

__all__ = ["Calls", "Heard", "listened"]

torch = Lazy("torch")


@dataclass
class Heard:
    """One call of a module.

    Parameters
    ----------
    path
        The module's name in the whole; empty for the whole.
    module
        The module.
    caller
        The call that it was made in.
    arguments
        What it was given, tensors as arrays.
    state
        The state of torch's random numbers at its start.
    single
        Whether it was given tensors by position and returned one tensor of floats, as layers do.
    """

    path: str
    module: Any
    caller: Heard | None
    arguments: tuple[Any, ...]
    state: Any = None
    single: bool = False
    children: list[Heard] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name in the calling module."""
        outer = "" if self.caller is None else self.caller.path
        inside = outer and self.path.startswith(f"{outer}.")
        return self.path[len(outer) + 1 :] if inside else self.path


class Calls:
    """All calls in one run of a module."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.root: Heard | None = None

    def children(self, whole: Any) -> list[Heard]:
        """Return the layers that the whole calls, and give each call those that it makes.

        A layer is called once, from one place, and shares no parameter with what is outside of it.
        """
        often = Counter(id(call.module) for call in self.heard)
        owners: dict[int, set[int]] = {}
        for each in whole.modules():
            for p in each.parameters(recurse=False):
                owners.setdefault(id(p), set()).add(id(each))

        def is_layer(call: Heard) -> bool:
            inside = {id(each) for each in call.module.modules()}
            shared = any(owners[id(p)] - inside for p in call.module.parameters())
            return call.single and often[id(call.module)] == 1 and not shared

        top: list[Heard] = []
        for call in self.heard:
            if call.caller is None or not is_layer(call):
                continue
            caller = call.caller
            while caller.caller is not None and not is_layer(caller):
                caller = caller.caller
            call.caller = caller
            (top if caller is self.root else caller.children).append(call)
        return top


def listened(whole: Any, arguments: list[Any]) -> Calls:
    """Run a module and hear the calls of all its submodules, none if it raises."""
    calls = Calls()
    open_calls: list[Heard] = []
    hooks = []

    def before(path: str) -> Any:
        def hook(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            caller = open_calls[-1] if open_calls else None
            call = Heard(path, module, caller, tuple(map(_kept, given)), torch.get_rng_state())
            call.single = not named and any(isinstance(x, np.ndarray) for x in call.arguments)
            open_calls.append(call)
            calls.heard.append(call)

        return hook

    def after(module: Any, given: Any, named: Any, output: Any) -> None:  # noqa: ARG001
        call = open_calls.pop()
        call.single = (
            call.single and isinstance(output, torch.Tensor) and output.is_floating_point()
        )

    for path, module in whole.named_modules():
        hooks.append(module.register_forward_pre_hook(before(path), with_kwargs=True))
        hooks.append(module.register_forward_hook(after, with_kwargs=True))
    try:
        whole(*arguments)
    except Exception:  # noqa: BLE001 - the check runs it again, and tells what it raises
        calls.heard.clear()
    finally:
        for hook in hooks:
            hook.remove()
    calls.root = calls.heard[0] if calls.heard else None
    return calls


def _kept(x: Any) -> Any:
    return as_array(x) if library(x) == "torch" and hasattr(x, "layout") else x
