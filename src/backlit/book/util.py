"""The book's helpers for training scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["shuffle_dataset", "smooth_curve"]

WINDOW = 11


def smooth_curve(x: ArrayLike) -> NDArray[Any]:
    """Smooth a curve by a Kaiser window of 11 points (β = 2), mirrored at the ends.

    Parameters
    ----------
    x
        A curve, ``(N,)``.

    Returns
    -------
    ndarray
        ``(N,)``.

    Raises
    ------
    ShapeError
        If ``x`` is not a curve of at least one point.

    Examples
    --------
    >>> smooth_curve([2.0] * 20).round(9).tolist() == [2.0] * 20
    True
    """
    curve = np.asarray(x, dtype=float)
    if curve.ndim != 1 or not curve.size:
        raise ShapeError(f"smooth_curve: x must be a curve of shape (N,), not {curve.shape}.")
    window = np.kaiser(WINDOW, 2)
    mirrored = np.pad(curve, WINDOW // 2, mode="reflect")
    return np.convolve(window / window.sum(), mirrored, mode="valid")


def shuffle_dataset(
    x: NDArray[Any], t: NDArray[Any], *, rng: np.random.Generator | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return samples and labels in one new random order.

    Parameters
    ----------
    x, t
        ``(N, ...)`` each.
    rng
        Decides the order; NumPy's global state if left out.

    Raises
    ------
    ShapeError
        If ``x`` and ``t`` differ in length.

    Examples
    --------
    >>> x, t = shuffle_dataset(np.arange(5) * 10, np.arange(5))
    >>> (x == t * 10).all()
    np.True_
    """
    if len(x) != len(t):
        raise ShapeError(
            f"shuffle_dataset: x has {len(x)} samples and t has {len(t)}; they must be paired."
        )
    order = (np.random if rng is None else rng).permutation(len(x))
    return x[order], t[order]
