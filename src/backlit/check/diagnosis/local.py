"""Elementwise functions: the derivative taken at another place, or of another function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.part import Broken

if TYPE_CHECKING:
    from backlit.check.evidence import Floats

__all__ = ["at_input", "at_output", "other_function"]

IN_TERMS_OF_OUTPUT = (
    "y * (1 - y)", "1 - y**2", "y", "1 / (2 * y)", "1 - np.exp(-y)", "-y**2", "np.exp(-y)",
    "1 + y**2", "1 / (3 * y**2)", "1 + y", "-y",
)  # fmt: skip
"""Derivatives that are written in terms of the output: of sigmoid, tanh, exp, sqrt, softplus,
1/x, log, tan, the cube root, elu, and exp(−x)."""


def at_output(case: Case) -> Diagnosis | None:
    """Try the function's own derivative, taken at the output."""
    if not (case.is_elementwise and case.is_local):
        return None
    inside = case.evidence
    x, y = case.x.copy(), case.y
    try:
        np.copyto(case.slot.array, y)
        there = inside.part.output()
        slope = _slope_at(case, there)
    except Broken:
        return None
    finally:
        np.copyto(case.slot.array, x)
    values = slope.ravel()[case.sample.index]
    if not _agree(values, case.local_got) or _agree(values, case.local):
        return None
    return Diagnosis(
        "derivative_at_output",
        f"the derivative is taken at the output instead of the input: {case.d} is dout * f'(y), "
        f"where y = f({case.slot.tensor}), and has to be dout * f'({case.slot.tensor})",
        0.96,
        f"save {case.slot.tensor} in forward, and compute f'({case.slot.tensor}) in backward",
    )


def _slope_at(case: Case, there: np.ndarray) -> np.ndarray:
    from backlit.check.slopes import directional  # noqa: PLC0415 - used at another point only here

    part = case.evidence.part
    return directional(part.output, case.slot.array, np.ones(case.slot.shape), there).value


def at_input(case: Case) -> Diagnosis | None:
    """Try a derivative in terms of the output that is fed the input (or fed the output twice)."""
    if case.slot.shape != case.y.shape or not (case.is_elementwise and case.is_local):
        return None
    x, y = case.x.ravel()[case.sample.index], case.y.ravel()[case.sample.index]
    for text in IN_TERMS_OF_OUTPUT:
        with np.errstate(all="ignore"):
            right, wrong = (eval(text, {"np": np, "y": at}) for at in (y, x))  # noqa: S307
        if _agree(right, case.local) and _agree(wrong, case.local_got):
            name = case.slot.tensor
            return Diagnosis(
                "derivative_at_input",
                f"the derivative is written in terms of the output, {text} with y = f({name}), "
                f"but is fed the input {name}",
                0.96,
                f"{case.d} = dout * ({text})  # y is what forward returned",
            )
    return None


def other_function(case: Case) -> Diagnosis | None:
    """Say that the local derivative is that of another function, and of which if it is known."""
    if case.slot.role != "input" or not (case.is_elementwise and case.is_local):
        return None
    right, wrong = case.local, case.local_got
    x, y = case.x.ravel()[case.sample.index], case.y.ravel()[case.sample.index]
    if len(x) < 2 or np.count_nonzero(np.abs(right - wrong) > 1e-6 * np.abs(right).max()) < 2:
        return None
    is_, should = _name_of(wrong, x, y), _name_of(right, x, y)
    k = int(np.argmax(np.abs(right - wrong)))
    name = case.slot.tensor
    words = f"at {name} = {x[k]:.4g} it uses {wrong[k]:.6g}, and the slope is {right[k]:.6g}"
    if is_:
        words += f"; it uses {is_}"
    if should:
        words += f", which should be {should}" if is_ else f"; it should be {should}"
    return Diagnosis(
        "local_derivative",
        f"{case.d} is dout times a derivative, but not this function's: {words}",
        0.85,
        f"{case.d} = dout * ({should})" if should else "",
    )


KNOWN = (
    "np.cos(x)", "-np.sin(x)", "np.sin(x)", "-np.cos(x)", "np.exp(x)", "1 / x", "1 / x**2",
    "-1 / x**2", "2 * x", "3 * x**2", "3 * x**3", "x", "y", "y * (1 - y)", "1 - y", "1 - y**2",
    "1 / (1 + x**2)", "1 / np.cos(x)**2", "1 / (1 + np.exp(-x))", "1 / (2 * y)", "np.sign(x)",
    "1.0 * (x > 0)", "1 + 0 * x", "0 * x",
)  # fmt: skip
"""Derivatives that people write, as expressions of the input ``x`` and the output ``y``."""


def _name_of(values: Floats, x: Floats, y: Floats) -> str:
    with np.errstate(all="ignore"):
        for text in KNOWN:
            if _agree(eval(text, {"np": np, "x": x, "y": y}), values):  # noqa: S307 - our own text
                return text
    return ""


def _agree(one: Floats, other: Floats) -> bool:
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return False
    scale = max(np.abs(one).max(initial=0.0), np.abs(other).max(initial=0.0), 1e-300)
    return bool(np.allclose(one, other, rtol=1e-5, atol=1e-7 * scale))
