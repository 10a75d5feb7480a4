"""What goes into user code, and what comes out of it, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.part import Broken
from backlit.check.tap import copied
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "another_batch",
    "as_output",
    "dout_for",
    "dtype_of",
    "duplicates",
    "is_numbers",
    "pieces",
    "prepared",
    "promoted",
    "was_array",
]


def as_output(y: Any, phase: str) -> NDArray[Any]:
    """Return what forward gave as an array of real numbers.

    Raises
    ------
    Broken
        If it is none.
    """
    if isinstance(y, Tensor):
        y = y.data
    if y is None:
        raise Broken(phase, message=f"{phase} returns nothing (None); does it lack a return?")
    try:
        array = np.asarray(y)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        raise Broken(phase, message=f"{phase} must return real numbers, but returned {y!r:.60}")
    # A copy: what is returned may be the input itself, which is moved.
    return array.copy() if array.dtype.kind == "f" else array.astype(np.float64)


def prepared(x: Any) -> Any:
    """Copy an argument for the check: floats as a float64 array, all else as it is."""
    if isinstance(x, Tensor):
        x = x.data
    if isinstance(x, (float, np.floating)):
        return np.array(x, np.float64)
    if isinstance(x, list) and is_numbers(x):
        x = np.array(x)
    if isinstance(x, np.ndarray):
        return x.astype(np.float64) if x.dtype.kind == "f" else x.copy()
    return copied(x)


def promoted(x: Any) -> Any:
    """Make integers floats, where there is nothing else to differentiate by."""
    if isinstance(x, (int, np.integer)) and not isinstance(x, bool):
        return np.array(x, np.float64)
    return x


def is_numbers(x: Any) -> bool:
    """Tell whether something is a real number or an array of them."""
    try:
        return np.asarray(x).dtype.kind in "fiub"
    except ValueError:
        return False


def was_array(given: Any) -> bool:
    """Tell whether an argument came as an array, and not as a number."""
    return isinstance(given, (np.ndarray, Tensor))


def dtype_of(given: Any) -> np.dtype[Any]:
    """Return the dtype of an argument; float64 for a number."""
    dtype = getattr(given, "dtype", None)
    return np.dtype(dtype) if dtype is not None else np.dtype(np.float64)


def dout_for(y: NDArray[Any]) -> NDArray[Any]:
    """Return an upstream gradient for an output: 1 for one number, else random numbers."""
    if y.size == 1:
        return np.ones(y.shape)
    return np.random.default_rng(0).standard_normal(y.shape)


def duplicates(arguments: list[Any]) -> list[Any]:
    """Copy arguments."""
    return [copied(x) for x in arguments]


def another_batch(arguments: list[Any]) -> list[Any]:
    """Return arguments of the same form with other numbers, up or down by about as much again."""
    return [
        x + 0.37 * (1 + np.abs(x)) * np.sign(np.sin(1 + np.arange(x.size))).reshape(x.shape)
        if isinstance(x, np.ndarray) and x.dtype.kind == "f"
        else copied(x)
        for x in arguments
    ]


def pieces(flat: NDArray[Any], shapes: list[tuple[int, ...]]) -> list[Any]:
    """Cut a flat gradient into those of several outputs."""
    found, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        found.append(flat[start : start + size].reshape(shape))
        start += size
    return found
