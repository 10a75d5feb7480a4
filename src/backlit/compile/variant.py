"""A program bound to the arrays it works on, for arguments of one kind."""

from __future__ import annotations

import linecache
from itertools import count
from types import CellType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from backlit.compile.buffers import plan
from backlit.compile.emit import emit
from backlit.compile.inline import with_inlined
from backlit.compile.node import Node
from backlit.compile.output import filled, numbered
from backlit.compile.passes import optimised
from backlit.compile.threads import chosen_threads, set_threads
from backlit.errors import BacklitError
from backlit.gather import room, rows_of, taken
from backlit.ops import SoftmaxCrossEntropy
from backlit.quiet import mute, unmute
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    from backlit.compile.capture import Capture
    from backlit.compile.over import Stacked
    from backlit.compile.world import Source, World
    from backlit.op import Op

    _Refusal: TypeAlias = tuple[Op, list[Any]]

__all__ = ["StaleError", "Variant"]

_numbers = count(1)
_owned: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""Arrays that programs write into. Programs of one net share them, users' arrays are not there."""


class StaleError(Exception):
    """An array was replaced by one of another shape or dtype."""


class Variant:
    """One compiled program, ready to run."""

    def __init__(
        self,
        found: Capture,
        world: World,
        name: str,
        kinds: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...] | None,
        threads: int | None,
    ) -> None:
        self.read = found.program
        self.program = program = optimised(found.program, threads)
        self.kinds = kinds
        self.threads = chosen_threads(program, threads)
        self.world = world  # held, so that the identities in its key stay theirs
        self.output = numbered(found.output)
        self.cleared = [W for W in found.cleared if type(W) is Tensor]
        self.cleared_arguments = [i for i in found.cleared if type(i) is int]
        self.taken = [(o, n) for o, n in zip(world.optimizers, found.taken, strict=True) if n]
        early = [node for node in program.nodes if node.function == "refuse" and _early(node)]
        self.room: list[list[NDArray[Any]]] | None = None
        self.refusals: list[_Refusal] = [
            (op, [_Argument(p.value[1]) if isinstance(p, Node) else p for p in parts])
            for op, parts in (node.operands for node in early)
        ]
        program.nodes = [node for node in program.nodes if node not in early]
        program, inlined = with_inlined(program)
        names = _names(program, world)
        title = f"{name}, compiled{' for one BLAS thread' * (self.threads == 1)}."
        text = emit(program, plan(program), inlined, names, title)
        self.source, self.program.names = text.source, text.names
        self.step = _function(text.source, text.constants, name)
        self.results = len(program.results)
        self.left = [found.left[i] for i in program.gradients]
        self._inputs(text.inputs, set(program.states))

    def takes(self, args: tuple[Any, ...]) -> bool:
        """Tell whether these are arrays of the shapes and dtypes that the program is for."""
        kinds = self.kinds
        if kinds is None or len(args) != len(kinds):
            return False
        for x, (shape, dtype) in zip(args, kinds, strict=True):
            if type(x) is not np.ndarray or x.shape != shape or x.dtype != dtype:
                return False
        return True

    def __call__(self, arrays: Sequence[Any], tensors: Sequence[Tensor] = ()) -> Any:
        """Run the program on the arrays of its arguments; ``tensors`` are those that hold some."""
        self._refuse(self.refusals, arrays)
        self._fill(arrays)
        token, before = mute(), set_threads(self.threads)
        try:
            results = self.step(*self.values)
        finally:
            set_threads(before)
            unmute(token)
        for W in self.cleared:
            W.grad = None
        for i in self.cleared_arguments:
            tensors[i].grad = None
        self._leave(results, tensors)
        return filled(self.output, results)

    def many(
        self, samples: Sequence[NDArray[Any]], batches: NDArray[np.intp], stacked: Stacked
    ) -> None:
        """Run the program for each batch of rows of the samples, ``(S, B)``.

        Right after a call, so that all it reaches is as the call found and left it.
        """
        if self.room is None:
            self.room = [room(shape, dtype) for shape, dtype in self.kinds or ()]
        # Labels are few numbers: those of all batches are taken, and looked at, at once. But what
        # the program itself writes is read at each step.
        labels = {
            i: rows_of(array, batches)
            for i, array in enumerate(samples)
            if array.ndim == 1 and id(_owner(array)) not in self.written
        }
        columns = [
            iter(labels[i]) if i in labels else taken(array, batches, self.room[i])
            for i, array in enumerate(samples)
        ]
        refusals = [r for r in self.refusals if not _passes(r, labels)]
        values = self.values
        token, before = mute(), set_threads(self.threads)
        try:
            for arrays in zip(*columns, strict=True):
                self._refuse(refusals, arrays)
                for number, i in self.arguments:
                    values[i] = arrays[number]
                self._count()
                results = self.step(*values)
                stacked.put(results)
                self._leave(results, ())
        finally:
            set_threads(before)
            unmute(token)

    def _refuse(self, refusals: list[_Refusal], arrays: Sequence[Any]) -> None:
        for op, parts in refusals:
            op.refuse(*[arrays[p] if type(p) is _Argument else p for p in parts])  # type: ignore[misc]

    def _leave(self, results: Sequence[Any], tensors: Sequence[Tensor]) -> None:
        """Leave behind what a step leaves: steps taken, and gradients."""
        for optimizer, steps in self.taken:
            optimizer.steps += steps
        if self.left:
            for whose, gradient in zip(self.left, results[self.results :], strict=True):
                holder = whose if type(whose) is Tensor else tensors[whose]
                holder.grad = np.asarray(gradient)

    def _fill(self, arrays: Sequence[Any]) -> None:
        """Set what differs from step to step among the step's parameters."""
        values = self.values
        for holder, key, i in self.kept:
            if holder[key] is not values[i]:
                self._bind()
                break
        else:
            for optimizer, memories in self.memories:
                if optimizer.memories is not memories:
                    self._bind()
                    break
        for number, i in self.arguments:
            array = arrays[number]
            # An argument that is an array of ours would change while it is read.
            if type(array) is np.ndarray:
                owner = array if array.base is None else array.base
                if id(owner) in self.written:
                    array = array.copy()
            values[i] = array
        self._count()

    def _count(self) -> None:
        """Set what depends on the number of steps taken."""
        for optimizer, offset, i in self.rates:
            self.values[i] = float(optimizer.schedule(optimizer.steps + offset))
        for optimizer, offset, i in self.counts:
            self.values[i] = optimizer.steps + offset

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
        self.kept = [
            (_Cell(s.holder), None, i) if type(s.holder) is CellType else (s.holder, s.key, i)
            for s, i in self.sources
        ]
        self.memories = [
            (o, o.memories) for o in {id(r[0]): r[0] for r in self.remembered}.values()
        ]


