"""When no mistake explains the whole: single elements, or nothing known."""

from __future__ import annotations

import numpy as np

from backlit.check.diagnosis.arranged import shuffled
from backlit.check.diagnosis.base import Case, Diagnosis

__all__ = [
    "coarse",
    "few_elements",
    "not_finite",
    "nothing_known",
    "stepped",
    "still",
    "truncated",
    "zero",
]


def not_finite(case: Case) -> Diagnosis | None:
    """Find the first inf or nan."""
    bad = np.argwhere(~np.isfinite(case.gradient))
    if not len(bad):
        return None
    index = tuple(int(i) for i in bad[0])
    x = float(case.x[index])
    return Diagnosis(
        "overflow",
        f"{case.d} is {case.gradient[index]} at {list(index)}, where {case.slot.tensor} is "
        f"{x:.6g}, though the slope there is finite: something overflows, or is divided by 0",
        0.93,
        "guard the division, or use a form that can't overflow",
    )


def truncated(case: Case) -> Diagnosis | None:
    """Try whether integers cut off the digits."""
    raw = np.asarray(case.evidence.raw(case.slot))
    whole = bool(np.all(case.gradient == np.round(case.gradient)))
    if not whole or not case.gradient.size:
        return None
    expected = case.sample.expected
    for rounded, words in ((np.trunc, "cut off"), (np.floor, "rounded down"), (np.rint, "rounded")):
        if np.array_equal(rounded(expected + 0.0), case.got) and not np.allclose(
            expected, case.got
        ):
            what = f" ({raw.dtype})" if raw.dtype.kind in "iu" else ""
            return Diagnosis(
                "integer_arithmetic",
                f"{case.d} consists of whole numbers{what}: its digits after the point are "
                f"{words}, as by an array of integers or by //",
                0.95,
                "make the array with dtype=float, and divide with /",
            )
    if raw.dtype.kind in "iu":
        return Diagnosis(
            "integer_arithmetic",
            f"{case.d} is an array of {raw.dtype}, which can't hold the digits of a gradient",
            0.8,
            "make the array with dtype=float",
        )
    return None


def stepped(case: Case) -> Diagnosis | None:
    """Try whether the gradient comes in steps, as what went through integers does."""
    got = np.abs(case.gradient[case.gradient != 0])
    if got.size < 3 or len(np.unique(np.round(got / got.min(), 6))) < 3:
        return None
    step = float(got.min())
    for part in (1, 2, 3):
        counts = got / (step / part)
        if not np.allclose(counts, np.rint(counts), rtol=0, atol=1e-9):
            continue
        exact = case.sample.expected / (step / part)
        if np.allclose(exact, np.rint(exact), rtol=0, atol=1e-3):
            return None
        if np.abs(np.abs(exact) - np.abs(case.got / (step / part))).max() <= 1 + 1e-6:
            return Diagnosis(
                "integer_arithmetic",
                f"{case.d} consists of whole multiples of {step / part:.6g}: on the way the digits "
                "are cut off, as by an array of integers or by //",
                0.9,
                "make the array with dtype=float, and divide with /",
            )
    return None


def coarse(case: Case) -> Diagnosis | None:
    """Try whether digits are lost in a float of lower precision."""
    raw = np.asarray(case.evidence.raw(case.slot))
    expected = case.sample.expected
    for dtype in (np.float32, np.float16):
        if raw.dtype != dtype and not np.array_equal(case.gradient.astype(dtype), case.gradient):
            continue
        eps = float(np.finfo(dtype).eps)
        scale = float(np.abs(expected).max(initial=0.0))
        if np.allclose(case.got, expected, rtol=8 * eps, atol=8 * eps * scale):
            return Diagnosis(
                "wrong_dtype",
                f"{case.d} has the digits of {np.dtype(dtype)} only, where {case.slot.tensor} is "
                f"{case.slot.dtype}: its digits are lost on the way",
                0.93,
                f"{case.d} in the dtype of {case.slot.tensor}",
            )
    return None


def zero(case: Case) -> Diagnosis | None:
    """Say that nothing was written into the gradient."""
    if case.gradient.any():
        return None
    return Diagnosis(
        "missing",
        f"{case.d} is zero everywhere, though the slopes are not: backward never writes to it",
        0.92,
        f"set {case.d} in backward",
    )


def still(case: Case) -> Diagnosis | None:
    """Say that the output does not depend on the tensor."""
    if case.sample.expected.any() or case.sample.kinked.any() or not case.gradient.any():
        return None
    if case.slot.role == "input":
        return Diagnosis(
            "stale_state",
            f"moving {case.slot.tensor} changes nothing, and yet it is given a gradient: forward "
            "returns what it has computed before",
            0.7,
            "compute the output anew in every forward",
        )
    if case.slot.role == "parameter":
        return Diagnosis(
            "stale_parameter",
            f"moving {case.slot.tensor} changes nothing, and yet it is given a gradient: forward "
            f"computes with an old copy of {case.slot.tensor}, made before it was changed",
            0.9,
            f"use {case.slot.tensor} itself, not a copy of it made at the start",
        )
    return None


def few_elements(case: Case) -> Diagnosis | None:
    """Name single elements."""
    if not case.wrong:
        return None
    size = case.slot.array.size
    sampled = len(case.sample.index)
    wrong = len(case.wrong) if size == sampled else case.count
    if wrong > max(1, 0.4 * sampled):
        return None
    listed = ", ".join(
        str([int(k) for k in np.unravel_index(i, case.slot.shape)]) for i in case.wrong[:5]
    )
    if size != sampled and wrong > max(1, 0.12 * sampled):  # not single ones, in a random sample
        return None
    return shuffled(case) or Diagnosis(
        "element",
        f"single elements of {case.d} are wrong, and the others right: {listed}",
        0.8,
    )


def nothing_known(case: Case) -> Diagnosis:
    """Give the numbers only."""
    with np.errstate(all="ignore"):
        ratio = case.expected / case.got
    finite = ratio[np.isfinite(ratio)]
    spread = (
        f"; expected/got lies between {finite.min():.3g} and {finite.max():.3g}"
        if (finite.size)
        else ""
    )
    return Diagnosis(
        "unknown",
        f"{case.d} is wrong, and none of the known mistakes explains its numbers{spread}",
        0.3,
    )
