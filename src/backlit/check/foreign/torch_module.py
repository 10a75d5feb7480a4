"""A ``torch.nn.Module`` as a net of layers on arrays, each with its parameters."""

from __future__ import annotations

import copy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.foreign.library import Lazy, library
from backlit.check.foreign.pair import Pair, Template, dressed
from backlit.check.foreign.torch_bridge import bridged
from backlit.check.foreign.torch_calls import Heard, listened
from backlit.check.foreign.torch_function import Run, tracked
from backlit.check.foreign.torch_world import (
    Randomness,
    as_array,
    as_tensor,
    in_double,
    is_array,
)
from backlit.check.foreign.words import translated
from backlit.check.names import argument_names
from backlit.errors import TypeRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["ModulePair", "module_pair"]

torch = Lazy("torch")

LARGE = 100_000
"""Parameters from which on a module is worth several threads."""


def module_pair(
    module: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None = None
) -> ModulePair:
    """Adapt a float64 copy of a module, with its submodules as layers where that can be done.

    The module itself is left as it is: its dtype, mode, parameters and buffers.

    Raises
    ------
    TypeRefusedError
        If it can't be copied.
    """
    name = type(module).__name__
    own = _copied(module, name)
    arguments = [as_array(x) if is_array(x) else x for x in inputs]
    random = Randomness()
    with in_double(), random.rewound():
        calls = listened(own, _tensors(arguments if loss is None else arguments[:1]))
    root = calls.root or Heard("", own, None, ())
    root.arguments = tuple(arguments)
    size = sum(p.numel() for p in own.parameters())
    plain = {"module": own, "random": random, "loss": loss, "small": size < LARGE}
    whole = _built(root, module, plain, calls.children(own))
    if not _is_faithful(whole):
        whole = _built(root, module, plain, [])
        _is_faithful(whole)
    for layer in whole.tree():
        show_function(layer)
    return whole


def show_function(layer: ModulePair) -> None:
    """Show the source of the one ``torch.autograd.Function`` in a layer, if there is one."""
    functions = layer.functions()
    if len(functions) == 1:
        type(layer).backward.__wrapped__ = functions[0].backward  # type: ignore[attr-defined]


class ModulePair(Pair):
    """A module with its own parameters ``weight`` beside ``dweight``, and its layers within.

    Parameters
    ----------
    given
        The arrays it is called with.
    layers
        The submodules that are layers of their own, by their names in this one.
    held
        The module, the arguments it was called with, and torch's random numbers.
    """

    def __init__(self, given: tuple[Any, ...], layers: dict[str, ModulePair], **held: Any) -> None:
        super().__init__(given, **held, run=Run())
        module = held["module"]
        buffers = [(x, x.detach().clone()) for x in module.buffers()]
        inner = {id(p) for layer in layers.values() for p in layer.module.parameters()}
        mine = {
            name: p
            for name, p in module.named_parameters()
            if id(p) not in inner and p.requires_grad
        }
        self._held = MappingProxyType(
            {**self._held, "buffers": buffers, "mine": mine, "layers": list(layers)}
        )
        for name, p in mine.items():
            # The array is the parameter's own memory: what moves one moves the other.
            setattr(self, name, p.detach().numpy())
            setattr(self, f"d{name}", np.zeros(tuple(p.shape)))
        for name, layer in layers.items():
            setattr(self, name, layer)

    @property
    def module(self) -> Any:
        """The float64 copy of the module."""
        return self._held["module"]

    @property
    def random(self) -> Randomness:
        """Torch's random numbers, for it."""
        random: Randomness = self._held["random"]
        return random

    @property
    def layers_within(self) -> list[ModulePair]:
        """The layers in it, nearest first."""
        return [vars(self)[name] for name in self._held["layers"]]

    def run_with(self, arguments: tuple[Any, ...]) -> NDArray[Any]:
        """Run forward with these arguments, and remember those that are not arrays."""
        template = Template(arguments, [is_array(x) for x in arguments])
        self._held = MappingProxyType({**self._held, "template": template})
        return self.forward(*(np.asarray(arguments[i]) for i in template.places))

    def forward(self, *arrays: Any) -> NDArray[Any]:
        """Run the module on tensors of these arrays, where its parameters' arrays are now."""
        held = self._held
        run: Run = held["run"]
        with in_double(small=held["small"]), self.random.rewound(), translated(self.name):
            self._link()
            run.arguments = [as_tensor(x) for x in arrays]
            run.leaves = tracked(run.arguments)
            # A module may write into its input (ReLU(inplace=True)), into a leaf it can't.
            passed = [x.clone() for x in run.arguments]
            with bridged(self.layers_within):
                run.outputs = self.run_plainly(held["template"].filled(passed))
            return run.joined(self.name)

    def run_plainly(self, arguments: list[Any]) -> Any:
        """Run the module on tensors, and the loss if there is one."""
        loss = self._held["loss"]
        if loss is None:
            return self.module(*arguments)
        return loss(self.module(arguments[0]), *arguments[1:])

    def backward(self, dout: Any) -> Any:
        """Leave the parameters' gradients beside them, and return those of the arrays."""
        held = self._held
        run: Run = held["run"]
        mine: dict[str, Any] = held["mine"]
        within = [layer for each in self.layers_within for layer in each.tree()]
        theirs = [(layer, key, p) for layer in within for key, p in layer.own_parameters()]
        for layer in within:
            layer.clear()
        wanted = [*run.leaves, *mine.values(), *(p for *_, p in theirs)]
        with in_double(small=held["small"]), self.random.continued(), translated(self.name):
            found = iter(run.raw_gradients(dout, wanted))
        inputs = [_array(g, x) for x, g in zip(run.leaves, found, strict=False)]
        for name, p in mine.items():
            setattr(self, f"d{name}", _array(next(found), p))
        # What this module does with a layer's parameters itself comes on top (tied weights).
        for layer, key, _ in theirs:
            more = next(found)
            if more is not None:
                setattr(layer, f"d{key}", vars(layer)[f"d{key}"] + more.detach().numpy())
        gradients = iter(inputs)
        answer = tuple(next(gradients) if x.is_floating_point() else None for x in run.arguments)
        return answer[0] if len(answer) == 1 else answer

    def tree(self) -> list[ModulePair]:
        """Return this layer and all those within."""
        return [self, *(layer for each in self.layers_within for layer in each.tree())]

    def own_parameters(self) -> list[tuple[str, Any]]:
        """Return the names and parameters that no layer within has."""
        return list(self._held["mine"].items())

    def functions(self) -> list[Any]:
        """Return the user's Functions that its last run went through, outside of its layers."""
        run: Run = self._held["run"]
        return run.functions()

    def clear(self) -> None:
        """Set the gradients of its own parameters to zero."""
        for name, p in self._held["mine"].items():
            setattr(self, f"d{name}", np.zeros(tuple(p.shape)))

    def _link(self) -> None:
        held = self._held
        for name, p in held["mine"].items():
            p.data = as_tensor(vars(self)[name])
        with torch.no_grad():
            for buffer, value in held["buffers"]:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)

    def _held_by_twin(self, memo: dict[int, Any]) -> dict[str, Any]:
        held = self._held
        module = copy.deepcopy(held["module"], _loose(held["module"], memo))
        return {
            **held,
            "module": module,
            "mine": {name: memo[id(p)] for name, p in held["mine"].items()},
            "buffers": [(memo[id(x)], value) for x, value in held["buffers"]],
            "run": Run(),
        }


