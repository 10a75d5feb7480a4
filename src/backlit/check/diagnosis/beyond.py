"""What is done to a right gradient in the end: decay added or forgotten, limits put on it."""

from __future__ import annotations

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis

__all__ = ["clipped", "decayed"]

ENOUGH = 3
"""From so many elements on, that they agree is no chance."""


def decayed(case: Case) -> Diagnosis | None:
    """Try whether what is missing is a multiple of the tensor itself, as of a penalty ½c·W²."""
    if case.slot.role != "parameter" or case.sample.kinked.any():
        return None
    x = case.x.ravel()[case.sample.index]
    moved = np.abs(x) > 1e-9 * np.abs(x).max(initial=0.0)
    if np.count_nonzero(moved) < ENOUGH or not case.got.any():
        return None
    missing = case.expected - case.got
    c = float(np.dot(missing, x) / np.dot(x, x))
    scale = float(np.abs(missing).max())
    if not np.isfinite(c) or not np.allclose(missing, c * x, rtol=0, atol=1e-5 * scale):
        return None
    name, size = case.slot.tensor, f"{abs(c):.6g}"
    if c > 0:
        return Diagnosis(
            "dropped_use",
            f"{case.d} lacks {size} times {name} itself: forward (the loss) contains {size}/2 "
            "times its square, a penalty or weight decay, and backward does not",
            0.93,
            f"{case.d} = {case.d} + {size} * {name}",
        )
    return Diagnosis(
        "unknown",
        f"{case.d} contains {size} times {name} itself, as for weight decay, but forward (the "
        "loss) does not contain its half square",
        0.9,
        f"leave {name} out of {case.d}, or add {size}/2 * np.sum({name}**2) to the loss",
    )


def clipped(case: Case) -> Diagnosis | None:
    """Try whether backward puts limits on a gradient that is right within them."""
    low, high = float(case.gradient.min()), float(case.gradient.max())
    if not low < high or case.sample.kinked.any():
        return None
    allowed = 1e-6 * float(np.abs(case.expected).max()) + case.sample.error
    within = np.abs(np.clip(case.expected, low, high) - case.got) <= allowed
    beyond = (case.expected > high + allowed) | (case.expected < low - allowed)
    # A gradient that stops at 0 is held back, not clipped.
    at_limits = np.count_nonzero(
        ((case.gradient == low) | (case.gradient == high)) & (case.gradient != 0)
    )
    if low == 0 or high == 0:
        return None
    if not within.all() or not beyond.any() or beyond.all() or at_limits < ENOUGH:
        return None
    limits = f"{low:.6g} … {high:.6g}"
    return Diagnosis(
        "factor",
        f"{case.d} is right within {limits} and cut off at these limits: backward clips it. Then "
        "it is no longer the gradient; the layers before it get what never adds up",
        0.9,
        "return the whole gradient from backward, and clip in the update",
    )
