"""Reads a function into a program, and leaves everything it reaches as it was."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.node import Node, Program, operands_of
from backlit.compile.reading import reading
from backlit.compile.recorder import Recorder, same_bits
from backlit.compile.refusal import Untraceable
from backlit.compile.trace import Forbidden, Steps, is_trace
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.compile.arguments import Arguments
    from backlit.compile.world import World

__all__ = ["Capture", "capture"]

_PLAIN = (bool, int, float, str, type(None))


@dataclass
class Capture:
    """What a trace found: the program, and what to do around it."""

    program: Program
    output: Any
    """What the function returns, with :class:`Returned` in the place of arrays."""
    cleared: list[Tensor | int] = field(default_factory=list)
    """Tensors whose gradient is ``None`` after the call."""
    left: dict[int, Tensor | int] = field(default_factory=dict)
    """Tensors (or numbers of arguments) that get the gradient of a number in the program."""
    taken: list[int] = field(default_factory=list)
    """How many steps each optimiser takes."""


@dataclass(frozen=True, eq=False)
class Returned:
    """An array that the function returns."""

    node: Node
    tensor: str | None
    """``"tensor"`` if it stands in a tensor, ``"scalar"`` if NumPy returned a number."""


def capture(
    function: Callable[..., Any], arguments: Arguments, world: World, *, keep_gradients: bool
) -> Capture:
    """Trace ``function`` twice, and return what both traces agree on.

    Raises
    ------
    Untraceable
        If a program can't hold what the function does.
    Exception
        Whatever the function raises on traces. Everything is put back before.
    """
    states = [(rng, copy.deepcopy(rng.bit_generator.state)) for rng in world.generators]
    chance = np.random.get_state(), random.getstate()  # noqa: NPY002
    sessions = [_Session(arguments, world), _Session(arguments, world)]
    try:
        # Generators go on from the first to the second, so that what they drew differs.
        first, second = (session.run(function, keep_gradients) for session in sessions)
    finally:
        for session in reversed(sessions):
            states += session.recorder.generators.values()
        for rng, state in reversed(states):
            rng.bit_generator.state = state
        np.random.set_state(chance[0])  # noqa: NPY002
        random.setstate(chance[1])
    _compare(first.program, second.program)
    return first


class _Session:
    """One trace, with traces in the place of arrays, and everything put back at its end."""

    def __init__(self, arguments: Arguments, world: World) -> None:
        self.arguments, self.world = arguments, world
        rates = [(o.schedule, o.steps) for o in world.optimizers]
        self.recorder = Recorder(world.layers, rates, world.trained())
        known = set(map(id, world.tensors))
        if any(id(W) in known for W in arguments.tensors):
            raise Untraceable(
                "it was called with a tensor that it also reaches by itself; do one of the two."
            )
        self.tensors = [*world.tensors, *arguments.tensors]
        self.originals = [(source, source.get()) for source in world.sources]
        self.traced: dict[Any, Any] = {}

    def run(self, function: Callable[..., Any], keep_gradients: bool) -> Capture:
        """Trace once."""
        recorder, world = self.recorder, self.world
        kept = [(vars(W), dict(vars(W))) for W in self.tensors]
        owned = [(vars(o), dict(vars(o))) for o in world.optimizers]
        try:
            self._enter()
            args, kwargs = self.arguments.traced(recorder)
            with reading(recorder):
                output = function(*args, **kwargs)
            if recorder.failure is not None:
                raise recorder.failure
            found = self._leave(output, keep_gradients)
        finally:
            for d, items in (*kept, *owned):
                d.clear()
                d.update(items)
            for source, value in self.originals:
                source.set(value)
            changed = world.changes()
            world.restore()
        if changed:
            raise Untraceable(
                f"it changes {changed[0]} by itself, which a program would not repeat; return "
                "the value, and do that outside."
            )
        return found

    def _enter(self) -> None:
        """Put traces where arrays, rates and step numbers are kept."""
        recorder = self.recorder
        computed = {id(vars(W)): W for W in self.world.tensors if W.op is not None}
        for source, value in self.originals:
            W = computed.get(id(source.holder))
            self.traced[source] = (
                recorder.input(source, value)
                if W is None
                else Forbidden(
                    recorder,
                    f"uses {W._label()}, which was computed outside",  # noqa: SLF001
                    "compute it inside, or use its detach()",
                )
            )
            source.set(self.traced[source])
        for W in self.tensors:
            W.grad = Forbidden(  # type: ignore[assignment]
                recorder,
                "reads a gradient from before the call (accumulate=True, or a step without a "
                "backward)",
                "set it to None first, or call backward() inside",
            )
        for i, optimizer in enumerate(self.world.optimizers):
            memories: dict[str, Any] = {}
            for name, arrays in optimizer.memories.items():
                for j, array in enumerate(arrays):
                    key = ("memory", i, name, j)
                    self.traced[key] = recorder.input(key, array)
                memories[name] = tuple(
                    self.traced["memory", i, name, j] for j in range(len(arrays))
                )
            optimizer.memories = memories
            optimizer.steps = recorder.steps(i, 0)  # type: ignore[assignment]
            optimizer.schedule = Forbidden(  # type: ignore[assignment]
                recorder, "reads or sets the learning rate of an optimizer", "do that outside"
            )
            vars(optimizer)["_next"] = _Next(recorder, optimizer, i)

    def _leave(self, output: Any, keep_gradients: bool) -> Capture:
        """Collect what the function left where."""
        states: dict[Node, Node] = {}
        updated = {
            id(source.holder)
            for source, _ in self.originals
            if self._state(states, self.traced[source], source.get(), source.name)
        }
        found = Capture(Program([], [], states), None, taken=self._taken(states))
        self._gradients(found, updated, keep_gradients)
        found.output = self._output(output)
        found.program.nodes = self.recorder.nodes
        found.program.calls = self.recorder.calls
        found.program.results = [x.node for x in returned(found.output)]
        return found

    def _taken(self, states: dict[Node, Node]) -> list[int]:
        """Collect what optimisers remember, and return how many steps each took."""
        taken = []
        for i, optimizer in enumerate(self.world.optimizers):
            steps: Any = optimizer.steps
            schedule: Any = optimizer.schedule
            if type(steps) is not Steps or type(schedule) is not Forbidden:
                raise self.recorder.refused(
                    "sets steps or the rate of an optimizer", "do that outside"
                )
            taken.append(steps.offset)
            for name, arrays in optimizer.memories.items():
                for j, array in enumerate(arrays):
                    old = self.traced["memory", i, name, j]
                    self._state(states, old, array, f"memory of {name}")
        return taken

    def _gradients(self, found: Capture, updated: set[int], keep_gradients: bool) -> None:
        """Collect the gradients that the function left, and those that it used up."""
        for number, W in enumerate(self.tensors):
            argument = number - len(self.world.tensors)
            data: Any = W.data
            if argument >= 0 and not (is_trace(data) and data.node.function == "input"):
                raise self.recorder.refused("replaces the data of an argument", "return it instead")
            gradient: Any = W.grad
            if type(gradient) is Forbidden:
                continue
            whose = W if argument < 0 else argument
            if gradient is None or (id(vars(W)) in updated and not keep_gradients):
                found.cleared.append(whose)
            else:
                found.left[number] = whose
                found.program.gradients[number] = self.recorder.node_of(gradient)

    def _state(self, states: dict[Node, Node], old: Any, new: Any, name: str) -> bool:
        if new is old:
            return False
        if type(old) is Forbidden or not (is_trace(new) or type(new) is np.ndarray):
            raise self.recorder.refused(f"replaces {name}", "do that outside")
        if new.shape != old.shape or new.dtype != old.dtype:
            raise self.recorder.refused(
                f"replaces {name} of shape {old.shape} and {old.dtype} by an array of shape "
                f"{new.shape} and {new.dtype}",
                "keep shape and dtype",
            )
        states[old.node] = self.recorder.node_of(new)
        return True

    def _output(self, value: Any) -> Any:
        kind = type(value)
        if kind is Tensor:
            return Returned(self.recorder.node_of(value.data), "tensor")
        if is_trace(value):
            scalar = not isinstance(value.value, np.ndarray)
            return Returned(value.node, "scalar" if scalar else None)
        if kind in {tuple, list}:
            return kind(map(self._output, value))
        if kind is dict:
            return {key: self._output(part) for key, part in value.items()}
        if kind in _PLAIN:
            return value
        if isinstance(value, np.ndarray):
            return Returned(self.recorder.node_of(value), None)
        raise self.recorder.refused(
            f"returns a {kind.__name__}", "return tensors, arrays, or tuples and dicts of them"
        )


class _Next:
    """Gives an optimiser the rate and the number of its next step as inputs of the program."""

    def __init__(self, recorder: Recorder, optimizer: Any, number: int) -> None:
        self.recorder, self.optimizer, self.number = recorder, optimizer, number

    def __call__(self) -> tuple[Any, Any]:
        steps = self.optimizer.steps
        if type(steps) is not Steps:
            raise self.recorder.refused("sets the steps of an optimizer", "do that outside")
        return self.recorder.rate(self.number, steps.offset), steps + 1


def returned(output: Any) -> list[Returned]:
    """Return the arrays in what a function returns, in order."""
    if type(output) is Returned:
        return [output]
    if type(output) is dict:
        output = tuple(output.values())
    if type(output) in {tuple, list}:
        return [x for part in output for x in returned(part)]
    return []


def _compare(first: Program, second: Program) -> None:
    """Refuse a function that two traces read differently."""
    pairs: dict[Node, Node] = {}
    matches = len(first.nodes) == len(second.nodes) and all(
        a.function == b.function and a.options.keys() == b.options.keys()
        for a, b in zip(first.nodes, second.nodes, strict=False)
    )
    if not matches:
        raise Untraceable("two calls of it compute different things, so it can't be one program.")
    for a, b in zip(first.nodes, second.nodes, strict=True):
        where = f" ({a.place.name}: {a.place.text})" if a.place.name else ""
        for x, y in zip(operands_of(a.operands), operands_of(b.operands), strict=True):
            if x.function == y.function == "constant":
                if not same_bits(x.value, y.value):
                    raise Untraceable(
                        f"an array of shape {x.shape} that it uses{where} differs from call to "
                        "call; draw random numbers in an op that holds the generator (as "
                        "backlit.dropout does), or pass the array as an argument."
                    )
            elif pairs.get(x, y) is not y:
                raise Untraceable(f"two calls of it compute different things{where}.")
        statics = [
            [part for part in _flat(node.operands) if type(part) in {int, float, bool, str}]
            for node in (a, b)
        ]
        if repr(statics[0]) != repr(statics[1]):
            raise Untraceable(
                f"a number that it uses{where} differs from call to call; pass it as an array."
            )
        pairs[a] = b


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in _flat(part)]
    return [value]
