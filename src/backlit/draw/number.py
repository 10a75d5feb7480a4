"""Numbers as a textbook prints them."""

from __future__ import annotations

from math import isinf, isnan
from typing import Any

__all__ = ["number"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: Any, precision: int = 4) -> str:
    """Return ``value`` rounded to ``precision`` significant digits; whole digits are all kept.

    Examples
    --------
    >>> number(220.00000000000003), number(-0.8), number(12345.678), number(2.5e-7)
    ('220', '−0.8', '12346', '2.5·10⁻⁷')
    >>> number(float("nan")), number(float("-inf"))
    ('NaN', '−∞')
    """
    x = float(value)
    if isnan(x):
        return "NaN"
    if isinf(x):
        return "∞" if x > 0 else "−∞"
    size = abs(x)
    if size and not 1e-4 <= size < 1e7:
        digits, exponent = f"{x:.{precision - 1}e}".split("e")
        if "." in digits:
            digits = digits.rstrip("0").rstrip(".")
        return f"{digits}·10{raised(int(exponent))}".replace("-", "−")
    text = f"{x:.0f}" if size >= 10**precision else f"{x:.{precision}g}"
    if "e" in text:
        text = f"{x:.0f}"
    return "0" if text == "-0" else text.replace("-", "−")


def raised(exponent: int) -> str:
    """Return an exponent in superscript digits."""
    return str(exponent).translate(_RAISED)
