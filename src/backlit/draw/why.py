"""The chain rule in the user's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from backlit.draw.why_reason import Why
    from backlit.tensor import Tensor

__all__ = ["why"]


def why(
    x: Tensor,
    y: Tensor | None = None,
    index: int | tuple[int, ...] | None = None,
    *,
    direction: ArrayLike | None = None,
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
    direction
        How far each element of ``x`` moves, of its shape: the derivative along that direction is
        explained, and each path ends with how far the element moves that it begins in.
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
        If ``y`` is not one number, ``x`` has no such element, or the direction another shape.
    ValueRefusedError
        If both an element and a direction are given.
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
    >>> v = bl.tensor([1.0, 2.0], "v")
    >>> print(why(v, (v * v).sum(), direction=[10.0, 1.0], most=2))
    ∂y/∂v · direction = 24, the sum over 2 paths
      10 = 1 × 1 (Σ) × 1 (× v → [0]) × 10 (direction[0])
      10 = 1 × 1 (Σ) × 1 (v × → [0]) × 10 (direction[0])
       4 = all others together
    """
    # What follows is large, and whoever imports the library may never need it.
    from backlit.draw.explained import explained  # noqa: PLC0415

    return explained(x, y, index, direction=direction, most=most, precision=precision)
