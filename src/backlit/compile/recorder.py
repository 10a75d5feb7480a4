"""Records what is done to traces, as a list of calls."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.functions import KNOWN, WEIGHING, spelled
from backlit.compile.node import Call, Node
from backlit.compile.place import Places, users_line
from backlit.compile.refusal import Untraceable
from backlit.compile.stand_in import stand_in
from backlit.compile.trace import Number, Steps, Trace, is_trace
from backlit.op import Op
from backlit.ops import ScatterAdd
from backlit.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.compile.world import Source

__all__ = ["Recorder", "same_bits"]

_run_eagerly = Op.run


class Recorder:
    """One trace of a function.

    Parameters
    ----------
    layers
        Names of layers, by their id.
    rates
        For each optimiser, its schedule and the steps it has taken.
    trained
        Names of parameters, by the id of their tensor's attributes.
    """

    def __init__(
        self, layers: dict[int, str], rates: list[tuple[Any, int]], trained: dict[int, str]
    ) -> None:
        self.nodes: list[Node] = []
        self.calls: list[Call] = []
        self.places = Places(layers)
        self.rates = rates
        self.trained = trained
        self.failure: Untraceable | None = None
        self.inputs: dict[Any, Node] = {}
        self.constants: dict[int, tuple[Any, Node]] = {}
        self.generators: dict[int, tuple[Any, Any]] = {}

    def refused(self, what: str, way_out: str) -> Untraceable:
        """Return the error for what a program can't hold, with the user's line."""
        # Kept too: the function may catch what is raised here.
        failure = Untraceable(f"{users_line()}: it {what}; {way_out}.")
        self.failure = self.failure or failure
        return failure

    # Inputs

    def input(self, source: Source | tuple[Any, ...], value: Any) -> Trace:
        """Return the trace of an array that every step receives anew."""
        return Trace(self, self._input(source, value), value)

    def rate(self, optimizer: int, offset: int) -> Number:
        """Return the learning rate after ``offset`` steps of this one function call."""
        schedule, steps = self.rates[optimizer]
        value = float(schedule(steps + offset))
        return Number(self, self._input(("rate", optimizer, offset), value), value)

    def steps(self, optimizer: int, offset: int) -> Steps:
        """Return the number of steps taken, ``offset`` of them in this one function call."""
        value = self.rates[optimizer][1] + offset
        node = self._input(("steps", optimizer, offset), value)
        return Steps(self, node, value, optimizer, offset)

    def _input(self, source: Any, value: Any) -> Node:
        node = self.inputs.get(source)
        if node is None:
            weak = type(value) in {int, float}
            node = Node(
                "input",
                shape=np.shape(value),
                dtype=None if weak else value.dtype,
                value=source,
            )
            self.inputs[source] = node
        return node

    # Calls

    def ufunc(self, ufunc: np.ufunc, method: str, inputs: Any, options: dict[str, Any]) -> Any:
        """Record a call of a ufunc."""
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        if options.get("out") is not None and any(x is not None for x in options["out"]):
            raise self.refused(
                f"writes into an array in place (np.{name} with out=, or an operator like +=)",
                "bind the result to a name instead: x = x + y",
            )
        known = getattr(np, ufunc.__name__, None) is ufunc and method in {"__call__", "reduce"}
        if not known or ufunc.nout != 1 or ("where" in options):
            raise self.refused(f"calls np.{name} in a way that can't be compiled", _ANOTHER)
        call = ufunc if method == "__call__" else ufunc.reduce
        return self._call(f"np.{name}", call, inputs, options)

    def function(self, function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Record a call of a NumPy function."""
        if function in WEIGHING:  # asks for a shape or dtype: the same in every step
            return function(*_values(args), **{k: _values(v) for k, v in kwargs.items()})
        if function not in KNOWN or (function is np.where and len(args) + len(kwargs) == 1):
            name = getattr(function, "__name__", repr(function))
            raise self.refused(f"calls np.{name}, which can't be compiled", _ANOTHER)
        if kwargs.get("out") is not None:
            raise self.refused("writes into an array in place (out=)", "use what is returned")
        args, kwargs = KNOWN[function](*args, **kwargs)
        kwargs.pop("out", None)
        return self._call(spelled(function), function, args, kwargs)

    def item(self, x: Trace, index: Any) -> Any:
        """Record ``x[index]``."""
        for part in index if isinstance(index, tuple) else (index,):
            if is_trace(part) and part.dtype.kind == "b":
                raise self.refused(
                    "picks elements by a computed mask, so how many there are differs from step "
                    "to step",
                    "use np.where(mask, x, 0)",
                )
        return self._call("getitem", _item, (x, index), {})

    def astype(self, x: Trace, dtype: np.dtype[Any]) -> Any:
        """Record a conversion."""
        return self._call("astype", _astype, (x, dtype), {})

    def python(self, function: Callable[..., Any], symbol: str, x: Any, y: Any) -> Number:
        """Record an operation on Python numbers."""
        value = function(_values(x), _values(y))
        node = self._node(symbol, (x, y), {}, value, weak=True)
        return Number(self, node, value)

    def run(self, op: Op, *inputs: Any) -> Any:
        """Apply an op, reading its ``forward`` on traces."""
        if not any(map(is_trace, inputs)):
            return _run_eagerly(op, *inputs)
        inputs = _floats(op, inputs)
        values = [_values(x) for x in inputs]
        if op.refuse is not None:
            op.refuse(*values)
            self._keep_refusal(op, inputs)
        if type(op) is ScatterAdd:
            return self._call("scatter", _scatter, (*inputs, op.index, op.shape), {})
        if not op.opens:  # its text writes in place, so the program calls it as it is
            return self._call("whole", _whole, (op, *inputs), {})
        drawing = {k: v for k, v in vars(op).items() if isinstance(v, np.random.Generator)}
        reader = op
        if drawing:
            reader = copy.copy(op)
            vars(reader).update({k: _Drawing(self, rng) for k, rng in drawing.items()})
        try:
            output = reader.forward(*inputs)
        except (ValueError, TypeError, IndexError) as error:
            raise op.explain(error, tuple(values)) from error
        if is_trace(output):
            self._keep_call(op, inputs, output)
        return output

    def draw(self, rng: np.random.Generator, method: str, args: Any, options: Any) -> Any:
        """Record random numbers: every step draws its own."""
        if id(rng) not in self.generators:
            self.generators[id(rng)] = rng, copy.deepcopy(rng.bit_generator.state)
        value = getattr(rng, method)(*_values(args), **{k: _values(v) for k, v in options.items()})
        if not isinstance(value, np.ndarray):
            raise self.refused(
                f"draws one random number (rng.{method})", "draw an array of the shape you need"
            )
        node = self._node("draw", (rng, method, *args), options, value)
        return Trace(self, node, value)

    def node_of(self, value: Any) -> Node:
        """Return the node of a trace, or that of a constant."""
        if is_trace(value):
            if value.recorder is not self:
                raise self.refused("uses a value of another trace", "compute it anew in each call")
            return value.node  # type: ignore[no-any-return]
        known = self.constants.get(id(value))
        # What was written into since it was read is another constant.
        if known is None or not same_bits(known[1].value, value):
            copied = value.copy()
            node = Node("constant", shape=value.shape, dtype=value.dtype, value=copied)
            known = self.constants[id(value)] = value, node  # holds it, so the id stays its own
        return known[1]

    def _keep_call(self, op: Op, inputs: tuple[Any, ...], output: Trace) -> None:
        """Note which values an op's call takes and gives, and later those of its way back."""
        saved = {name: x.node for name, x in vars(op).items() if is_trace(x)}
        operands = tuple(self.node_of(x if is_trace(x) else np.asarray(x)) for x in inputs)
        self.calls.append(Call(op, "forward", operands, (output.node,), saved))
        if "backward" in vars(op):
            return
        backward = op.backward

        def kept(*dz: Any, **options: Any) -> Any:
            gradients = backward(*dz, **options)
            if len(dz) == 1 and isinstance(dz[0], np.ndarray) and not options:
                each = gradients if type(gradients) is tuple else (gradients,)
                wanted = [x.requires_grad for x in op.inputs] or [True] * len(each)
                found = tuple(
                    g.node if is_trace(g) and asked else None
                    for g, asked in zip(each, wanted, strict=False)
                )
                self.calls.append(Call(op, "backward", (self.node_of(dz[0]),), found))
                for operand, result in zip(operands, found, strict=False):
                    if result is not None and not result.name and not result.given:
                        result.name = self._gradient_name(operand)
            return gradients

        vars(op)["backward"] = kept

    def _gradient_name(self, operand: Node) -> str:
        """Name the gradient of a value by the layer or the parameter that it is of."""
        source = operand.value
        if operand.function != "input":
            name = operand.place.name
        elif type(source) is tuple:
            name = ""
        else:
            name = self.trained.get(id(source.holder), source.name)
        return f"d_{name}" if name else ""

    def _keep_refusal(self, op: Op, inputs: tuple[Any, ...]) -> None:
        """Have every step ask whether the op refuses, if that depends on values."""
        looked_at: set[int] = set()
        while True:
            spies = [
                _values(x) if i in looked_at or not is_trace(x) else _Outline(i, _values(x))
                for i, x in enumerate(inputs)
            ]
            try:
                op.refuse(*spies)  # type: ignore[misc]
            except _LookedAtError as error:
                looked_at.add(error.index)
                continue
            break
        if looked_at:
            parts = tuple(
                x if i in looked_at else _values(x) if not is_trace(x) else _Outline(i, _values(x))
                for i, x in enumerate(inputs)
            )
            self._node("refuse", (op, parts), {}, np.zeros(()))

    def _call(self, name: str, function: Any, args: Any, options: dict[str, Any]) -> Any:
        known, settings = _values(tuple(args)), {k: _values(v) for k, v in options.items()}
        value = quiet(stand_in, name, known, settings)
        if value is None:
            value = quiet(_called, function, known, settings)
        if not isinstance(value, (np.ndarray, np.generic)):
            raise self.refused(f"calls {name}, which does not return one array", _ANOTHER)
        return Trace(self, self._node(name, args, options, value), value)

    def _node(self, name: str, args: Any, options: Any, value: Any, weak: bool = False) -> Node:
        node = Node(
            name,
            self._operands(tuple(args)),
            {key: _static(self, option) for key, option in options.items()},
            np.shape(value),
            None if weak else value.dtype,
            place=self.places.here(),
        )
        self.nodes.append(node)
        return node

    def _operands(self, value: Any) -> Any:
        if is_trace(value) or isinstance(value, (np.ndarray, np.generic)):
            return self.node_of(value)
        if type(value) in {list, tuple}:
            return type(value)(map(self._operands, value))
        return value


