"""An op's symbol and its local derivatives, as a textbook writes them."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from backlit.card import Words
from backlit.draw.formula_path import outline
from backlit.draw.formula_tex import equation_tex, expression_tex
from backlit.draw.number import number, raised
from backlit.ops import Power

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backlit.op import Op
    from backlit.tensor import Tensor

__all__ = [
    "Formula",
    "derivative",
    "derivative_tex",
    "gradient_formula",
    "gradient_line",
    "graph_names",
    "input_names",
    "symbol",
]

_SHORT = re.compile(r"[A-Za-z]\d?")
_LONGEST = 22.0
"""In ems: a formula beyond that is written as text, whose middle can be left out."""


class Formula(NamedTuple):
    """A formula as text, and as LaTeX where it can be set."""

    text: str
    tex: str = ""


def symbol(op: Op) -> str:
    """Return what stands in the op's circle.

    Examples
    --------
    >>> from backlit.ops import Power, Sigmoid
    >>> symbol(Sigmoid()), symbol(Power(2)), symbol(Power(0.5))
    ('σ', 'x²', 'x^0.5')
    """
    if isinstance(op, Power):
        exponent = op.exponent
        whole = float(exponent).is_integer() and abs(exponent) < 100
        return f"x{raised(int(exponent))}" if whole else f"x^{number(exponent)}"
    return op.symbol or type(op).__name__


def input_names(op: Op) -> tuple[str, ...]:
    """Return the card's names of the inputs."""
    return op.input_names(len(op.inputs))


def _stated(op: Op, name: str) -> str | None:
    return op.gradients.get(name, op.gradients.get(name.split("[", maxsplit=1)[0], None))


def derivative(op: Op, position: int) -> str:
    """Return the local derivative with respect to an input: the card's gradient at ``dz = 1``.

    Empty where the card states none, or one that is more than a factor (a matrix product).

    Examples
    --------
    >>> import backlit as bl
    >>> z = bl.sigmoid(bl.tensor(0.0))
    >>> derivative(z.op, 0)
    'z · (1 − z)'
    >>> product = bl.tensor(2.0) * bl.tensor(3.0)
    >>> derivative(product.op, 0), derivative(product.op, 1)
    ('y', 'x')
    """
    stated = _stated(op, input_names(op)[position])
    if stated is None or isinstance(stated, Words) or not _elementwise(stated):
        return ""
    return _printed(_simplified(stated, (("dz", 1), *_numbers(op))))


def derivative_tex(op: Op, position: int) -> str:
    r"""Return :func:`derivative` as LaTeX; empty where that is, or can't be set.

    Examples
    --------
    >>> import backlit as bl
    >>> derivative_tex(bl.sigmoid(bl.tensor(0.0)).op, 0)
    'z\\,(1 - z)'
    """
    stated = _stated(op, input_names(op)[position])
    if stated is None or isinstance(stated, Words) or not _elementwise(stated):
        return ""
    try:
        return expression_tex(_simplified(stated, (("dz", 1), *_numbers(op))))
    except (ValueError, SyntaxError):
        return ""


@cache
def _elementwise(stated: str) -> bool:
    """Whether ``dz`` is only multiplied, divided or chosen."""
    for node in ast.walk(ast.parse(stated, mode="eval")):
        mixes = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        calls = isinstance(node, ast.Call) and ast.unparse(node.func) != "np.where"
        if (mixes or calls) and any(
            isinstance(part, ast.Name) and part.id == "dz" for part in ast.walk(node)
        ):
            return False
    return True


def gradient_line(op: Op, position: int) -> str:
    """Return the card's gradient of an input as an equation, ``dx = dz · y``.

    Examples
    --------
    >>> import backlit as bl
    >>> gradient_line((bl.tensor(3.0) ** 2).op, 0)
    'dx = dz · 2 · x'
    """
    name = input_names(op)[position]
    stated = _stated(op, name)
    if stated is None:
        return ""
    if isinstance(stated, Words):
        return f"d{name}: {stated}"
    return f"d{name} = {_printed(_simplified(stated, _numbers(op)))}"


