"""Checking what layers are made with."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any

import numpy as np

from backlit.errors import TypeRefusedError, ValueRefusedError


def size(value: Any, name: str, taker: str) -> int:
    """Return ``value`` as a whole number of 1 or more."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeRefusedError(f"{taker}: {name} must be a whole number, but is {value!r}.")
    whole = operator.index(value)
    if whole < 1:
        raise ValueRefusedError(f"{taker}: {name} is {whole}, but must be at least 1.")
    return whole


def number(value: Any, name: str, taker: str) -> float:
    """Return ``value`` as a Python float, which leaves the dtype of float32 arrays alone."""
    if not isinstance(value, Real):
        raise TypeRefusedError(f"{taker}: {name} must be a number, but is {value!r}.")
    return float(value)


def generator(rng: np.random.Generator | int | None, taker: str) -> np.random.Generator:
    """Return a generator: the one given, one made from a seed, or a fresh one."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        kind = TypeRefusedError if isinstance(error, TypeError) else ValueRefusedError
        raise kind(
            f"{taker}: rng must be a numpy.random.Generator, a seed of 0 or more, or None, "
            f"but is {rng!r}."
        ) from None


def float_dtype(dtype: Any, taker: str) -> np.dtype[Any]:
    """Return ``dtype`` as NumPy's, or say that ``taker`` needs a floating-point one."""
    try:
        wanted: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise TypeRefusedError(f"{taker}: {dtype!r} is not a dtype; use 'float32'.") from None
    if wanted.kind != "f":
        raise TypeRefusedError(
            f"{taker}: parameters have gradients, so their dtype must be a floating-point one, "
            f"not {wanted}; use 'float32' or 'float64'."
        )
    return wanted