class _Drawing:
    """A generator in a trace."""

    def __init__(self, recorder: Recorder, rng: np.random.Generator) -> None:
        self.recorder, self.rng = recorder, rng

    def __getattr__(self, method: str) -> Any:
        return lambda *args, **options: self.recorder.draw(self.rng, method, args, options)


class _LookedAtError(Exception):
    """A refusal looked at values, and not only at shapes."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class _Outline:
    """An array without values: a shape and a dtype."""

    def __init__(self, index: int, value: Any) -> None:
        self._index = index
        self.shape, self.dtype = np.shape(value), value.dtype
        self.ndim, self.size = len(self.shape), int(np.size(value))

    def _look(self, *_: Any, **__: Any) -> Any:
        raise _LookedAtError(self._index)

    def __getattr__(self, name: str) -> Any:
        return self._look()

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in {np.shape, np.ndim, np.size}:
            return getattr(self, function.__name__)
        return self._look()

    __array_ufunc__ = __array__ = __getitem__ = __bool__ = __float__ = __len__ = __iter__ = _look
    __lt__ = __le__ = __gt__ = __ge__ = _look
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = _look


_ANOTHER = "write it with other functions, or compute it outside"


def same_bits(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal, ``nan`` being equal to ``nan``."""
    return (
        a.shape == b.shape
        and a.dtype == b.dtype
        and np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()
    )


def _values(x: Any) -> Any:
    if is_trace(x):
        return x.value
    if type(x) in {list, tuple}:
        return type(x)(map(_values, x))
    return x


def _floats(op: Op, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Make integers floats where the op asks for that, as :meth:`Op.run` does."""
    if not op.floating or not any(np.asarray(_values(x)).dtype.kind in "iub" for x in inputs):
        return inputs
    arrays = [x if is_trace(x) else np.asarray(x) for x in inputs]
    return tuple(
        x.astype(np.dtype(np.float64)) if x.dtype.kind in "iub" and text is not None else x
        for x, text in zip(arrays, op.gradients.values(), strict=True)
    )


def _static(recorder: Recorder, option: Any) -> Any:
    if is_trace(option):
        raise recorder.refused("passes a computed value as an option", _ANOTHER)
    return option


def _called(function: Any, args: Any, options: Any) -> Any:
    return function(*args, **options)


def _item(x: Any, index: Any) -> Any:
    return x[index]


def _astype(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


def _whole(op: Op, *inputs: Any) -> Any:
    return copy.copy(op).forward(*inputs)


def _scatter(x: Any, index: Any, shape: Any) -> Any:
    return ScatterAdd(index, shape).forward(np.asarray(x))
