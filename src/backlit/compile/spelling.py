"""How values and calls are written: names, numbers, expressions."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Any

import numpy as np

from backlit.compile.inline import is_small, is_turned
from backlit.compile.node import Node

__all__ = ["Spelling", "dtype_name", "is_number"]

_TAKEN = {*keyword.kwlist, *dir(builtins), "np", "math", "step", "constants"}
_REDUCTIONS = {
    "np.sum": "np.add.reduce",
    "np.max": "np.maximum.reduce",
    "np.min": "np.minimum.reduce",
    "np.prod": "np.multiply.reduce",
}
_RESHAPES = {"np.reshape", "np.expand_dims", "np.squeeze", "np.ravel"}
_OPERATORS = {
    "np.add": "+", "np.subtract": "-", "np.multiply": "*", "np.divide": "/",
    "+": "+", "-": "-", "*": "*", "/": "/", "**": "**",
}  # fmt: skip
_COMPARISONS = {"np.greater": ">", "np.greater_equal": ">=", "np.less": "<", "np.less_equal": "<="}
_TOTAL = {"np.tanh": "math.tanh"}
"""Functions of Python's that take any number; others raise where NumPy's give inf or nan."""
_FUNCTIONS = {
    "np.exp", "np.expm1", "np.log", "np.log1p", "np.sqrt", "np.square", "np.sin", "np.cos",
}  # fmt: skip
"""Their results are NumPy's own numbers, which are slow to go on with."""
_NUMERIC = {*_OPERATORS, *_COMPARISONS, *_TOTAL, *_FUNCTIONS, "np.negative", "np.maximum"}
_OWN = (np.dtype(np.float64), np.dtype(np.bool_))
_LOOSE, _TIGHT, _ATOM = 0, 1, 2
_STRENGTH = {"+": _LOOSE, "-": _LOOSE, "*": _TIGHT, "/": _TIGHT, "**": _TIGHT}
_PRINTED = 16
"""Arrays of up to so many elements are written out."""
_LONGEST = 50
"""An expression of more characters gets a line and a name of its own."""


