"""Drawing the graph of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Collection

    from backlit.compile import Compiled
    from backlit.draw.figure import Figure
    from backlit.draw.fold import Fold
    from backlit.tensor import TensorLike

__all__ = ["draw"]


def draw(
    y: Tensor | Compiled,
    *,
    values: bool = True,
    gradients: bool | Literal["symbols"] | None = None,
    steps: int | None = None,
    dout: TensorLike | None = None,
    formulas: bool = False,
    open: str | Collection[str] | None = None,
    depth: int = 0,
    fold: Fold = "auto",
    unfold: str | Collection[str] | None = None,
    direction: Literal["right", "left", "down", "up"] = "right",
    theme: Literal["light", "dark", "print"] = "light",
    precision: int = 4,
    size: float = 1.0,
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
        The output. Or a compiled step: then its program is drawn, as by
        :meth:`backlit.compile.Compiled.draw`, which says what options there are.
    values
        Whether to show values.
    gradients
        Whether to show gradients; if left out, where they are defined: for a ``y`` of one
        element, or with a ``dout``. ``"symbols"`` writes them as the derivatives whose product
        they are, by the chain rule.
    steps
        Show gradients as far as they are known after so many ops of the backward pass.
    dout
        The gradient of ``y``, of its shape; 1 if left out.
    formulas
        Whether to write each op's gradients below it, from its card.
    open
        Names of ops to draw as their inside, ``"sigmoid"`` or several; ``"all"`` for every op.
    depth
        How many levels to open; 1 where ``open`` is given. Alone, it opens every op.
    fold
        How to draw many ops as few blocks. ``"layer"``: one for each layer, with its name and
        its parameters in it. ``"repeat"``: one for what follows itself several times, with how
        often. ``"auto"``: both, in graphs of more than 40 ops, opened as far as can be taken in
        at a glance. ``False``: not at all.
    unfold
        Names of blocks to open nevertheless, ``"affine2"`` or several. Of a repetition one
        round is opened, and the others stay folded.
    direction
        Which way the values go: ``"right"``, ``"left"``, ``"down"`` or ``"up"``.
    theme
        ``"light"``, ``"dark"``, or ``"print"`` in black and white.
    precision
        Significant digits of the numbers.
    size
        How large: 2 is twice as large. The letters of values are 15 units high at 1.
    limit
        The most ops and blocks to draw.

    Returns
    -------
    Figure
        Shown by notebooks, saved by :meth:`~backlit.draw.figure.Figure.save`, printed as text.

    Raises
    ------
    TypeRefusedError
        If ``y`` is neither.
    ValueRefusedError
        If an option has no such value, the graph has no op or block of such a name to open,
        or more than ``limit`` ops are to be drawn.
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
    options = {name: value for name, value in locals().items() if name != "y"}
    if direction not in {"right", "left", "down", "up"}:
        raise ValueRefusedError(
            f"draw: direction is {direction!r}, but must be right, left, down or up."
        )
    if not isinstance(precision, int) or not 1 <= precision <= 17:
        raise ValueRefusedError(f"draw: precision is {precision!r}, but must be 1 to 17 digits.")
    if not isinstance(size, (int, float)) or not 0 < size <= 100:
        raise ValueRefusedError(f"draw: size is {size!r}, but must be a number above 0, up to 100.")
    if steps is not None and (type(steps) is not int or steps < 0):
        raise ValueRefusedError(f"draw: steps is {steps!r}, but must be a number of ops, from 0.")
    # What follows is large, and whoever imports the library may never need it.
    if isinstance(y, Tensor):
        from backlit.draw.drawn import drawn  # noqa: PLC0415

        return drawn(y, **options)
    from backlit.compile import Compiled  # noqa: PLC0415

    if not isinstance(y, Compiled):
        raise TypeRefusedError(
            f"draw takes a tensor or a compiled step, but got {type(y).__name__}."
        )
    from backlit.draw.program import drawn_program  # noqa: PLC0415

    return drawn_program(y.program, y._name, options, draw.__kwdefaults__ or {})  # noqa: SLF001
