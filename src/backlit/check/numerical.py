"""Slopes by central differences: one element moved up and down, everything else as it is."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Differences", "as_number", "central_differences", "numerical_gradient", "restored"]

Array: TypeAlias = NDArray[Any]

EPS = float(np.finfo(np.float64).eps)


def numerical_gradient(
    f: Callable[[Any], Any], x: Tensor | ArrayLike, h: float | None = None
) -> Array:
    """Return the slope of ``f`` along every element of ``x``, ``(f(x + h) − f(x − h)) / 2h``.

    ``x`` is moved in place, one element at a time, and put back bit for bit, also where ``f``
    raises or is interrupted. So ``f`` may read its argument or the array that was given; both
    are the same.

    Parameters
    ----------
    f
        Returns one number. Called with ``x`` (with an array of it, for numbers and lists).
    x
        An array of floats of any shape, or a tensor; numbers and lists are converted.
    h
        How far each element moves. 1e-4 if left out, or more where the dtype of ``x`` has
        fewer digits than float64.

    Returns
    -------
    ndarray
        The slopes in float64, of the shape of ``x``.

    Raises
    ------
    TypeRefusedError
        If ``x`` is an array of integers, into which nothing as small as ``h`` can be written, or
        is not made of real numbers; or if ``f`` does not return one number.
    ValueRefusedError
        If ``x`` is read-only, or so large that adding ``h`` changes nothing.

    Warns
    -----
    UserWarning
        If ``x`` is float32 or smaller: half of its few digits are lost in the difference.

    Examples
    --------
    >>> W = np.array([3.0, 4.0])
    >>> numerical_gradient(lambda W: np.sum(W**2), W).round(6)
    array([6., 8.])
    """
    array = _movable(x)
    argument = x if isinstance(x, (np.ndarray, Tensor)) else array
    eps = float(np.finfo(array.dtype).eps)
    if h is None:
        h = max(1e-4, eps ** (1 / 3))
    if not (np.isfinite(h) and h > 0):
        raise ValueRefusedError(f"numerical_gradient: h must be above 0, not {h}.")
    if eps > 1e-10:
        warnings.warn(
            f"numerical_gradient: x is {array.dtype}, which leaves about "
            f"{max(1, round(-np.log10(max(eps / h, h * h))))} digits with h={h:.2g}; for more, "
            "pass x.astype(np.float64).",
            UserWarning,
            stacklevel=2,
        )

    def evaluate() -> float:
        return as_number(f(argument), "numerical_gradient: f")

    found = central_differences(evaluate, array, range(array.size), h)
    if not found.moved.all():
        place = np.unravel_index(int(np.argmin(found.moved)), array.shape)
        raise ValueRefusedError(
            f"numerical_gradient: x{_subscript(place)} is {array[place]!s}, and adding h={h:.2g} "
            f"to it changes nothing in {array.dtype}; pass a larger h."
        )
    return found.slopes.reshape(array.shape)


class Differences(NamedTuple):
    """Central differences at some places, and how far rounding alone may put them off."""

    slopes: NDArray[np.float64]
    rounding: NDArray[np.float64]
    moved: NDArray[np.bool_]


def central_differences(
    evaluate: Callable[[], float],
    array: Array,
    places: Iterable[int],
    h: float,
    *,
    magnitude: float = 0.0,
    relative: bool = False,
) -> Differences:
    """Return the slopes of ``evaluate()`` along the elements of ``array`` at flat ``places``.

    Parameters
    ----------
    evaluate
        Reads ``array`` and returns a number.
    array
        Moved in place and put back.
    places
        Indices into the array, flattened in C order.
    h
        How far an element moves; multiplied by elements beyond 1 if ``relative``.
    magnitude
        The size of the numbers that ``evaluate`` adds up, if larger than its result.
    relative
        Whether ``h`` grows with the element.
    """
    slopes, rounding, moved = [], [], []
    flat = array.flat
    with restored(array):
        for place in places:
            x = flat[place]
            by = h * max(1.0, abs(float(x))) if relative else h
            flat[place] = x + by
            above = float(flat[place])
            up = evaluate()
            flat[place] = x - by
            below = float(flat[place])
            down = evaluate()
            flat[place] = x
            # 2h as textbooks write it, unless x ± h was rounded to another distance.
            distance = 2 * by
            if abs(above - below - distance) > 1e-9 * distance:
                distance = above - below
            moved.append(distance != 0)
            slopes.append((up - down) / distance if distance else 0.0)
            size = max(abs(up), abs(down), magnitude)
            rounding.append(EPS * size / distance if distance else 0.0)
    return Differences(np.array(slopes, float), np.array(rounding, float), np.array(moved, bool))


@contextmanager
def restored(array: Array) -> Iterator[None]:
    """Put an array back as it was, bit for bit, whatever happens inside."""
    original = array.copy()
    try:
        yield
    finally:
        np.copyto(array, original)


def as_number(value: Any, who: str) -> float:
    """Take one real number, as a number, an array or a tensor.

    Raises
    ------
    TypeRefusedError
        If ``value`` is anything else.
    """
    if isinstance(value, float):  # np.float64 is one
        return float(value)
    data = value.data if isinstance(value, Tensor) else value
    try:
        array = np.asarray(data)
    except ValueError:
        array = np.empty(0)
    if array.size == 1 and array.dtype.kind in "fiub":
        return float(array.item())
    what = f"{type(value).__name__} {value!r:.60}"
    if isinstance(value, (np.ndarray, Tensor)):
        what = f"one of shape {value.shape} and dtype {value.dtype}"
    raise TypeRefusedError(f"{who} must return one number, but returned {what}.")


def _movable(x: Any) -> Array:
    """Return the array to move: the caller's own, or one made of numbers and lists."""
    if isinstance(x, Tensor):
        x = x.data
    if not isinstance(x, np.ndarray):
        try:
            array = np.array(x, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise TypeRefusedError(
                f"numerical_gradient: x must be made of real numbers, not "
                f"{type(x).__name__} {x!r:.60}. ({error})"
            ) from None
        return array
    if x.dtype.kind in "iub":
        raise TypeRefusedError(
            f"numerical_gradient: x is an array of {x.dtype}, into which x + 0.0001 cannot be "
            "written: every slope would come out 0. Pass x.astype(float)."
        )
    if x.dtype.kind != "f":
        raise TypeRefusedError(
            f"numerical_gradient: x must be made of real numbers, but its dtype is {x.dtype}."
        )
    if not x.flags.writeable:
        raise ValueRefusedError(
            "numerical_gradient: x is read-only, but is moved in place; pass x.copy()."
        )
    return x


def _subscript(index: tuple[Any, ...]) -> str:
    return f"[{', '.join(str(int(i)) for i in index)}]" if index else ""
