"""A program bound to the arrays it works on, for arguments of one kind."""

from __future__ import annotations

import linecache
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from backlit.compile.buffers import plan
from backlit.compile.capture import Returned
from backlit.compile.emit import emit
from backlit.compile.node import Node
from backlit.compile.passes import optimised
from backlit.quiet import mute, unmute
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.compile.arguments import Arguments
    from backlit.compile.capture import Capture
    from backlit.compile.world import Source, World

__all__ = ["StaleError", "Variant"]

_numbers = count(1)
_owned: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""Arrays that programs write into. Programs of one net share them, users' arrays are not there."""


class StaleError(Exception):
    """An array was replaced by one of another shape or dtype."""


class Variant:
    """One compiled program, ready to run."""

    def __init__(self, found: Capture, world: World, name: str) -> None:
        program = optimised(found.program)
        self.world = world  # held, so that the identities in its key stay theirs
        self.output = _numbered(found.output, {})
        self.cleared = found.cleared
        self.taken = [(o, n) for o, n in zip(world.optimizers, found.taken, strict=True) if n]
        self.refusals = [
            node.operands for node in program.nodes if node.function == "refuse" and _early(node)
        ]
        program.nodes = [n for n in program.nodes if not (n.function == "refuse" and _early(n))]
        text = emit(program, plan(program), _names(program, world), f"{name}, compiled.")
        self.source = text.source
        self.step = _function(text.source, text.constants, name)
        self.results = len(program.results)
        self.left = [found.left[i] for i in program.gradients]
        self._inputs(text.inputs, set(program.states))

    def __call__(self, arguments: Arguments) -> Any:
        """Run the program on the arguments."""
        arrays = arguments.arrays
        for op, parts in self.refusals:
            op.refuse(*(arrays[p.value[1]] if isinstance(p, Node) else p for p in parts))
        self._fill(arrays)
        token = mute()
        try:
            results = self.step(*self.values)
        finally:
            unmute(token)
        for optimizer, taken in self.taken:
            optimizer.steps += taken
        tensors = arguments.tensors
        for W in self.cleared:
            (W if type(W) is Tensor else tensors[W]).grad = None
        for W, gradient in zip(self.left, results[self.results :], strict=True):
            (W if type(W) is Tensor else tensors[W]).grad = np.asarray(gradient)
        return _filled(self.output, results)

    def _fill(self, arrays: list[Any]) -> None:
        """Set what differs from step to step among the step's parameters."""
        values = self.values
        if any(source.get() is not values[i] for source, i in self.sources) or any(
            optimizer.memories is not memories for optimizer, memories in self.memories
        ):
            self._bind()
        for number, i in self.arguments:
            array = arrays[number]
            # An argument that is an array of ours would change while it is read.
            if type(array) is np.ndarray and id(_owner(array)) in self.written:
                array = array.copy()
            values[i] = array
        for optimizer, offset, i in self.rates:
            values[i] = float(optimizer.schedule(optimizer.steps + offset))
        for optimizer, offset, i in self.counts:
            values[i] = optimizer.steps + offset

    def _inputs(self, inputs: list[Any], written: set[Node]) -> None:
        """Sort inputs by what they are, with their places among the step's parameters."""
        self.values: list[Any] = [None] * len(inputs)
        self.arguments: list[tuple[int, int]] = []
        self.sources: list[tuple[Source, int]] = []
        self.remembered: list[tuple[Any, str, int, int]] = []
        self.rates: list[tuple[Any, int, int]] = []
        self.counts: list[tuple[Any, int, int]] = []
        self.owning: set[int] = set()
        self.written: set[int] = set()
        self.memories: list[tuple[Any, Any]] = []
        optimizers = self.world.optimizers
        for i, x in enumerate(inputs):
            if not isinstance(x, Node):
                self.values[i] = x
                continue
            if x in written:
                self.owning.add(i)
            source = x.value
            if type(source) is not tuple:
                self.sources.append((source, i))
            elif source[0] == "argument":
                self.arguments.append((source[1], i))
            elif source[0] == "rate":
                self.rates.append((optimizers[source[1]], source[2], i))
            elif source[0] == "steps":
                self.counts.append((optimizers[source[1]], source[2], i))
            else:
                self.remembered.append((optimizers[source[1]], source[2], source[3], i))

    def _bind(self) -> None:
        """Take the arrays that tensors and optimisers hold now; copy those that are not ours."""
        found: list[tuple[int, Any, Callable[[Any], None]]] = [
            (i, source.get(), source.set) for source, i in self.sources
        ]
        for optimizer, name, j, i in self.remembered:
            found.append((i, optimizer.memories[name][j], _memory(optimizer, name, j)))
        read = {id(_owner(array)) for i, array, _ in found if i not in self.owning}
        for i, array, put in found:
            old = self.values[i]
            if old is not None and (array.shape != old.shape or array.dtype != old.dtype):
                raise StaleError
            if i in self.owning:
                ours = _owned.get(id(array)) is array and id(array) not in read
                own = array if ours else np.array(array, order="C")
                _owned[id(own)] = own
                read.add(id(own))
                if own is not array:
                    put(own)
                self.values[i] = own
            else:
                self.values[i] = array
        self.written = {id(self.values[i]) for i in self.owning}
        self.memories = [
            (o, o.memories) for o in {id(r[0]): r[0] for r in self.remembered}.values()
        ]


