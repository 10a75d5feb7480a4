"""The chain rule in the user's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.font import shortened
from backlit.draw.formula import derivative, symbol
from backlit.draw.names import caller, names, visible
from backlit.draw.number import number
from backlit.draw.paths import Ways
from backlit.errors import GraphError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.graph import history, propagate
from backlit.quiet import quiet
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from backlit.draw.paths import Step

__all__ = ["Factor", "Path", "Why", "why"]

_WHOLE, _ENDS = 8, 3
"""A product of more factors is written with this many of them at each end."""


@dataclass(frozen=True)
class Factor:
    """A local derivative, and what it is the derivative of: ``1.1 (× tax)``."""

    value: float
    words: str


@dataclass(frozen=True)
class Path:
    """One path: the local derivatives from the output back, and their product."""

    factors: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """What the path contributes to the gradient."""
        product = 1.0
        for factor in self.factors:
            product *= factor.value
        return product


@dataclass(frozen=True)
class Why:
    """Why a gradient is what it is. ``print`` writes it out.

    Parameters
    ----------
    of, by
        The output's name, and what moves.
    gradient
        The sum over all paths.
    paths
        The paths that contribute most, the largest first.
    count
        How many paths there are; of an array, paths from tensor to tensor.
    rest
        What all other paths contribute together.
    complete
        Whether ``paths`` is all of them.
    precision
        Significant digits of the text.
    """

    of: str
    by: str
    gradient: float
    paths: tuple[Path, ...]
    count: int
    rest: float
    complete: bool
    precision: int = 4

    def __str__(self) -> str:
        total = number(self.gradient, self.precision)
        if self.complete and len(self.paths) == 1:
            return f"∂{self.of}/∂{self.by} = {total} = {self._product(self.paths[0])}"
        if not self.count:
            return f"∂{self.of}/∂{self.by} = {total}: {self.of} does not depend on {self.by}"
        ways = (
            f"{self.count:,} path{'s'[: self.count != 1]}"
            if self.complete or self.count > 1
            else ""
        )
        lines = [f"∂{self.of}/∂{self.by} = {total}" + (f", the sum over {ways}" if ways else "")]
        shown = [(number(path.product, self.precision), self._product(path)) for path in self.paths]
        rest = number(self.rest, self.precision)
        wide = max(len(text) for text in [rest, *(value for value, _ in shown)])
        lines += [f"  {value:>{wide}} = {text}" for value, text in shown]
        if not self.complete:
            lines.append(f"  {rest:>{wide}} = all others together")
        return "\n".join(lines)

    def latex(self) -> str:
        """Return it as LaTeX, to stand between dollar signs or in ``align``."""
        parts = [
            r"1 \times " + r" \times ".join(
                rf"\underbrace{{{_tex(number(factor.value, self.precision))}}}"
                rf"_{{\text{{{_tex(factor.words)}}}}}"
                for factor in path.factors
            )
            for path in self.paths
        ]  # fmt: skip
        if not self.complete:
            parts.append(rf"\cdots ({_tex(number(self.rest, self.precision))})")
        ratio = rf"\frac{{\partial \text{{{_tex(self.of)}}}}}{{\partial \text{{{_tex(self.by)}}}}}"
        return (
            f"{ratio} = {_tex(number(self.gradient, self.precision))} = {' + '.join(parts) or '0'}"
        )

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def _product(self, path: Path) -> str:
        factors = [
            f"{number(factor.value, self.precision)} ({factor.words})" for factor in path.factors
        ]
        if len(factors) > _WHOLE:
            between = Path(path.factors[_ENDS:-_ENDS])
            inner = f"{number(between.product, self.precision)} ({len(between.factors)} factors)"
            factors[_ENDS:-_ENDS] = [inner]
        return " × ".join(["1", *factors])


def why(
    x: Tensor,
    y: Tensor | None = None,
    index: int | tuple[int, ...] | None = None,
    *,
    most: int = 5,
    precision: int = 4,
) -> Why:
    """Explain the gradient of ``y`` by ``x``: for each path the product of its derivatives.

    The sum is over all paths, made by dynamic programming; written out are those that
    contribute most, and the rest is accounted for. Nobody's ``.grad`` changes.

    Parameters
    ----------
    x
        What moves.
    y
        The output, one number; if left out, the one that the caller's variables hold.
    index
        Which element of ``x``; the one with the largest gradient if left out.
    most
        The most paths to write out.
    precision
        Significant digits of the text.

    Returns
    -------
    Why
        The sum, the paths and the rest.

    Raises
    ------
    TypeRefusedError
        If ``x`` or ``y`` is no tensor.
    ShapeError
        If ``y`` is not one number, or ``x`` has no such element.
    GraphError
        If ``y`` is left out and not to be found, or ``x`` requires no gradient.

    Examples
    --------
    >>> import backlit as bl
    >>> apple, number, tax = bl.tensor(100, "apple"), bl.tensor(2, "number"), bl.tensor(1.1, "tax")
    >>> price = apple * number * tax
    >>> print(why(apple, price))
    ∂price/∂apple = 2.2 = 1 × 1.1 (× tax) × 2 (× number)
    >>> x = bl.tensor(3.0, "x")
    >>> y = x * x + x
    >>> print(why(x, y))
    ∂y/∂x = 7, the sum over 3 paths
      3 = 1 × 1 (+ x) × 3 (× x)
      3 = 1 × 1 (+ x) × 3 (x ×)
      1 = 1 × 1 (9 +)
    """
    frame = caller()
    _check(x, y, most)
    y = y if y is not None else _output_of(x, frame)
    if y.size != 1:
        raise ShapeError(
            f"why explains one number, but {y._label()} has shape {y.shape}; pick an element, "  # noqa: SLF001
            "y[0, 3] for example, or sum() it."
        )
    place = _place(x, y, index)
    ways = Ways(x, y, place)
    paths = ways.largest(most)
    known = names(_around(paths, x, y), frame)
    called = known.get(x, "x")
    shown = tuple(Path(tuple(_factor(step, known, precision) for step in path)) for path in paths)
    total = ways.total()
    count = ways.count()
    return Why(
        shortened(known.get(y, "y")),
        shortened(called) + (_bracketed(place) if place else ""),
        total,
        shown,
        count,
        total - sum(path.product for path in shown),
        ways.scalar and count == len(shown),
        precision,
    )


def _check(x: Any, y: Any, most: Any) -> None:
    if not isinstance(x, Tensor) or not (y is None or isinstance(y, Tensor)):
        wrong = x if not isinstance(x, Tensor) else y
        raise TypeRefusedError(f"why takes tensors, but got {type(wrong).__name__}.")
    if not x.requires_grad:
        raise GraphError(
            f"why: {x._label()} requires no gradient, so none was ever computed for it; make it "  # noqa: SLF001
            "with backlit.tensor(...) before computing with it."
        )
    if not isinstance(most, int) or most < 1:
        raise ValueRefusedError(f"why: most is {most!r}, but at least 1 path is written out.")


def _place(x: Tensor, y: Tensor, index: Any) -> tuple[int, ...]:
    if not x.size:
        raise ShapeError(f"why: {x._label()} has shape {x.shape} and so no element to move.")  # noqa: SLF001
    if index is None:
        dy = np.ones_like(y.data)
        found = quiet(_propagated, y, dy).get(x)
        flat = 0 if found is None else int(np.argmax(np.nan_to_num(np.abs(found), nan=np.inf)))
        return tuple(int(i) for i in np.unravel_index(flat, x.shape))
    place = index if isinstance(index, tuple) else (index,)
    fits = len(place) == x.ndim and all(
        isinstance(i, (int, np.integer)) and -size <= i < size
        for i, size in zip(place, x.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"why: {x._label()} has shape {x.shape} and no element {index!r}; give one whole "  # noqa: SLF001
            "number per axis."
        )
    return tuple(int(i) % size for i, size in zip(place, x.shape, strict=True))


def _propagated(y: Tensor, dy: Any) -> dict[Tensor, Any]:
    return propagate(y, dy, retain=True)


def _around(paths: list[tuple[Step, ...]], x: Tensor, y: Tensor) -> list[Tensor]:
    """Return the tensors that the words of ``paths`` may name."""
    found = {x: None, y: None}
    for path in paths:
        for step in path:
            found[step.output] = None
            found.update(dict.fromkeys(step.output.op.inputs))  # type: ignore[union-attr]
    return list(found)


def _factor(step: Step, known: Mapping[Tensor, str], precision: int) -> Factor:
    op = step.output.op
    assert op is not None
    sign = symbol(op)
    if len(op.inputs) == 2 and len(sign) == 1:
        other = op.inputs[1 - step.position]
        word = known.get(other) or (number(other.data, precision) if not other.ndim else "")
        word = shortened(word)
        sign = f"{sign} {word}" if step.position == 0 else f"{word} {sign}"
        words = sign.strip()
    else:
        stated = derivative(op, step.position)
        words = f"{sign}: {stated}" if stated and len(stated) < 40 else sign
    if step.index:
        words = f"{words} → {shortened(known.get(step.output, ''))}{_bracketed(step.index)}"
    return Factor(step.value, words)


def _bracketed(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _output_of(x: Tensor, frame: FrameType | None) -> Tensor:
    """Return the one number in the caller's variables that depends on ``x``, the latest."""
    held = {
        y: name for y, name in visible(frame) if y.op is not None and y.size == 1 and y is not x
    }
    users = [y for y in held if _depends(y, x)]
    users.sort(key=lambda y: y.op.order)  # type: ignore[union-attr]
    if not users:
        raise GraphError(
            f"why: none of your variables holds a number that depends on {x._label()}; say of "  # noqa: SLF001
            "which output the gradient is."
        )
    inside = set(history(users[-1]))
    apart = [held[y] for y in users if y not in inside]
    if apart:
        raise GraphError(
            f"why: {', '.join([*apart, held[users[-1]]])} all depend on {x._label()}; say of "  # noqa: SLF001
            "which the gradient is."
        )
    return users[-1]


def _depends(y: Tensor, x: Tensor) -> bool:
    return any(source is x for z in history(y) for source in z.op.inputs)  # type: ignore[union-attr]


def _tex(text: str) -> str:
    escapes = {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
        "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    }  # fmt: skip
    return "".join(escapes.get(character, character) for character in text)
