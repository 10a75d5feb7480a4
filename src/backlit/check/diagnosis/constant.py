"""Off by a constant: the sign, a coefficient, the size of the batch."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis

__all__ = ["constant"]


def constant(case: Case) -> Diagnosis | None:
    """Find one number by which the whole gradient would be right."""
    c = fitted(case)
    if c is None:
        return None
    d = case.d
    if abs(c + 1) < 1e-6:
        return Diagnosis(
            "sign",
            f"{d} has the wrong sign: every element is −1 times what it should be",
            0.97,
            f"{d} = -{d}",
        )
    n = case.evidence.batch
    for power in (1, 2):
        if n > 2 and (c == _near(c, n**power) or c == _near(c, n**-power)):
            times = "once too often" if c > 1 else "not at all, or once too few"
            return Diagnosis(
                "batch_size",
                f"{d} is {1 / c:.6g} times what it should be, and the batch has {n} samples: "
                f"it is divided by the batch size {times}",
                0.95,
                f"{d} = {d} {'*' if c > 1 else '/'} {n}",
            )
    for length, what in _lengths(case):
        if case.is_elementwise:  # there is no sum in it
            break
        if length > 2 and (c == _near(c, length) or c == _near(c, 1 / length)):
            names = ("a mean is taken where the sum is meant", "a mean is not divided by")
            return Diagnosis(
                "mean_for_sum",
                f"{d} is {1 / c:.6g} times what it should be, and {what}: "
                f"{names[0] if c > 1 else names[1]} {length}",
                0.9,
                f"{d} = {d} {'*' if c > 1 else '/'} {length}",
            )
    if 0.9 < abs(c) < 1.12 and abs(c - 1) < 1e-7:
        return None
    return Diagnosis(
        "factor",
        f"{d} is off by a constant factor: every element has to be multiplied by {_told(c)}",
        0.93 if _is_simple(c) else 0.85,
        f"{d} = {_told(c)} * {d}",
    )


def fitted(case: Case) -> float | None:
    """Return the ``c`` with ``c · got = expected``, if there is one."""
    got, sample = case.got, case.sample
    smooth = ~sample.kinked & np.isfinite(got)
    if np.count_nonzero(np.abs(got[smooth]) > 0) < 1:
        return None
    with np.errstate(all="ignore"):
        g, e = got[smooth], sample.expected[smooth]
        c = float(np.dot(g, e) / np.dot(g, g))
    if not np.isfinite(c) or c == 0 or not case.is_right(c * case.gradient, 1e-6):
        return None
    if np.count_nonzero(np.abs(e) > 1e-12) < 2 and case.slot.array.size > 1:
        return None
    other = case.another()
    if other is not None:
        again = case.got_of(other[1])
        if again is None:
            return None
        second = case.evidence.sample(case.slot, other[0])
        values = c * again.ravel()[second.index]
        scale = np.abs(second.expected).max(initial=0.0)
        smooth = ~second.kinked
        allowed = 1e-5 * scale + second.error
        if not (np.abs(values - second.expected) <= allowed)[smooth].all():
            return None
    return c


def _lengths(case: Case) -> list[tuple[int, str]]:
    """List the numbers that a mean may be over, with what they count."""
    shapes = [(case.y.shape, "the output"), (case.slot.shape, "the tensor")]
    shapes += [
        (np.shape(x), f"{name}")
        for name, x in case.evidence.part.inputs.items()
        if isinstance(x, np.ndarray)
    ]
    found: dict[int, str] = {}
    for shape, name in shapes:
        for start in range(len(shape)):
            for stop in range(start + 1, len(shape) + 1):
                length = int(np.prod(shape[start:stop]))
                axes = "an axis" if stop - start == 1 else "axes"
                hold = "holds" if stop - start == 1 else "hold"
                found.setdefault(length, f"{axes} of {name} {shape} {hold} {length} numbers")
    n = case.evidence.batch
    for length in list(found):
        if n > 1 and length % n == 0:
            found.setdefault(length // n, f"there are {length // n} numbers to a sample")
    return list(found.items())


def _near(c: float, value: float) -> float:
    """Return ``c`` itself if it is ``value`` up to rounding and the error of slopes."""
    return c if abs(c / value - 1) < 1e-6 else np.nan


def _is_simple(c: float) -> bool:
    fraction = Fraction(c).limit_denominator(16)
    return abs(float(fraction) / c - 1) < 1e-6


def _told(c: float) -> str:
    fraction = Fraction(c).limit_denominator(16)
    if _is_simple(c) and fraction.denominator > 1:
        return f"{fraction.numerator}/{fraction.denominator}"
    return f"{c:.6g}"
