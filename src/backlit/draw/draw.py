"""Drawing the graph of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from backlit.draw.assemble import Look
from backlit.draw.figure import Figure
from backlit.draw.names import caller
from backlit.draw.read import read
from backlit.draw.theme import theme as theme_named
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Collection

    from backlit.tensor import TensorLike

__all__ = ["draw"]


def draw(
    y: Tensor,
    *,
    values: bool = True,
    gradients: bool | None = None,
    dout: TensorLike | None = None,
    formulas: bool = False,
    open: str | Collection[str] | None = None,
    depth: int = 0,
    direction: Literal["right", "down"] = "right",
    theme: Literal["light", "dark", "print"] = "light",
    precision: int = 4,
    limit: int = 300,
) -> Figure:
    """Draw the computational graph of ``y``: values over the edges, gradients under them.

    Tensors carry the names they were given, or those of the caller's variables. Gradients
    are computed for the drawing; nobody's ``.grad`` changes. Where a tensor is used several
    times, the gradient that comes back through each use stands at its branch, and their sum
    before the branch.

    Parameters
    ----------
    y
        The output.
    values
        Whether to show values.
    gradients
        Whether to show gradients; if left out, where they are defined: for a ``y`` of one
        element, or with a ``dout``.
    dout
        The gradient of ``y``, of its shape; 1 if left out.
    formulas
        Whether to write each op's gradients below it, from its card.
    open
        Names of ops to draw as their inside, ``"sigmoid"`` or several; ``"all"`` for every op.
    depth
        How many levels to open; 1 where ``open`` is given. Alone, it opens every op.
    direction
        ``"right"`` or ``"down"``.
    theme
        ``"light"``, ``"dark"``, or ``"print"`` in black and white.
    precision
        Significant digits of the numbers.
    limit
        The most ops to draw.

    Returns
    -------
    Figure
        Shown by notebooks, saved by :meth:`~backlit.draw.figure.Figure.save`, printed as text.

    Raises
    ------
    TypeRefusedError
        If ``y`` is no tensor.
    ValueRefusedError
        If an option has no such value, the graph has no op to open of such a name, or more than
        ``limit`` ops.
    ShapeError, GraphError
        If gradients are asked for where none are defined, as by ``backward``.

    Examples
    --------
    >>> import backlit as bl
    >>> apple, number, tax = bl.tensor(100, "apple"), bl.tensor(2, "number"), bl.tensor(1.1, "tax")
    >>> price = apple * number * tax
    >>> print(draw(price))
    apple                 100   ← 2.2
    number                2     ← 110
    tax                   1.1   ← 200
    #1 = apple × number   200   ← 1.1
    price = #1 × tax      220   ← 1
    """
    if not isinstance(y, Tensor):
        raise TypeRefusedError(f"draw takes a tensor, but got {type(y).__name__}.")
    if direction not in {"right", "down"}:
        raise ValueRefusedError(f"draw: direction is {direction!r}, but must be right or down.")
    if not isinstance(precision, int) or not 1 <= precision <= 17:
        raise ValueRefusedError(f"draw: precision is {precision!r}, but must be 1 to 17 digits.")
    colours = theme_named(theme)
    look = Look(values, formulas, direction == "down", precision)
    diagram = read(
        y,
        dout=dout,
        gradients=gradients,
        open=open,
        depth=depth,
        limit=limit,
        frame=caller(),
    )
    return Figure(diagram, look, colours)