class Spelling:
    """Names everything once, and writes expressions of what has a name.

    Attributes
    ----------
    constants
        Their names, and what makes them.
    large
        Arrays too large to be written out; the module finds them as ``constants``.
    extras
        What the step takes besides arrays: generators and ops.
    """

    def __init__(self, inlined: set[Node]) -> None:
        self.inlined = inlined
        self.names: dict[Any, str] = {}
        self.used: set[str] = set()
        self.constants: list[tuple[str, str]] = []
        self.large: list[Any] = []
        self.extras: list[Any] = []
        self._texts: dict[Node, tuple[str, int]] = {}
        self._numbers: dict[Node, str] = {}
        self._among_numbers = False
        self.uses_math = False

    # Names

    def name(self, thing: Any, wanted: str) -> str:
        """Give a thing a name that nothing else has."""
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
        return name

    def handed(self, value: Any, name: str) -> str:
        """Name something that is handed to the step besides arrays: a generator, an op."""
        if id(value) not in self.names:
            self.name(id(value), name)
            self.extras.append(value)
        return self.names[id(value)]

    def keep(self, node: Node, text: str, strength: int) -> bool:
        """Hold the text of a value that is written within another's line, unless it is long."""
        if node not in self.inlined or (len(text) > _LONGEST and not is_turned(node)):
            return False
        self._texts[node] = text, strength
        return True

    def read_as_number(self, node: Node) -> str:
        """Name the Python number that an array without axes is read as."""
        self._numbers[node] = self.name(object(), f"{self.names[node]}_number")
        return self._numbers[node]

    # Expressions

    def __call__(  # noqa: C901, PLR0911, PLR0912  (one for each kind of value)
        self, value: Any, strength: int = _LOOSE
    ) -> str:
        """Write a value; in parentheses if it binds weaker than ``strength``."""
        if isinstance(value, Node):
            if self._among_numbers and value in self._numbers:
                return self._numbers[value]
            if self._among_numbers and value.function == "constant" and not value.shape:
                return self(value.value.item(), strength)
            # An array would take a Python number for one of its own dtype.
            number = not self._among_numbers and is_number(value)
            if value in self._texts:
                text, own = self._texts[value]
                if number:
                    return f"{dtype_name(value.dtype)}({text})"
                return text if own >= strength else f"({text})"
            if number:
                return f"{dtype_name(value.dtype)}({self.names[value]})"
            if value.function == "constant" and value not in self.names:
                self._constant(value)
            return self.names[value]
        if isinstance(value, tuple):
            inner = ", ".join(map(self, value))
            return f"({inner}{',' * (len(value) == 1)})"
        if isinstance(value, list):
            return f"[{', '.join(map(self, value))}]"
        if isinstance(value, np.dtype) or (
            isinstance(value, type) and issubclass(value, np.generic)
        ):
            return dtype_name(np.dtype(value))
        if isinstance(value, float) and not np.isfinite(value):
            return f'float("{value}")'
        if isinstance(value, str):
            return f'"{value}"' if '"' not in value and "\\" not in value else repr(value)
        if isinstance(value, (bool, int, float, type(None), type(Ellipsis))):
            text = "..." if value is Ellipsis else repr(value)
            return f"({text})" if text.startswith("-") and strength else text
        if isinstance(value, slice):
            return repr(value)
        return self.handed(value, type(value).__name__.lower())

    def index(self, index: Any) -> str:
        """Write what stands in brackets."""
        parts = index if isinstance(index, tuple) else (index,)
        return ", ".join(map(self._part, parts)) + "," * (
            len(parts) == 1 and isinstance(index, tuple)
        )

    def call(self, node: Node, out: str | None) -> tuple[str, int]:
        """Write a call, and say how strongly its text binds."""
        self._among_numbers = out is None and is_number(node)
        try:
            return self._called(node, out)
        finally:
            self._among_numbers = False

    def _called(  # noqa: C901, PLR0911  (one for each spelling)
        self, node: Node, out: str | None
    ) -> tuple[str, int]:
        function, operands = node.function, node.operands
        if function == "getitem":
            return f"{self(operands[0], _ATOM)}[{self.index(operands[1])}]", _ATOM
        if function == "astype":
            return f"{self(operands[0], _ATOM)}.astype({dtype_name(node.dtype)})", _ATOM
        if function in _RESHAPES:
            sizes = ", ".join(map(str, node.shape)) if node.shape else "()"
            return f"{self(operands[0], _ATOM)}.reshape({sizes})", _ATOM
        if is_turned(node):
            return f"{self(operands[0], _ATOM)}.T", _ATOM
        if function == "whole":
            op, *inputs = operands
            return f"{self.handed(op, op.name)}.forward({', '.join(map(self, inputs))})", _ATOM
        if out is None and self._has_operator(node):
            if function == "np.negative":
                return f"-{self(operands[0], _ATOM)}", _TIGHT
            symbol = _OPERATORS[function]
            strength = _STRENGTH[symbol]
            # Of equals, the left comes first: the right one needs parentheses.
            left = self(operands[0], _ATOM if symbol == "**" else strength)
            return f"{left} {symbol} {self(operands[1], strength + 1)}", strength
        if self._among_numbers:
            written_out = self._of_numbers(node)
            if written_out is not None:
                return written_out
        options = {k: self(v) for k, v in node.options.items()}
        if out is not None:
            options["out"] = out
        written = [f"{k}={v}" for k, v in options.items()]
        if function == "np.take":  # the method is called with less ado than the function
            arguments = [self(x) for x in operands[1:]]
            return f"{self(operands[0], _ATOM)}.take({', '.join([*arguments, *written])})", _ATOM
        arguments = [self(x) for x in operands]
        name = _REDUCTIONS.get(function, function)
        return f"{name}({', '.join([*arguments, *written])})", _ATOM

    def _of_numbers(self, node: Node) -> tuple[str, int] | None:
        """Write what NumPy takes ten times as long for as Python does."""
        written = [self(value, _ATOM) for value in node.operands]
        match node.function, written:
            case _ if node.options:
                return None
            case function, [_] if function in _TOTAL:
                self.uses_math = True
                return f"{_TOTAL[function]}({self(node.operands[0])})", _ATOM
            case function, [_] if function in _FUNCTIONS:
                return f"float({function}({self(node.operands[0])}))", _ATOM
            case function, [x, y] if function in _COMPARISONS:
                return f"{x} {_COMPARISONS[function]} {y}", _LOOSE
            case "np.maximum", [x, "0" | "0.0"] if x.isidentifier():
                return f"0.0 if {x} <= 0 else {x}", _LOOSE  # and so what is no number stays that
        return None

    def _has_operator(self, node: Node) -> bool:
        """Tell whether an operator does it: of two numbers, or small arrays, it is the same."""
        if node.weak:
            return node.function in _OPERATORS
        known = node.function in _OPERATORS or node.function == "np.negative"
        if not known or node.options or not is_small(node):
            return False
        if node.function == "np.divide" and is_number(node):
            return False  # Python's own division raises where NumPy's gives infinity
        return any(isinstance(x, Node) and not x.weak for x in node.operands)

    def _part(self, part: Any) -> str:
        if isinstance(part, slice):
            ends = ["" if x is None else self(x) for x in (part.start, part.stop)]
            step = "" if part.step is None else f":{self(part.step)}"
            return f"{ends[0]}:{ends[1]}{step}"
        return self(part)

    # Constants

    def _constant(self, node: Node) -> None:
        wanted, text = self._literal(np.asarray(node.value))
        self.constants.append((self.name(node, node.name or wanted), text))

    def _literal(self, array: Any) -> tuple[str, str]:  # noqa: PLR0911  (one a kind)
        dtype = dtype_name(array.dtype)
        if array.ndim == 0:
            number = repr(array.item())
            number = number if np.isfinite(array) else f'"{number}"'
            return "constant1", f"{dtype}({number})"
        counted = _counted(array)
        if counted is not None:
            return "counted", counted
        finite = array.size and np.isfinite(array).all()
        if finite and (array == array.flat[0]).all():
            value = array.flat[0].item()
            names = (
                {0: "zeros", 1: "ones"} if not (value == 0 and np.signbit(array.flat[0])) else {}
            )
            if value in names and array.dtype.kind == "f":
                return f"{names[value]}1", f"np.{names[value]}({array.shape}, {dtype})"
            return "constant1", f"np.full({array.shape}, {value!r}, {dtype})"
        square = array.ndim == 2 and array.shape[0] == array.shape[1]
        if square and array.dtype.kind == "f" and np.array_equal(array, np.eye(len(array))):
            return "eye", f"np.eye({len(array)}, dtype={dtype})"
        if finite and array.size <= _PRINTED:
            return "constant1", f"np.array({array.tolist()!r}, {dtype})"
        self.large.append(array)
        text = f"constants[{len(self.large) - 1}]  # {array.shape}, {array.dtype}"
        return "constant1", text


def is_number(node: Node) -> bool:
    """Tell whether Python's numbers do: without axes, and in float64, which is what they are."""
    if node.shape or node.weak or node.dtype not in _OWN or node.function not in _NUMERIC:
        return False
    return all(x.weak or (not x.shape and x.dtype in _OWN) for x in node.reads())


def _counted(array: Any) -> str | None:
    """Write equally spaced whole numbers, if an array holds them."""
    if array.ndim != 1 or array.dtype != np.arange(1).dtype or array.size < 2:
        return None
    first, apart = int(array[0]), int(array[1]) - int(array[0])
    if first or apart < 1 or not np.array_equal(array, np.arange(array.size) * apart):
        return None
    return (
        f"np.arange({array.size})" if apart == 1 else f"np.arange(0, {array.size * apart}, {apart})"
    )


def dtype_name(dtype: Any) -> str:
    """Return how a dtype is written."""
    return f"np.{np.dtype(dtype).type.__name__}"