def _built(call: Heard, shown: Any, plain: Any, children: list[Heard]) -> ModulePair:
    """Make the layer of a call, and those of the calls within."""
    arrays = [is_array(x) for x in call.arguments]
    names = argument_names(shown.forward, len(call.arguments))
    if plain["loss"] is not None:
        names[1:] = argument_names(plain["loss"], len(call.arguments))[1:]
    template = Template(call.arguments, arrays)
    forward = type(shown).forward
    labels = [names[i] for i in template.places]
    kind: Any = dressed(ModulePair, type(shown), labels, forward, forward)
    inner = {**plain, "loss": None}
    layers = {
        child.name: _built(
            child,
            child.module,
            {**inner, "module": child.module, "random": Randomness(child.state)},
            child.children,
        )
        for child in children
    }
    given = tuple(call.arguments[i] for i in template.places)
    pair: ModulePair = kind(given, layers, **plain, template=template)
    return pair


def _is_faithful(pair: ModulePair) -> bool:
    """Tell whether the layers together do what torch does without them."""
    try:
        y = pair.forward(*pair.given)
        pair.backward(np.ones_like(y))
        theirs = {
            id(p): vars(layer)[f"d{key}"]
            for layer in pair.tree()
            for key, p in layer.own_parameters()
        }
        held = pair._held  # noqa: SLF001 - a look inside before it is handed out
        parameters = [p for layer in pair.tree() for _, p in layer.own_parameters()]
        plain = Run()
        random = Randomness(held["random"].start)
        with in_double(), random.rewound():
            pair._link()  # noqa: SLF001
            passed = [as_tensor(x.copy()) for x in pair.given]
            plain.outputs = pair.run_plainly(held["template"].filled(passed))
            again = plain.joined(pair.name)
        with in_double(), random.continued():
            gradients = plain.gradients(np.ones_like(again), parameters)
    except Exception:  # noqa: BLE001 - whatever goes wrong, the module alone is what counts
        return False
    return _same(y, again) and all(
        _same(theirs[id(p)], g) for p, g in zip(parameters, gradients, strict=True)
    )


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.shape == other.shape and np.allclose(
        one, other, rtol=1e-9, atol=1e-12, equal_nan=True
    )


def _array(gradient: Any, like: Any) -> NDArray[Any]:
    if gradient is None:
        return np.zeros(tuple(like.shape))
    array: NDArray[Any] = gradient.detach().cpu().numpy().copy()
    return array


def _tensors(arguments: list[Any]) -> list[Any]:
    return [as_tensor(x.copy()) if isinstance(x, np.ndarray) else x for x in arguments]


def _copied(module: Any, name: str) -> Any:
    try:
        own = copy.deepcopy(module, _loose(module, {}))
    except Exception as error:
        raise TypeRefusedError(
            f"check: a copy of {name} is what would be checked, but it can't be copied: "
            f"{type(error).__name__}: {error}"
        ) from error
    return own.to(device="cpu", dtype=torch.float64)


def _loose(module: Any, memo: dict[int, Any]) -> dict[int, Any]:
    """Detach the results of earlier runs that a module keeps, which torch refuses to copy."""
    for each in module.modules():
        for value in vars(each).values():
            inside = value if isinstance(value, (list, tuple)) else (value,)
            for x in inside:
                if library(x) == "torch" and getattr(x, "grad_fn", None) is not None:
                    memo[id(x)] = x.detach().clone()
    return memo