def _memory(optimizer: Any, name: str, j: int) -> Callable[[Any], None]:
    def put(array: Any) -> None:
        arrays = list(optimizer.memories[name])
        arrays[j] = array
        optimizer.memories = {**optimizer.memories, name: tuple(arrays)}

    return put


def _owner(array: Any) -> Any:
    return array if array.base is None else array.base


def _early(node: Node) -> bool:
    """Tell whether a refusal looks at arguments alone, so that it can come before the program."""
    return all(type(x.value) is tuple and x.value[0] == "argument" for x in node.reads())


def _names(program: Any, world: World) -> dict[Node, str]:
    names: dict[Node, str] = {}
    trained = {id(vars(W)): name for o in world.optimizers for name, W in o.parameters.items()}
    inputs = {x for node in program.nodes for x in node.reads()} | set(program.states)
    for node in (*inputs, *program.kept()):
        source = node.value
        if node.function != "input":
            continue
        if type(source) is not tuple:
            names[node] = trained.get(id(source.holder), source.name)
        elif source[0] == "argument":
            names[node] = ("x", "t")[source[1]] if source[1] < 2 else f"argument{source[1] + 1}"
        elif source[0] == "memory":
            part = world.optimizers[source[1]].memory[source[3]]
            names[node] = f"{source[2]}_{part}"
        else:
            names[node] = {"rate": "lr", "steps": "t"}[source[0]]
    return names


def _function(source: str, constants: list[Any], name: str) -> Callable[..., Any]:
    """Make the function, so that tracebacks and debuggers show its text."""
    file = f"<backlit.compile {name} {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"constants": constants, "__name__": f"backlit.compiled.{name}"}
    exec(compile(source, file, "exec"), scope)  # noqa: S102  (the text was written by `emit`)
    return scope["step"]  # type: ignore[no-any-return]


def _numbered(output: Any, known: dict[int, int]) -> Any:
    """Replace what is returned by its number among the results."""
    if type(output) is Returned:
        known[len(known)] = 0
        return _Slot(len(known) - 1, output.tensor)
    if type(output) is dict:
        return {key: _numbered(part, known) for key, part in output.items()}
    if type(output) in {tuple, list}:
        return type(output)(_numbered(part, known) for part in output)
    return output


class _Slot:
    def __init__(self, number: int, kind: str | None) -> None:
        self.number, self.kind = number, kind


def _filled(output: Any, results: tuple[Any, ...]) -> Any:
    if type(output) is _Slot:
        value = results[output.number]
        if output.kind == "tensor":
            return Tensor(np.asarray(value), requires_grad=False)
        return value[()] if output.kind == "scalar" else np.asarray(value)
    if type(output) is dict:
        return {key: _filled(part, results) for key, part in output.items()}
    if type(output) in {tuple, list}:
        return type(output)(_filled(part, results) for part in output)
    return output
