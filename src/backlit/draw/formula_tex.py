"""NumPy's text as LaTeX: ``dz / (1 + np.exp(-x))`` as a fraction with a power in it."""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["equation_tex", "expression_tex", "name_tex"]

_SUM, _SIGNED, _PRODUCT, _POWER, _ATOM = range(5)
"""How tightly a piece holds together; what holds less than its place asks for is bracketed."""

_SIGNS: dict[type[ast.AST], str] = {
    ast.Gt: ">", ast.Lt: "<", ast.GtE: r"\geq", ast.LtE: r"\leq", ast.Eq: "=", ast.NotEq: r"\neq",
}  # fmt: skip
_FUNCTIONS = {name: rf"\{name}" for name in ("log", "sin", "cos", "tanh", "max", "min")}
_RENAMED = {"maximum": "max", "minimum": "min"}
_GREEK = {"delta": r"\delta"}


class _Piece(NamedTuple):
    """LaTeX, and how tightly it holds together."""

    tex: str
    hold: int = _ATOM


@cache
def expression_tex(text: str) -> str:
    r"""Return a NumPy expression as LaTeX, in the part of it that Matplotlib's mathtext knows.

    Raises
    ------
    ValueError, SyntaxError
        If the text is no such expression.

    Examples
    --------
    >>> expression_tex("dz / (1 + np.exp(-x))")
    '\\frac{dz}{1 + e^{-x}}'
    >>> expression_tex("dz * z * (1 - z)"), expression_tex("x.T @ dz")
    ('dz \\cdot z\\,(1 - z)', 'x^{T}\\,dz')
    """
    return _written(ast.parse(text, mode="eval").body).tex


def equation_tex(left: str, text: str) -> str:
    """Return ``left = text`` as LaTeX."""
    return f"{name_tex(left)} = {expression_tex(text)}"


def name_tex(name: str) -> str:
    r"""Return a name in italics, as a symbol if it is one, upright if it is a word.

    Examples
    --------
    >>> name_tex("x"), name_tex("dW"), name_tex("slope"), name_tex("keep_dims")
    ('x', 'dW', '\\mathrm{slope}', '\\mathrm{keep\\_dims}')
    >>> name_tex("dW1")
    'dW_{1}'
    """
    if name in _GREEK:
        return _GREEK[name]
    letters = name.rstrip("0123456789")
    if letters and len(letters) < len(name):
        return f"{name_tex(letters)}_{{{name[len(letters) :]}}}"
    if len(name) == 1 or (name[0] == "d" and len(name) == 2):
        return name
    return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"


def _written(node: ast.expr) -> _Piece:
    write = _WRITERS.get(type(node))
    if write is None:
        raise ValueError(f"no LaTeX for {ast.unparse(node)}")
    return write(node)


def _constant(node: ast.Constant) -> _Piece:
    if type(node.value) is int or type(node.value) is float:
        return _number(node.value)
    raise ValueError(f"no LaTeX for {ast.unparse(node)}")


def _attribute(node: ast.Attribute) -> _Piece:
    whole = _held(node.value, _ATOM)
    if node.attr == "T":
        return _Piece(f"{whole}^{{T}}", _POWER)
    return _Piece(rf"{whole}.\mathrm{{{node.attr}}}")


def _negative(node: ast.UnaryOp) -> _Piece:
    if isinstance(node.op, ast.USub):
        return _Piece(f"-{_held(node.operand, _PRODUCT)}", _SIGNED)
    raise ValueError(f"no LaTeX for {ast.unparse(node)}")


def _compared(node: ast.Compare) -> _Piece:
    if len(node.ops) != 1 or type(node.ops[0]) not in _SIGNS:
        raise ValueError(f"no LaTeX for {ast.unparse(node)}")
    left, right = _written(node.left).tex, _written(node.comparators[0]).tex
    return _Piece(rf"{left} {_SIGNS[type(node.ops[0])]} {right}", _SUM)


def _number(value: float) -> _Piece:
    text = f"{value:.6g}"
    if "e" in text:
        digits, exponent = text.split("e")
        power = f"10^{{{int(exponent)}}}"
        if digits == "1":
            return _Piece(power, _POWER)
        hold = _SIGNED if digits.startswith("-") else _PRODUCT
        return _Piece(rf"{digits} \cdot {power}", hold)
    return _Piece(text, _SIGNED if text.startswith("-") else _ATOM)


def _held(node: ast.expr, least: int) -> str:
    tex, hold = _written(node)
    return tex if hold >= least else f"({tex})"


