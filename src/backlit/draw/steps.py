"""What stands under the edges: numbers or derivatives, and how far the backward pass has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.draw.font import shortened
from backlit.draw.formula import Formula
from backlit.draw.formula_tex import name_tex

if TYPE_CHECKING:
    from backlit.draw.diagram import Diagram, Use
    from backlit.tensor import Tensor

__all__ = ["Backward"]

_FACTORS = 3
"""A product of more derivatives is written as the one that they make together."""


class Backward:
    """The gradients of a diagram, as they are shown.

    Parameters
    ----------
    diagram
        Whose gradients.
    symbols
        Whether to put for each the product of derivatives that the chain rule makes of it.
    steps
        After how many ops of the backward pass the drawing is made; all if ``None``.
    """

    def __init__(self, diagram: Diagram, *, symbols: bool, steps: int | None) -> None:
        self.diagram = diagram
        self.signs = _Signs(diagram) if symbols else None
        calls = diagram.calls
        self.done = set(calls if steps is None else calls[max(len(calls) - steps, 0) :])

    def arriving(self, x: Tensor) -> Any:
        """Return the gradient of a tensor: a formula, numbers, or ``None`` if there is none."""
        found = self.diagram.gradients.get(x)
        return found if found is None or self.signs is None else self.signs.arriving(x)

    def through(self, use: Use) -> Any:
        """Return what comes back through one use of a tensor, likewise."""
        found = self.diagram.parts.get(use)
        return found if found is None or self.signs is None else self.signs.through(use)

    def known(self, x: Tensor) -> bool:
        """Whether the gradient of a tensor is there yet."""
        return x is self.diagram.root or all(map(self.came, self.diagram.uses.get(x, ())))

    def came(self, use: Use) -> bool:
        """Whether something came back through this use yet."""
        return use.target in self.done


class _Signs:
    """Derivatives as formulas, by the names of what they are derivatives of."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.called: dict[Tensor, str] = {}
        unnamed = 0
        for x in (*diagram.leaves, *diagram.calls):
            name = shortened(diagram.names.get(x, ""), 12)
            if not name:
                unnamed += 1
                name = f"v{unnamed}"
            self.called[x] = name
        self.trails: dict[Tensor, list[tuple[Tensor, Tensor]]] = {}
        root = diagram.root
        for x in (root, *diagram.calls[::-1], *diagram.leaves):
            uses = diagram.uses.get(x, ())
            if x is root:
                self.trails[x] = [(root, root)]
            elif len(uses) == 1:
                self.trails[x] = self._on(uses[0])
            else:
                self.trails[x] = [(root, x)]

    def _on(self, use: Use) -> list[tuple[Tensor, Tensor]]:
        trail = [*self.trails[use.target], (use.target, use.source)]
        return trail if len(trail) <= _FACTORS else [(self.diagram.root, use.source)]

    def arriving(self, x: Tensor) -> Formula:
        """Return the derivative of the output by a tensor."""
        return self._product(self.trails[x])

    def through(self, use: Use) -> Formula:
        """Return the part of it that comes through one use."""
        trail = [*self.trails[use.target], (use.target, use.source)]
        if len(trail) > _FACTORS:
            trail = [(self.diagram.root, use.target), (use.target, use.source)]
        return self._product(trail)

    def _product(self, trail: list[tuple[Tensor, Tensor]]) -> Formula:
        names = [(self.called[of], self.called[by]) for of, by in trail]
        text = " · ".join(f"∂{of}/∂{by}" for of, by in names)
        if not all(name.isascii() and name.isalnum() for pair in names for name in pair):
            return Formula(text)  # mathtext has no letters for a name like 代金
        return Formula(text, r"\;".join(_ratio(of, by) for of, by in names))


def _ratio(of: str, by: str) -> str:
    return rf"\dfrac{{\partial {name_tex(of)}}}{{\partial {name_tex(by)}}}"
