"""Writes a program as the text of a Python function."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlit.compile.buffers import Buffer, Plan
from backlit.compile.functions import VIEWS
from backlit.compile.node import Node, Place, Program
from backlit.compile.spelling import Spelling, dtype_name, is_number

__all__ = ["Text", "emit"]

_WIDTH = 100
_BLAS = "backlit.compile.blas"
_KERNELS = "backlit.compile.layout.kernels"
_FIRST = {"argument": 0, "rate": 2, "steps": 3}


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
    names
        What inputs, constants and values are called in the source.
    """

    def __init__(
        self, source: str, inputs: list[Any], constants: list[Any], names: dict[Node, str]
    ) -> None:
        self.source, self.inputs, self.constants, self.names = source, inputs, constants, names


def emit(
    program: Program, plan: Plan, inlined: set[Node], names: dict[Node, str], title: str
) -> Text:
    """Write ``program`` with the memory of ``plan``.

    Parameters
    ----------
    program, plan
        What to write.
    inlined
        What is written within the line that reads it.
    names
        Names of inputs, as the user knows them, in the order in which the step takes them.
    title
        The first line of the docstring.
    """
    return _Writer(program, plan, inlined, names).text(title)


class _Writer:
    def __init__(
        self, program: Program, plan: Plan, inlined: set[Node], names: dict[Node, str]
    ) -> None:
        self.program, self.plan, self.given = program, plan, names
        self.spell = Spelling(inlined)
        self.names = self.spell.names
        self.preamble: list[str] = []
        self.lines: list[str] = []
        kernels = [node.value for node in program.nodes if node.function == "kernel"]
        self.imports = {name for kernel in kernels for name in kernel.imports}
        self.spell.used |= {*self.imports, "subtract_product"}
        self.fuses = False
        self.parts: dict[Node, dict[int, Node]] = {}
        for node in program.nodes:
            if node.function == "part":
                self.parts.setdefault(node.operands[0], {})[node.operands[1]] = node
        ends = {node.place: node for node in program.nodes if not node.effect}
        self.last = set(ends.values())

    def text(self, title: str) -> Text:
        """Return all of it."""
        inputs: list[Any] = self._inputs()
        for node in inputs:
            self.spell.name(node, self.given.get(node, "x"))
        self._buffers()
        self._numbers(inputs)
        place = None
        for node in self.program.nodes:
            before = len(self.lines)
            self._write(node)
            here = _heading(node.place)
            if len(self.lines) > before and node.function != "refuse" and here != place:
                self.lines.insert(before, f"# {here}")
                place = here
        self._finish()
        inputs += self.spell.extras
        head = _signature([self.names[x if isinstance(x, Node) else id(x)] for x in inputs])
        body = [f"    {line}" if line else "" for line in self.lines]
        source = "\n".join(
            [
                f'"""{title}"""',
                "",
                *["import math", ""] * self.spell.uses_math,
                "import numpy as np",
                *self._imported(),
                "",
                *self.preamble,
                *_packed(self.spell.constants),
                "",
                "",
                *head,
                *body,
                "",
            ]
        )
        names = {x: name for x, name in self.names.items() if isinstance(x, Node)}
        return Text(source.replace("\n\n\n\n", "\n\n\n"), inputs, self.spell.large, names)

    def _inputs(self) -> list[Any]:
        found: dict[Node, None] = {}
        for node in self.program.nodes:
            found |= dict.fromkeys(x for x in node.reads() if x.function == "input")
        for x in (*self.program.kept(), *self.program.states):
            if x.function == "input":
                found[x] = None
        order = {x: i for i, x in enumerate(self.given)}
        return sorted(
            found,
            key=lambda x: (
                (_FIRST.get(x.value[0], 1), x.value[1])
                if type(x.value) is tuple and x.value[0] in _FIRST
                else (1, order.get(x, len(order)))
            ),
        )

    def _buffers(self) -> None:
        """Make the buffers, those of one shape in one line."""
        alike: dict[Any, list[str]] = {}
        for buffer in self.plan.buffers:
            name = self.spell.name(buffer, buffer.name)
            alike.setdefault((buffer.shape, buffer.dtype), []).append(name)
        single = []
        for (shape, dtype), names in alike.items():
            made = f"np.empty({shape}, {dtype_name(dtype)})"
            if len(names) > 1:
                made = f"({made} for _ in range({len(names)}))"
                self.preamble.append(f"{', '.join(names)} = {made}")
            else:
                single.append((names[0], made))
        self.preamble += _packed(single)

    def _numbers(self, inputs: list[Node]) -> None:
        """Read float64 arrays without axes as Python numbers, where they are computed with."""
        used = {x for node in self.program.nodes if is_number(node) for x in node.reads()}
        given = [x for x in inputs if x in used and not x.weak]
        if given:
            arrays = [f"float({self.names[x]})" for x in given]
            names = [self.spell.read_as_number(x) for x in given]
            self.lines += [f"{a} = {b}" for a, b in zip(names, arrays, strict=True)]

    def _imported(self) -> list[str]:
        lines = [f"from {_BLAS} import subtract_product"] if self.fuses else []
        names = ", ".join(sorted(self.imports))
        lines += [f"from {_KERNELS} import {names}"] if names else []
        return ["", *lines] if lines else []

    # Statements

    def _write(self, node: Node) -> None:
        home = self.plan.homes.get(node)
        match node.function:
            case "part":  # bound by its kernel
                pass
            case "kernel":
                self._kernel(node)
            case "refuse":
                op, parts = node.operands
                self.lines.append(f"{self.spell.handed(op, op.name)}.refuse{self.spell(parts)}")
            case "subtract_product":
                self._update(node, home)
            case "draw":
                self._draw(node, home)
            case "scatter":
                self._scatter(node, home)
            case "np.where" | "astype" if home is not None:
                self._copy(node, home)
            case _:
                text, strength = self.spell.call(node, None if home is None else self.names[home])
                if home is not None or not self.spell.keep(node, text, strength):
                    self._assign(node, text)

    def _kernel(self, node: Node) -> None:
        """Write what says itself how it is written, and bind the names of its parts."""
        kernel, parts = node.value, self.parts.get(node, {})
        operands = [self.spell(x) for x in node.operands]
        results = ["_"] * kernel.results
        for i, part in parts.items():
            results[i] = self.spell.name(part, part.name or _title(part, part in self.last))
        self.preamble += kernel.preamble(lambda wanted: self.spell.name(object(), wanted))
        self.lines += kernel.lines(operands, results)

    def _update(self, node: Node, home: Buffer | Node | None) -> None:
        W, x, y = (self.spell(operand) for operand in node.operands)
        if home is node.operands[0]:
            self.fuses = True
            self.names[node] = W
            self.lines.append(_with_shape(f"subtract_product({W}, {x}, {y})", node))
        else:
            out = "" if home is None else f", out={self.names[home]}"
            self._assign(node, f"np.subtract({W}, np.dot({x}, {y}){out})")

    def _draw(self, node: Node, home: Buffer | Node | None) -> None:
        rng, method, *arguments = node.operands
        written = [self.spell(x) for x in arguments]
        written += [f"{k}={self.spell(v)}" for k, v in node.options.items()]
        if home is not None:
            written = [w for w in written if w.startswith("dtype=")]
            written.append(f"out={self.names[home]}")
        self._assign(node, f"{self.spell.handed(rng, 'rng')}.{method}({', '.join(written)})")

    def _copy(self, node: Node, home: Buffer | Node) -> None:
        """Write what has no ``out=`` in NumPy."""
        out = self.names[home]
        operands = [self.spell(x) for x in node.operands]
        if node.function == "np.where":
            self.lines.append(f"np.copyto({out}, {operands[2]})")
            self.lines.append(f"np.copyto({out}, {operands[1]}, where={self._mask(node)})")
        else:
            casting = "" if node.operands[0].dtype == node.dtype else ', casting="unsafe"'
            self.lines.append(f"np.copyto({out}, {operands[0]}{casting})")
        self.names[node] = out

    def _scatter(self, node: Node, home: Buffer | Node | None) -> None:
        x, index, shape = node.operands
        if home is None:
            self._assign(node, f"np.zeros({shape}, {dtype_name(node.dtype)})")
        else:
            self.lines.append(f"{self.names[home]}.fill(0)")
            self.names[node] = self.names[home]
        written = self.spell.index(index)
        if _once(index):
            self.lines.append(f"{self.names[node]}[{written}] = {self.spell(x)}")
        else:
            at = f"({written})" if isinstance(index, tuple) else written
            self.lines.append(f"np.add.at({self.names[node]}, {at}, {self.spell(x)})")

    def _mask(self, node: Node) -> str:
        mask = node.operands[0]
        boolean = isinstance(mask, Node) and mask.dtype == np.bool_
        return self.spell(mask) if boolean else f"np.asarray({self.spell(mask)}, bool)"

    def _assign(self, node: Node, expression: str) -> None:
        home = self.plan.homes.get(node)
        if isinstance(home, Node):  # a parameter's new value goes by the parameter's name
            self.names[node] = self.names[home]
            self.lines.append(_with_shape(expression, node))
            return
        name = self.spell.name(node, node.name or _title(node, node in self.last))
        self.lines.append(_with_shape(f"{name} = {expression}", node))

    def _finish(self) -> None:
        """Write the copies at the end, and what is returned."""
        pairs = []
        if self.plan.copied:
            self.lines.append("# new values")
        states = set(self.program.states)
        for state, new in self.plan.copied:
            written = self.spell(new)
            if not isinstance(self.plan.homes.get(new), Buffer) and (
                new.given or states & set(_roots(new))
            ):
                name = self.spell.name(object(), "copied")
                self.lines.append(f"{name} = np.copy({written})")
                written = name
            pairs.append((self.names[state], written))
        self.lines += [f"np.copyto({state}, {written})" for state, written in pairs]
        results = [
            self._result(x) for x in (*self.program.results, *self.program.gradients.values())
        ]
        self.lines.append(f"return ({', '.join(results)}{',' * (len(results) == 1)})")

    def _result(self, node: Node) -> str:
        written = self.spell(node)
        fresh = not node.given and (not node.shape or not _roots(node)[1:])
        fresh = fresh and node not in self.plan.homes and node.function != "part"
        return written if fresh else f"np.copy({written})"