def _operation(node: ast.BinOp) -> _Piece:
    if isinstance(node.op, ast.Mult):
        return _product(node)
    if isinstance(node.op, ast.MatMult):
        return _Piece(rf"{_held(node.left, _PRODUCT)}\,{_held(node.right, _POWER)}", _PRODUCT)
    if isinstance(node.op, ast.Pow):
        return _Piece(f"{_held(node.left, _ATOM)}^{{{_written(node.right).tex}}}", _POWER)
    if isinstance(node.op, ast.Div):
        above, below = _written(node.left).tex, _written(node.right).tex
        if above.startswith("-") and _written(node.left).hold > _SUM:
            return _Piece(rf"-\frac{{{above[1:]}}}{{{below}}}", _SIGNED)
        return _Piece(rf"\frac{{{above}}}{{{below}}}", _PRODUCT)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        sign = "+" if isinstance(node.op, ast.Add) else "-"
        return _Piece(f"{_held(node.left, _SUM)} {sign} {_held(node.right, _PRODUCT)}", _SUM)
    raise ValueError(f"no LaTeX for {ast.unparse(node)}")


def _factors(node: ast.expr) -> list[ast.expr]:
    """Return the factors of a chain of products, in order."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        found.append(node.right)
        node = node.left
    return [node, *found[::-1]]


def _product(node: ast.BinOp) -> _Piece:
    factors = _factors(node)
    tex, hold = _factor(factors[0]), _PRODUCT
    if isinstance(factors[0], ast.UnaryOp):
        tex, hold = _written(factors[0]).tex, _SIGNED
    for before, factor in pairwise(factors):
        written = _factor(factor)
        if written.startswith("("):
            tex += r"\," + written
        elif isinstance(before, ast.Constant) and not written[0].isdigit():
            tex += written if len(written) == 1 else rf"\,{written}"
        else:
            tex += rf" \cdot {written}"
    return _Piece(tex, hold)


def _factor(node: ast.expr) -> str:
    """Return a factor: a condition, which is 1 where it holds and else 0, in square brackets."""
    if isinstance(node, ast.Compare):
        return f"[{_written(node).tex}]"
    return _held(node, _PRODUCT)


def _call(node: ast.Call) -> _Piece:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    numpys = isinstance(node.func, ast.Name) or ast.unparse(node.func) == f"np.{name}"
    if not numpys or not node.args:
        raise ValueError(f"no LaTeX for {ast.unparse(node)}")
    if name in _NOTATIONS:
        return _NOTATIONS[name](node)
    name = _RENAMED.get(name, name)
    sign = _FUNCTIONS.get(name, rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}")
    listed = r",\, ".join(_written(part).tex for part in node.args)
    return _Piece(rf"{sign}({listed})")


def _where(node: ast.Call) -> _Piece:
    condition, then, otherwise = (_written(part).tex for part in node.args)
    return _Piece(rf"{then} \;\mathrm{{if}}\; {condition},\; \mathrm{{else}}\; {otherwise}", _SUM)


def _sum(node: ast.Call) -> _Piece:
    given = [*node.args[1:2], *(key.value for key in node.keywords if key.arg == "axis")]
    over = ""
    if given and not isinstance(given[0], ast.Name):
        over = rf"_{{\mathrm{{axis}}\,{_written(given[0]).tex}}}"
    return _Piece(rf"\sum{over} {_factor(node.args[0])}", _PRODUCT)


def _transposed(node: ast.Call) -> _Piece:
    return _Piece(f"{_held(node.args[0], _ATOM)}^{{T}}", _POWER)


_NOTATIONS: dict[str, Callable[[ast.Call], _Piece]] = {
    "abs": lambda node: _Piece(f"|{_written(node.args[0]).tex}|"),
    "exp": lambda node: _Piece(f"e^{{{_written(node.args[0]).tex}}}", _POWER),
    "sqrt": lambda node: _Piece(rf"\sqrt{{{_written(node.args[0]).tex}}}"),
    "sum": _sum,
    "swapaxes": _transposed,
    "transpose": _transposed,
    "where": _where,
}
_WRITERS: dict[type[ast.AST], Callable[[Any], _Piece]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _operation,
    ast.Call: _call,
    ast.Compare: _compared,
    ast.Constant: _constant,
    ast.Name: lambda node: _Piece(name_tex(node.id)),
    ast.Subscript: lambda node: _Piece(f"{_held(node.value, _ATOM)}[{_written(node.slice).tex}]"),
    ast.Tuple: lambda node: _Piece(r",\,".join(_written(part).tex for part in node.elts), _SUM),
    ast.UnaryOp: _negative,
}
