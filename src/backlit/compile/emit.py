"""Writes a program as the text of a Python function."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Any

import numpy as np

from backlit.compile.buffers import Buffer, Plan
from backlit.compile.functions import VIEWS
from backlit.compile.node import Node, Place, Program

__all__ = ["Text", "emit"]

_WIDTH = 100
_TAKEN = {*keyword.kwlist, *dir(builtins), "np", "step", "constants"}
_REDUCTIONS = {
    "np.sum": "np.add.reduce",
    "np.max": "np.maximum.reduce",
    "np.min": "np.minimum.reduce",
    "np.prod": "np.multiply.reduce",
}
_RESHAPES = {"np.reshape", "np.expand_dims", "np.squeeze", "np.ravel"}
_PRINTED = 16
"""Arrays of up to so many elements are written out."""


class Text:
    """The text of a program, and what it does not say itself.

    Attributes
    ----------
    source
        A module with one function, ``step``.
    inputs
        What ``step`` takes, in order: input nodes, generators and ops that may refuse.
    constants
        Arrays too large to be written out; the module finds them under this name.
    """

    def __init__(self, source: str, inputs: list[Any], constants: list[Any]) -> None:
        self.source, self.inputs, self.constants = source, inputs, constants


def emit(program: Program, plan: Plan, names: dict[Node, str], title: str) -> Text:
    """Write ``program`` with the memory of ``plan``.

    Parameters
    ----------
    program, plan
        What to write.
    names
        Names of inputs, as the user knows them.
    title
        The first line of the docstring.
    """
    return _Writer(program, plan, names).text(title)


class _Writer:
    def __init__(self, program: Program, plan: Plan, names: dict[Node, str]) -> None:
        self.program, self.plan, self.given = program, plan, names
        self.names: dict[Any, str] = {}
        self.used: set[str] = set()
        self.constants: list[Any] = []
        self.preamble: list[str] = []
        self.inputs: list[Any] = []
        self.lines: list[str] = []
        ends = {node.place: node for node in program.nodes if not node.effect}
        self.last = set(ends.values())

    def text(self, title: str) -> Text:
        """Return all of it."""
        for node in self._inputs():
            self._name(node, self.given.get(node, "x"))
            self.inputs.append(node)
        for buffer in self.plan.buffers:
            self._name(buffer, buffer.name)
            self.preamble.append(
                f"{self.names[buffer]} = np.empty({buffer.shape}, {_dtype(buffer.dtype)})"
            )
        place = None
        for node in self.program.nodes:
            here = node.place.phase, node.place.name, node.place.call
            if here != place and node.function != "refuse":
                self.lines += [*([""] if self.lines else []), f"# {_heading(node.place)}"]
                place = here
            self._write(node)
        self._finish()
        head = _signature(
            [self.names[id(x) if not isinstance(x, Node) else x] for x in self.inputs]
        )
        body = [f"    {line}" if line else "" for line in self.lines]
        source = "\n".join(
            [
                f'"""{title}"""',
                "",
                "import numpy as np",
                "",
                *self.preamble,
                "",
                "",
                *head,
                *body,
                "",
            ]
        )
        return Text(re.sub(r"\n{4,}", "\n\n\n", source), self.inputs, self.constants)

    def _inputs(self) -> list[Node]:
        found: dict[Node, None] = {}
        for node in self.program.nodes:
            found |= dict.fromkeys(x for x in node.reads() if x.function == "input")
        for x in (*self.program.kept(), *self.program.states):
            if x.function == "input":
                found[x] = None
        order = {"argument": 0, "rate": 2, "steps": 3}
        return sorted(
            found,
            key=lambda x: (
                (order.get(x.value[0], 1), x.value[1])
                if type(x.value) is tuple and x.value[0] in order
                else (1, 0)
            ),
        )

    # Statements

    def _write(self, node: Node) -> None:
        home = self.plan.homes.get(node)
        operands = node.operands
        if node.function == "refuse":
            op, parts = operands
            self.lines.append(f"{self._extra(op, op.name)}.refuse{self._expression(parts)}")
            return
        if node.function == "draw":
            rng, method, *arguments = operands
            written = [self._expression(x) for x in arguments]
            written += [f"{k}={self._expression(v)}" for k, v in node.options.items()]
            call = f"{self._extra(rng, 'rng')}.{method}"
            if home is not None:
                written = [w for w in written if w.startswith("dtype=")]
                written.append(f"out={self._home(home)}")
            self._assign(node, f"{call}({', '.join(written)})")
            return
        if node.function == "scatter":
            self._scatter(node, home)
            return
        if home is not None and node.function in {"np.where", "astype"}:
            self._copy(node, home)
            return
        self._assign(node, self._call(node, home))

    def _copy(self, node: Node, home: Buffer | Node) -> None:
        """Write what has no ``out=`` in NumPy."""
        out = self._home(home)
        operands = [self._expression(x) for x in node.operands]
        if node.function == "np.where":
            self.lines.append(f"np.copyto({out}, {operands[2]})")
            self.lines.append(f"np.copyto({out}, {operands[1]}, where={self._mask(node)})")
        else:
            self.lines.append(f'np.copyto({out}, {operands[0]}, casting="unsafe")')
        self._assign(node, out)

    def _scatter(self, node: Node, home: Buffer | Node | None) -> None:
        x, index, shape = node.operands
        if home is None:
            self._assign(node, f"np.zeros({shape}, {_dtype(node.dtype)})")
        else:
            self.lines.append(f"{self._home(home)}.fill(0)")
            self._assign(node, self._home(home))
        written = self._index(index)
        if _once(index):
            self.lines.append(f"{self.names[node]}[{written}] = {self._expression(x)}")
        else:
            at = f"({written})" if isinstance(index, tuple) else written
            self.lines.append(f"np.add.at({self.names[node]}, {at}, {self._expression(x)})")

    def _mask(self, node: Node) -> str:
        mask = node.operands[0]
        written = self._expression(mask)
        boolean = isinstance(mask, Node) and mask.dtype == np.bool_
        return written if boolean else f"np.asarray({written}, bool)"

    def _call(  # noqa: PLR0911  (one for each spelling)
        self, node: Node, home: Buffer | Node | None
    ) -> str:
        function, operands = node.function, node.operands
        if function in {"+", "-", "*", "/", "**"}:
            return f"{self._expression(operands[0])} {function} {self._expression(operands[1])}"
        if function == "getitem":
            return f"{self._expression(operands[0])}[{self._index(operands[1])}]"
        if function == "astype":
            return f"{self._expression(operands[0])}.astype({_dtype(node.dtype)})"
        if function in _RESHAPES:
            return f"{self._expression(operands[0])}.reshape({node.shape})"
        if function == "np.transpose" and (len(operands) < 2 or operands[1] is None):
            return f"{self._expression(operands[0])}.T"
        if function == "np.swapaxes" and len(node.shape) == 2 and operands[1] != operands[2]:
            return f"{self._expression(operands[0])}.T"
        written = [self._expression(x) for x in operands]
        written += [f"{k}={self._expression(v)}" for k, v in node.options.items()]
        if home is not None:
            written.append(f"out={self._home(home)}")
        return f"{_REDUCTIONS.get(function, function)}({', '.join(written)})"

    def _assign(self, node: Node, expression: str) -> None:
        home = self.plan.homes.get(node)
        if isinstance(home, Node):  # a parameter's new value goes by the parameter's name
            self.names[node] = self.names[home]
            if expression != self.names[home]:
                self.lines.append(self._with_shape(expression, node))
            return
        self._name(node, _title(node, node in self.last))
        self.lines.append(self._with_shape(f"{self.names[node]} = {expression}", node))

    def _with_shape(self, line: str, node: Node) -> str:
        if node.weak:
            return line
        shaped = f"{line}  # {node.shape}"
        return shaped if len(shaped) <= _WIDTH - 4 else line

    def _finish(self) -> None:
        """Write the copies at the end, and what is returned."""
        pairs = []
        if self.plan.copied:
            self.lines += ["", "# new values"]
        states = set(self.program.states)
        for state, new in self.plan.copied:
            written = self._expression(new)
            if not isinstance(self.plan.homes.get(new), Buffer) and (
                new.given or states & set(_roots(new))
            ):
                self._name(copied := object(), "copied")
                self.lines.append(f"{self.names[copied]} = np.copy({written})")
                written = self.names[copied]
            pairs.append((self.names[state], written))
        self.lines += [f"np.copyto({state}, {written})" for state, written in pairs]
        results = [
            self._result(x) for x in (*self.program.results, *self.program.gradients.values())
        ]
        self.lines += ["", f"return ({', '.join(results)}{',' * (len(results) == 1)})"]

    def _result(self, node: Node) -> str:
        written = self._expression(node)
        fresh = not node.given and (not node.shape or not _roots(node)[1:])
        fresh = fresh and node not in self.plan.homes
        return written if fresh else f"np.copy({written})"

    # Expressions

    def _expression(self, value: Any) -> str:  # noqa: PLR0911  (one for each kind)
        if isinstance(value, Node):
            if value.function == "constant" and value not in self.names:
                self._constant(value)
            return self.names[value]
        if isinstance(value, tuple):
            inner = ", ".join(map(self._expression, value))
            return f"({inner}{',' * (len(value) == 1)})"
        if isinstance(value, list):
            return f"[{', '.join(map(self._expression, value))}]"
        if isinstance(value, np.dtype) or (
            isinstance(value, type) and issubclass(value, np.generic)
        ):
            return _dtype(np.dtype(value))
        if isinstance(value, float) and not np.isfinite(value):
            return f'float("{value}")'
        if isinstance(value, (bool, int, float, str, type(None), type(Ellipsis))):
            return "..." if value is Ellipsis else repr(value)
        if isinstance(value, slice):
            return repr(value)
        return self._extra(value, type(value).__name__.lower())

    def _index(self, index: Any) -> str:
        parts = index if isinstance(index, tuple) else (index,)
        return ", ".join(map(self._part, parts)) + "," * (
            len(parts) == 1 and isinstance(index, tuple)
        )

    def _part(self, part: Any) -> str:
        if isinstance(part, slice):
            ends = ["" if x is None else self._expression(x) for x in (part.start, part.stop)]
            step = "" if part.step is None else f":{self._expression(part.step)}"
            return f"{ends[0]}:{ends[1]}{step}"
        return self._expression(part)

    def _constant(self, node: Node) -> None:
        value = node.value
        self._name(node, "constant1")
        name = self.names[node]
        self.preamble.append(f"{name} = {self._literal(np.asarray(value))}")

    def _literal(self, array: Any) -> str:
        dtype = _dtype(array.dtype)
        if array.ndim == 0:
            number = repr(array.item())
            number = number if np.isfinite(array) else f'"{number}"'
            return f"{dtype}({number})"
        counts = array.ndim == 1 and array.dtype == np.arange(1).dtype and array.size
        if counts and np.array_equal(array, np.arange(array.size)):
            return f"np.arange({array.size})"
        if array.size and np.isfinite(array).all() and (array == array.flat[0]).all():
            return f"np.full({array.shape}, {array.flat[0].item()!r}, {dtype})"
        if array.size <= _PRINTED and array.size and np.isfinite(array).all():
            return f"np.array({array.tolist()!r}, {dtype})"
        self.constants.append(array)
        return f"constants[{len(self.constants) - 1}]  # {array.shape}, {array.dtype}"

    def _extra(self, value: Any, name: str) -> str:
        """Name something that is handed to the step besides arrays: a generator, an op."""
        if id(value) not in self.names:
            self._name(id(value), name)
            self.inputs.append(value)
        return self.names[id(value)]

    def _home(self, home: Buffer | Node) -> str:
        return self.names[home]

    def _name(self, thing: Any, wanted: str) -> None:
        wanted = re.sub(r"\W+", "_", wanted).strip("_") or "x"
        if wanted[0].isdigit():
            wanted = f"x{wanted}"
        name, number = wanted, 1
        while name in self.used or name in _TAKEN:
            number += 1
            stem = re.sub(r"\d+$", "", wanted)
            name = f"{stem}{number}" if stem != wanted else f"{wanted}_{number}"
        self.used.add(name)
        self.names[thing] = name


def _title(node: Node, last: bool) -> str:
    """Name a value: the output of an op by the layer, all else by the call, numbered."""
    call = node.function.removeprefix("np.").partition(".")[0]
    call = {"*": "times", "/": "over", "+": "plus", "-": "minus", "**": "power"}.get(call, call)
    if node.place.phase == "forward" and last and node.place.name:
        return node.place.name
    return f"d_{call}1" if node.place.phase == "backward" else f"{call}1"


def _heading(place: Place) -> str:
    what = f": {place.text}" if place.text else ""
    if place.phase == "update":
        return f"update {place.name}{what}" if place.name else f"update{what}"
    if place.phase == "backward":
        return f"{place.name}, backward" if place.name else "backward"
    return f"{place.name}{what}" if place.name else "forward"


def _signature(names: list[str]) -> list[str]:
    line = f"def step({', '.join(names)}):"
    if len(line) <= _WIDTH:
        return [line]
    lines = ["def step("]
    current = "   "
    for name in names:
        if len(current) + len(name) + 2 > _WIDTH:
            lines.append(current)
            current = "   "
        current += f" {name},"
    return [*lines, current, "):"]


def _dtype(dtype: Any) -> str:
    return f"np.{np.dtype(dtype).type.__name__}"


def _roots(node: Node) -> list[Node]:
    """Return a value and those whose memory it may share."""
    found = [node]
    while found[-1].function in VIEWS:
        found.append(found[-1].operands[0])
    return found


def _once(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, (int, np.integer, slice)) for p in parts)
