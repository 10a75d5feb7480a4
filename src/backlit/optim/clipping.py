"""Limiting gradients. Both functions return new arrays and write into none."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.optim.settings import positive
from backlit.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["clip_by_norm", "clip_by_value", "global_norm"]


def global_norm(gradients: Sequence[Array]) -> Any:
    """Return the Euclidean norm of all gradients taken as one long vector.

    It is summed in float64, and float64 entries are divided by the largest before they are
    squared, so that no square overflows. It is ``nan`` if an entry is, and otherwise ``inf`` if
    an entry is.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.optim import global_norm
    >>> print(global_norm([np.array([3.0, 0.0]), np.array([[4.0]])]))
    5.0
    """
    return quiet(lambda: np.multiply(*_norm(_floats(gradients))))


def clip_by_norm(gradients: Sequence[Array], limit: float) -> list[Array]:
    """Scale all gradients by one factor, so that their global norm is at most ``limit``.

    The direction of the step stays as it is. A gradient that is not finite is not hidden: one
    ``nan`` makes all entries ``nan``; an ``inf`` becomes ``nan``, and the finite entries 0.

    Parameters
    ----------
    gradients
        Arrays of any shapes.
    limit
        The largest norm, above 0.

    Returns
    -------
    list of numpy.ndarray
        New arrays, of the shapes and dtypes given; integers become float64.

    Raises
    ------
    TypeRefusedError
        If ``limit`` is not a number.
    ValueRefusedError
        If ``limit`` is not above 0, or not finite.

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
    networks", ICML 2013, section 3.2, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.optim import clip_by_norm
    >>> clip_by_norm([np.array([30.0, 0.0]), np.array([[40.0]])], 5.0)
    [array([3., 0.]), array([[4.]])]
    """
    limit = positive(limit, "limit", "clip_by_norm()")
    return quiet(_scaled, _floats(gradients), limit)  # type: ignore[no-any-return]


def clip_by_value(gradients: Sequence[Array], limit: float) -> list[Array]:
    """Limit every entry to ``-limit`` … ``limit``.

    ``inf`` is limited like any number; ``nan`` stays ``nan``.

    Parameters
    ----------
    gradients
        Arrays of any shapes.
    limit
        The largest magnitude, above 0.

    Returns
    -------
    list of numpy.ndarray
        New arrays, of the shapes and dtypes given; integers become float64.

    Raises
    ------
    TypeRefusedError
        If ``limit`` is not a number.
    ValueRefusedError
        If ``limit`` is not above 0, or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.optim import clip_by_value
    >>> clip_by_value([np.array([0.5, -7.0])], 1.0)
    [array([ 0.5, -1. ])]
    """
    limit = positive(limit, "limit", "clip_by_value()")
    return [np.clip(gradient, -limit, limit) for gradient in _floats(gradients)]


def _scaled(gradients: Sequence[Array], limit: float) -> list[Array]:
    largest, norm = _norm(gradients)
    # At norm 0 the quotient is inf, and the smaller of it and 1 is 1.
    factor = np.minimum(limit / largest / norm, 1.0)
    return [gradient * factor.astype(gradient.dtype) for gradient in gradients]


def _norm(gradients: Sequence[Array]) -> tuple[Any, Any]:
    """Return the global norm as two factors, the first of which keeps squares from overflowing."""
    largest: Any = np.float64(1.0)
    entries = [gradient.astype(np.float64) for gradient in gradients]
    if any(gradient.dtype.itemsize > 4 and gradient.size for gradient in gradients):
        found = reduce(np.maximum, [np.max(np.abs(entry)) for entry in entries if entry.size])
        largest = np.where((found > 0) & (found < np.inf), found, 1.0)
        entries = [entry / largest for entry in entries]
    return largest, np.sqrt(sum(np.sum(entry**2) for entry in entries))


def _floats(gradients: Sequence[Array]) -> list[Array]:
    return [
        gradient if gradient.dtype.kind == "f" else gradient.astype(np.float64)
        for gradient in gradients
    ]