def gradient_formula(op: Op, position: int, called: Mapping[str, str] | None = None) -> Formula:
    r"""Return :func:`gradient_line` with its LaTeX.

    Parameters
    ----------
    op
        Whose card.
    position
        Of which input.
    called
        What the card's names are called in the graph, from :func:`graph_names`.

    Examples
    --------
    >>> import backlit as bl
    >>> gradient_formula((bl.tensor(3.0) ** 2).op, 0)
    Formula(text='dx = dz · 2 · x', tex='dx = dz \\cdot 2x')
    >>> gradient_formula((bl.tensor(3.0) ** 2).op, 0, {"x": "t"}).text
    'dt = dz · 2 · t'
    """
    name = input_names(op)[position]
    stated = _stated(op, name)
    if stated is None or isinstance(stated, Words):
        return Formula(gradient_line(op, position))
    names = dict(called or {})
    if "z" in names:
        names["dz"] = f"d{names['z']}"
    left = f"d{names.get(name, name)}"
    line = f"{left} = {stated}"
    try:
        simple = _simplified(stated, (*_numbers(op), *names.items()))
        line = f"{left} = {_printed(simple)}"
        tex = equation_tex(left, simple).replace(r"\frac", r"\dfrac", 1)  # legible when small
        return Formula(line, tex if outline(tex).width <= _LONGEST else "")
    except (ValueError, SyntaxError):  # a card of the user's may hold what no formula does
        return Formula(line)


def graph_names(op: Op, output: Tensor, known: Mapping[Tensor, str]) -> dict[str, str]:
    """Return for the names on the card those of the graph, where they are as short.

    All keep theirs if two would be called alike: then a formula would say something else.
    """
    names = dict(zip(input_names(op), op.inputs, strict=True))
    found = {name: known.get(x, "") for name, x in (*names.items(), ("z", output))}
    found = {name: new for name, new in found.items() if _SHORT.fullmatch(new)}
    stated = " ".join(text for text in op.gradients.values() if text is not None)
    kept = (set(re.findall(r"[A-Za-z_]\w*", stated)) | {"z", *names}) - set(found)
    after = [*found.values(), *kept]
    return found if len(set(after)) == len(after) else {}


def _numbers(op: Op) -> tuple[tuple[str, float], ...]:
    """Return the options that are plain numbers."""
    return tuple((k, v) for k, v in op.options().items() if type(v) in (int, float))


@cache
def _simplified(stated: str, options: tuple[tuple[str, float | str], ...]) -> str:
    return ast.unparse(_Simpler(dict(options)).visit(ast.parse(stated, mode="eval")))


class _Simpler(ast.NodeTransformer):
    """Put numbers or other names for names, and leave out factors and exponents of 1."""

    def __init__(self, known: dict[str, float | str]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        new = self.known.get(node.id)
        if new is None:
            return node
        return ast.Name(new) if isinstance(new, str) else ast.Constant(new)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Mult):
            if _is_one(left):
                return right  # type: ignore[no-any-return]
            if _is_minus_one(left):
                return ast.UnaryOp(ast.USub(), right)
        if isinstance(node.op, (ast.Mult, ast.Div, ast.Pow)) and _is_one(right):
            return left  # type: ignore[no-any-return]
        if isinstance(node.op, ast.Sub) and _is_number(left) and _is_number(right):
            return ast.Constant(round(left.value - right.value, 12))
        return ast.BinOp(left, node.op, right)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _is_minus_one(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and _is_one(node.operand)


def _printed(expression: str) -> str:
    """Write NumPy's text as formulas are printed."""
    text = re.sub(r"\bnp\.", "", expression)
    text = re.sub(r"\s*\*\*\s*(\d+)(?![\d.e])", lambda power: raised(int(power[1])), text)
    text = re.sub(r"\s*\*\*\s*", "^", text)
    text = re.sub(r"\b1e([-+]\d+)", lambda power: f"10{raised(int(power[1]))}", text)
    text = re.sub(r"(?<=\d)e([-+]\d+)", lambda power: f"·10{raised(int(power[1]))}", text)
    text = re.sub(r"\s*\*\s*", " · ", text)
    text = text.replace(".T", "ᵀ").replace(" @ ", " ")
    return text.replace("-", "−")
