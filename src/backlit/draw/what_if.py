"""What a derivative promises, beside what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from backlit.draw.tried import WhatIf
    from backlit.tensor import Tensor

__all__ = ["what_if"]


def what_if(
    y: Tensor,
    changes: Mapping[Tensor, ArrayLike] | None = None,
    *,
    precision: int = 4,
    **named: ArrayLike,
) -> WhatIf:
    """Compute ``y`` again with some inputs changed, and compare with what the gradient predicts.

    Parameters
    ----------
    y
        The output, one number.
    changes
        What to add to which tensor.
    precision
        Significant digits of the text.
    named
        The same by name, the user's or that of the caller's variable: ``apple=+1``.

    Raises
    ------
    TypeRefusedError
        If ``y`` is no tensor.
    ShapeError
        If ``y`` is not one number, or a change does not fit its tensor.
    ValueRefusedError
        If nothing changes, or ``y`` does not depend on what does.

    Examples
    --------
    >>> import backlit as bl
    >>> apple, number = bl.tensor(100, "apple"), bl.tensor(2, "number")
    >>> price = apple * number
    >>> print(what_if(price, apple=+1))
    apple +1: price changes by +2 (200 → 202); the gradient predicts +2
    >>> print(what_if(price, apple=+1, number=+1))
    apple +1, number +1: price changes by +103 (200 → 303); the gradient predicts +102
    """
    # What follows is large, and whoever imports the library may never need it.
    from backlit.draw.tried import tried  # noqa: PLC0415

    return tried(y, changes or {}, named, precision)
