"""The chapter's numerical gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.check.numerical import numerical_gradient as slopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["numerical_gradient"]


def numerical_gradient(f: Callable[[Any], Any], x: ArrayLike) -> NDArray[Any]:
    """Return the slope of ``f`` along every element of ``x``, with the chapter's ``h``, 1e-4.

    (For float32, ``h`` is larger, and a warning says so.)

    ``x`` is moved in place and put back, so ``f`` may read the array itself and ignore its
    argument. See :func:`backlit.check.numerical_gradient`, also for what it refuses.

    Examples
    --------
    >>> import numpy as np
    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([3.0, 4.0])).round(6)
    array([6., 8.])
    """
    return slopes(f, x)
