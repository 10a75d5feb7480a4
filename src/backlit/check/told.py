"""From a comparison that failed to what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis import Diagnosis, diagnose, diagnose_form
from backlit.check.evidence import Evidence
from backlit.check.report import Fault
from backlit.check.source import line_of
from backlit.check.taylor import remainder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.check.part import Part, Slot
    from backlit.check.settings import Comparison

__all__ = ["faults_of", "shown", "unexplained"]


def faults_of(evidence: Evidence, slot: Slot, comparison: Comparison) -> list[Fault]:
    """Find the mistake behind a wrong gradient, and the elements to show."""
    if comparison.moved is not None:
        return _faults_beside(evidence, slot, comparison, comparison.moved)
    gradient = evidence.got(slot)
    if gradient is None:
        return [_fault(evidence, slot, diagnose_form(evidence, slot, comparison.complaint), None)]
    diagnosis = _with_order(evidence, slot, diagnose(evidence, slot, comparison))
    shown = comparison.elements[:5] if diagnosis.code == "element" else comparison.elements[:1]
    if not shown:
        shown = [int(np.argmax(np.abs(gradient)))] if gradient.size else []
    return [_fault(evidence, slot, diagnosis, i) for i in shown] or [
        _fault(evidence, slot, diagnosis, None)
    ]


def _faults_beside(
    evidence: Evidence, slot: Slot, comparison: Comparison, moved: NDArray[Any]
) -> list[Fault]:
    """Find the mistake where it shows: with the elements that are on kinks moved off them."""
    original = slot.array.copy()
    np.copyto(slot.array, moved)
    try:
        part, dout = evidence.part, evidence.dout
        beside = Evidence(
            part, part.output(), dout, part.back(dout), evidence.tolerance,
            np.random.default_rng(17),
        )  # fmt: skip
        sample = beside.sample(slot, elements=comparison.elements)
        _, errors = beside.judge(sample, beside.got(slot))  # type: ignore[arg-type]
        order = [int(sample.index[k]) for k in np.argsort(-errors, kind="stable")]
        faults = faults_of(beside, slot, replace(comparison, elements=order, moved=None))
    finally:
        np.copyto(slot.array, original)
    return [replace(fault, message=f"{fault.message}; {_where(fault, moved)}") for fault in faults]


def _where(fault: Fault, moved: NDArray[Any]) -> str:
    """Say that the numbers are those of other inputs."""
    place = "" if fault.index is None else f", at {moved[fault.index]:.3g},"
    return (
        f"{fault.tensor} lies on a kink here, where either slope would do; moved a little to its "
        f"side{place} it has one slope"
    )


def _with_order(evidence: Evidence, slot: Slot, diagnosis: Diagnosis) -> Diagnosis:
    """Add how the Taylor remainder falls, where the reader might blame the step."""
    found = evidence.remainders.get(slot)
    gradient = evidence.got(slot)
    if found is None and diagnosis.code == "unknown" and gradient is not None:
        direction = np.random.default_rng(3).standard_normal(slot.shape)
        found = remainder(evidence, slot, gradient, direction)
    if found is None or not found.wrong:
        return diagnosis
    return replace(diagnosis, message=f"{diagnosis.message}; {found.told}")


def unexplained(evidence: Evidence, slot: Slot, comparison: Comparison) -> Fault:
    """Say that a gradient is wrong, where there are no calls left to find out why."""
    return Fault(
        slot.layer,
        slot.tensor,
        error=comparison.max_error,
        message=f"d{slot.tensor} is wrong{comparison.complaint and ': '}{comparison.complaint} "
        f"(relative error {comparison.max_error:.2g}); the calls of forward ran out before its "
        "mistake was found",
        source=line_of(evidence.part.method("backward"), slot.tensor),
    )


def _fault(evidence: Evidence, slot: Slot, diagnosis: Diagnosis, element: int | None) -> Fault:
    index = expected = got = None
    error = np.inf
    gradient = evidence.got(slot)
    if element is not None and gradient is not None:
        sample = evidence.sample(slot, elements=[element])
        wanted, _ = evidence.judge(sample, gradient)
        index = tuple(int(i) for i in np.unravel_index(element, slot.shape))
        expected, got = float(wanted[0]), float(gradient.ravel()[element])
        size = max(abs(expected), abs(got))
        error = abs(expected - got) / size if size and np.isfinite(got) else np.inf
    return Fault(
        slot.layer,
        slot.tensor,
        index,
        expected,
        got,
        error,
        diagnosis.message,
        diagnosis.code,
        diagnosis.confidence,
        diagnosis.source or line_of(evidence.part.method("backward"), slot.tensor),
        diagnosis.correction,
    )


def shown(part: Part, diagnosis: Diagnosis, slot: Slot | None) -> Fault:
    """Return a fault that shows in what a part does, rather than in its numbers."""
    tensor = slot.tensor if slot is not None else diagnosis.tensor
    return Fault(
        slot.layer if slot is not None else part.name,
        tensor,
        message=diagnosis.message,
        diagnosis=diagnosis.code,
        confidence=diagnosis.confidence,
        source=diagnosis.source or line_of(part.method("backward"), tensor),
        correction=diagnosis.correction,
    )