def _packed(assignments: list[tuple[str, str]]) -> list[str]:
    """Write assignments, several in a line where they fit."""
    lines: list[str] = []
    names: list[str] = []
    values: list[str] = []
    for name, value in (*assignments, ("", "")):
        together = f"{', '.join([*names, name])} = {', '.join([*values, value])}"
        if names and (not name or len(together) > _WIDTH or "#" in together):
            lines.append(f"{', '.join(names)} = {', '.join(values)}")
            names, values = [], []
        names.append(name)
        values.append(value)
    return lines


def _title(node: Node, last: bool) -> str:
    """Name a value: the output of an op by the layer, all else by the call, numbered."""
    call = node.function.removeprefix("np.").partition(".")[0]
    call = {"*": "times", "/": "over", "+": "plus", "-": "minus", "**": "power"}.get(call, call)
    if node.place.phase == "forward" and last and node.place.name:
        return node.place.name
    return f"d_{call}1" if node.place.phase == "backward" else f"{call}1"


def _with_shape(line: str, node: Node) -> str:
    if node.weak or not node.shape:
        return line
    shaped = f"{line}  # {node.shape}"
    return shaped if len(shaped) <= _WIDTH - 4 else line


def _heading(place: Place) -> str:
    what = f": {place.text}" if place.text else ""
    if place.phase == "update":
        return f"update{what}"
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


def _roots(node: Node) -> list[Node]:
    """Return a value and those whose memory it may share."""
    found = [node]
    while found[-1].function in VIEWS:
        found.append(found[-1].operands[0])
    return found


def _once(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, (int, np.integer, slice)) for p in parts)
