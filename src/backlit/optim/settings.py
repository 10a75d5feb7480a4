"""Checking the numbers that optimisers and schedules are made with."""

from __future__ import annotations

import operator
from math import isfinite
from numbers import Real
from typing import Any

from backlit.errors import TypeRefusedError, ValueRefusedError


def number(value: Any, name: str, taker: str) -> float:
    """Return ``value`` as a finite Python float, which leaves the dtype of float32 arrays alone."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeRefusedError(f"{taker}: {name} must be a number, but is {value!r}.")
    plain = float(value)
    if not isfinite(plain):
        raise ValueRefusedError(f"{taker}: {name} is {plain}, but must be finite.")
    return plain


def positive(value: Any, name: str, taker: str) -> float:
    """Return ``value`` as a Python float above 0."""
    plain = number(value, name, taker)
    if plain <= 0:
        raise ValueRefusedError(f"{taker}: {name} is {plain}, but must be above 0.")
    return plain


def not_negative(value: Any, name: str, taker: str) -> float:
    """Return ``value`` as a Python float of 0 or more."""
    plain = number(value, name, taker)
    if plain < 0:
        raise ValueRefusedError(f"{taker}: {name} is {plain}, but must be 0 or more.")
    return plain


def fraction(value: Any, name: str, taker: str) -> float:
    """Return ``value`` as a Python float of 0 or more and below 1."""
    plain = number(value, name, taker)
    if not 0 <= plain < 1:
        raise ValueRefusedError(f"{taker}: {name} is {plain}, but must be at least 0 and below 1.")
    return plain


def count(value: Any, name: str, taker: str) -> int:
    """Return ``value`` as a whole number of 1 or more."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeRefusedError(f"{taker}: {name} must be a whole number, but is {value!r}.")
    whole = operator.index(value)
    if whole < 1:
        raise ValueRefusedError(f"{taker}: {name} is {whole}, but must be at least 1.")
    return whole