class _Argument(int):
    """The number of an argument, where any value may stand."""


class _Cell:
    """The variable of an outer function, read as an element."""

    def __init__(self, cell: CellType) -> None:
        self.cell = cell

    def __getitem__(self, key: None) -> Any:
        return self.cell.cell_contents


def _memory(optimizer: Any, name: str, j: int) -> Callable[[Any], None]:
    def put(array: Any) -> None:
        arrays = list(optimizer.memories[name])
        arrays[j] = array
        optimizer.memories = {**optimizer.memories, name: tuple(arrays)}

    return put


def _owner(array: Any) -> Any:
    return array if array.base is None else array.base


def _passes(refusal: _Refusal, labels: dict[int, NDArray[Any]]) -> bool:
    """Tell whether no batch will be refused, where that can be asked of all of them at once.

    ``labels`` are those of all batches, ``(S, B)``, by the number of the argument.
    """
    op, (x, t) = refusal[0], refusal[1][:2]
    if type(op) is not SoftmaxCrossEntropy or type(x) is _Argument:
        return False
    if type(t) is not _Argument or t not in labels:
        return False
    logits = np.broadcast_to(np.zeros(()), (len(labels[t]), *x.shape))
    try:
        op.refuse(logits, labels[t])
    except BacklitError:
        return False  # found again at its step, which those before it are to reach
    return True


def _early(node: Node) -> bool:
    """Tell whether a refusal looks at arguments alone, so that it can come before the program."""
    return all(type(x.value) is tuple and x.value[0] == "argument" for x in node.reads())


def _names(program: Any, world: World) -> dict[Node, str]:
    """Return the names of inputs; those of trained parameters come first, in their order."""
    names: dict[Node, str] = {}
    trained = world.trained()
    read = [x for node in program.nodes for x in node.reads()]
    for node in dict.fromkeys((*read, *program.states, *program.kept())):
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
    order = {name: i for i, name in enumerate(trained.values())}
    return dict(sorted(names.items(), key=lambda item: order.get(item[1], len(order))))


def _function(source: str, constants: list[Any], name: str) -> Callable[..., Any]:
    """Make the function, so that tracebacks and debuggers show its text."""
    file = f"<backlit.compile {name} {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"constants": constants, "__name__": f"backlit.compiled.{name}"}
    exec(compile(source, file, "exec"), scope)  # noqa: S102  (the text was written by `emit`)
    return scope["step"]  # type: ignore[no-any-return]
