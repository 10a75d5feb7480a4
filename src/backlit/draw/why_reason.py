"""What an explanation of a gradient says: paths, their factors, and their sum."""

from __future__ import annotations

from dataclasses import dataclass

from backlit.draw.notebook import Shown
from backlit.draw.number import number
from backlit.draw.why_html import why_html
from backlit.draw.why_tex import why_tex

__all__ = ["Factor", "Path", "Why"]

_WHOLE, _ENDS = 8, 3
"""A product of more factors is written with this many of them at each end."""


@dataclass(frozen=True)
class Factor:
    """A local derivative, and what it is the derivative of: ``1.1 (× tax)``."""

    value: float
    words: str
    label: str = ""
    """The words without the formula, and :attr:`tex` the formula as LaTeX, where there is one."""
    tex: str = ""


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
class Why(Shown):
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
        """Return it as LaTeX, to stand between dollar signs."""
        return why_tex(self)

    def shortened(self, path: Path) -> list[Factor]:
        """Return the factors of a path; of many, those between become one that is their product."""
        factors = list(path.factors)
        if len(factors) > _WHOLE:
            between = Path(path.factors[_ENDS:-_ENDS])
            words = f"{len(between.factors)} factors"
            factors[_ENDS:-_ENDS] = [Factor(between.product, words)]
        return factors

    def _repr_html_(self) -> str:
        return why_html(self)

    def _product(self, path: Path) -> str:
        factors = [
            f"{number(factor.value, self.precision)} ({factor.words})"
            for factor in self.shortened(path)
        ]
        return " × ".join(["1", *factors])
