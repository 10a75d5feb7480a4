"""Right terms, wrongly arranged: a matrix not transposed, a kernel not flipped, one use of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.evidence import FEW, close
from backlit.check.part import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.check.evidence import Floats

__all__ = ["jacobian_itself", "last_use_only", "other_arrangement", "region", "shuffled"]


def jacobian_itself(case: Case) -> Diagnosis | None:
    """Try the forward map of ``dout``, where its transpose belongs."""
    whole = len(case.sample.index) == case.slot.array.size
    if not whole or case.slot.array.size != case.dout.size or case.is_elementwise:
        return None
    forwards = (case.sample.columns.T @ case.dout.ravel()).reshape(case.y.shape)
    if forwards.shape != case.gradient.shape or not case.is_got(forwards, 1e-6):
        return None
    return Diagnosis(
        "transposed",
        f"{case.d} is what forward makes of dout; backward has to apply the transpose: each input "
        "collects dout from the outputs that it went to",
        0.93,
        "go the other way along every connection (a matrix transposed, a kernel flipped)",
    )


def other_arrangement(case: Case) -> Diagnosis | None:
    """Try the right formula with another tensor transposed or flipped."""
    if case.slot.array.size > FEW:
        return None
    for other in case.evidence.part.slots:
        if other is case.slot or other.array.ndim == 0 or other.array.size < 2:
            continue
        original = other.array.copy()
        try:
            for words, changed in _arrangements(original):
                if np.array_equal(changed, original):
                    continue
                np.copyto(other.array, changed)
                if _is_expected_here(case):
                    return Diagnosis(
                        "transposed",
                        f"{case.d} is what it would be if {other.tensor} were {words}: in backward "
                        f"{other.tensor} is used the wrong way round",
                        0.9,
                        f"use {other.tensor} {words} in the formula of {case.d}",
                    )
        except Broken:
            continue
        finally:
            np.copyto(other.array, original)
    return None


def shuffled(case: Case) -> Diagnosis | None:
    """Try whether all numbers are right, and stand in other places."""
    if len(case.sample.index) != case.slot.array.size or case.sample.kinked.any():
        return None
    scale = float(np.abs(case.expected).max(initial=0.0))
    elsewhere = np.abs(case.expected - case.got) > 1e-5 * scale
    if np.count_nonzero(elsewhere) < 3 or not np.allclose(
        np.sort(case.expected), np.sort(case.got), rtol=1e-6, atol=1e-7 * scale
    ):
        return None
    halves = _exchanged_halves(case, 1e-5 * scale)
    if halves:
        return Diagnosis(
            "swapped_inputs",
            f"{case.d} holds the right numbers, but those of {halves} are exchanged: each half of "
            f"{case.slot.tensor} is given the gradient of the other",
            0.93,
            f"put the halves of {case.d} together in the order in which forward took them apart",
        )
    return Diagnosis(
        "transposed",
        f"{case.d} holds the right numbers in the wrong places: its axes are not put back as "
        "forward found them (a transpose before a reshape, or an order of axes)",
        0.9,
        "undo in backward each reshape and transpose of forward, the last one first",
    )


def _exchanged_halves(case: Case, off: float) -> str:
    """Say which halves are exchanged; nothing if none are."""
    expected = case.expected.reshape(case.slot.shape)
    for axis, length in enumerate(case.slot.shape):
        if length % 2:
            continue
        for places, words in (
            (np.roll(np.arange(length), length // 2), "the first and the last half"),
            (np.arange(length) ^ 1, "the even and the odd places"),
        ):
            other = np.take(expected, places, axis)
            if (np.abs(other.ravel() - case.got) <= off).all():
                return f"{words} along axis {axis}"
    return ""


def _arrangements(array: Floats) -> Iterator[tuple[str, Floats]]:
    if array.ndim >= 2 and array.shape[-1] == array.shape[-2]:
        yield "transposed", np.swapaxes(array, -1, -2)
    yield "flipped", np.flip(array)
    for count in range(1, array.ndim):
        yield "flipped along its last axes", np.flip(array, tuple(range(-count, 0)))


def _is_expected_here(case: Case) -> bool:
    """Tell whether the gradient is the slope, where the tensors are now."""
    evidence = case.evidence
    there = type(evidence)(
        evidence.part,
        evidence.part.output(),
        evidence.dout,
        evidence.back,
        evidence.tolerance,
        evidence.rng,
    )
    if there.y.shape != evidence.y.shape:
        return False
    return bool(case.gradient.any()) and close(case.got, there.sample(case.slot))


def last_use_only(case: Case) -> Diagnosis | None:
    """Try whether an element that reaches several outputs has the gradient of one of them."""
    with np.errstate(all="ignore"):
        terms = case.sample.columns * case.dout.ravel()
    scale = np.abs(case.sample.expected).max(initial=0.0)
    found = 0
    for row, got, expected in zip(terms, case.got, case.sample.expected, strict=True):
        if abs(got - expected) <= 1e-6 * scale:
            continue
        several = np.count_nonzero(np.abs(row) > 1e-9 * scale) > 1
        if not several or np.abs(row - got).min() > 1e-6 * scale or abs(got) <= 1e-9 * scale:
            return None
        found += 1
    if not found:
        return None
    name = case.slot.tensor
    return Diagnosis(
        "dropped_use",
        f"where an element of {name} is used several times, {case.d} holds the gradient of one use "
        "only: each overwrites the one before",
        0.92,
        f"np.add.at({case.d}, index, dout), or += in the loop",
    )


def region(case: Case) -> Diagnosis | None:
    """Try whether an elementwise derivative is wrong in one range of its input."""
    if case.slot.role != "input" or not (case.is_elementwise and case.is_local):
        return None
    x = case.x.ravel()[case.sample.index]
    scale = np.abs(case.local[np.isfinite(case.local)]).max(initial=1e-300)
    wrong = np.abs(case.local - case.local_got) > 1e-5 * scale
    if np.count_nonzero(wrong) < 2 or wrong.all():
        return None
    name = case.slot.tensor
    for side, inside, outside in (
        ("below", x[wrong].max(), x[~wrong].min()),
        ("above", -x[wrong].min(), -x[~wrong].max()),
    ):
        if inside >= outside:
            continue
        border = abs(inside) * np.sign(inside) if side == "below" else -inside
        k = int(np.flatnonzero(wrong)[0])
        return Diagnosis(
            "local_derivative",
            f"{case.d} is right for some {name}, and wrong {side} about {border:.4g}: at {name} = "
            f"{x[k]:.4g} it uses the slope {case.local_got[k]:.6g}, and the right one is "
            f"{case.local[k]:.6g}. A case of the function is missing or wrong in backward",
            0.85,
            "one case in backward for every case in forward",
        )
    return None
