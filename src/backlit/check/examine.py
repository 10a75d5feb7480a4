"""Examining one part by itself, whether its backward belongs to its forward."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis import Diagnosis, diagnose, diagnose_form, explain_error
from backlit.check.diagnosis.form import spelt_otherwise
from backlit.check.diagnosis.probes import probe
from backlit.check.evidence import FEW, TRUST, Evidence, as_gradient, upstream
from backlit.check.guarded import is_guarded
from backlit.check.locate import projected, wrong_elements
from backlit.check.numerical import central_differences
from backlit.check.part import NOTHING, Broken, Part, Slot
from backlit.check.report import Fault, Row
from backlit.check.source import line_of

if TYPE_CHECKING:
    from backlit.check.evidence import Floats, Sample

__all__ = ["Finding", "Settings", "add_probed", "compare_slot", "examine"]

DIRECTIONS = 2
"""Random directions along which a large tensor is compared."""
BETWEEN_KINKS = 16
"""Elements compared where random directions meet too many kinks to tell."""
QUICK = 2e-5
"""A step near the optimum of one central difference in float64."""
EXACT = 1e-7
"""A relative difference beneath which nobody looks for single wrong elements."""


@dataclass(frozen=True)
class Settings:
    """How to examine."""

    tolerance: float = 1e-4
    seed: int = 0
    probes: bool = True
    """Whether to try what shows in no single run: states, copies, writing in place."""
    twice: bool = True
    """Whether backward has to bear being run twice."""
    elements: int | None = None
    """How many elements of each tensor to compare one by one; ``None`` leaves it to the size."""
    directions: int = DIRECTIONS
    """Along how many random directions to compare a large tensor."""


@dataclass
class Finding:
    """What was found about a part."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: Evidence | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def examine(part: Part, settings: Settings) -> Finding:
    """Compare what backward says with what moving each tensor shows, and name the mistakes."""
    rng = np.random.default_rng(settings.seed)
    finding = Finding()
    try:
        here = part.output()
        finding.faults += _unsound(part, here)
        if finding.faults:
            return finding
        dout = upstream(part, here, rng)
        back = part.back(dout)
    except Broken as broken:
        finding.faults.append(explain_error(part, broken))
        return finding
    evidence = Evidence(part, here, dout, back, _granted(part, settings, finding), rng)
    finding.evidence = evidence
    if evidence.eps > 1e-10 and evidence.tolerance == settings.tolerance:
        finding.notes.append(
            f"{part.name} computes in {np.dtype(evidence.kind)}, which leaves its slopes few "
            "digits; what that leaves uncertain is granted"
        )
    try:
        wrong = _compare(evidence, settings, finding)
        if is_guarded(evidence, {s: (each.max_error, each.elements) for s, each in wrong.items()}):
            finding.notes.append(
                f"{part.name}: a small constant in forward (as in log(y + 1e-7)) is not in "
                "backward; far from 0 both agree"
            )
            finding.rows = [replace(row, ok=True, wrong=0) for row in finding.rows]
            wrong = {}
        for slot, comparison in wrong.items():
            finding.faults += _faults(evidence, slot, comparison)
        if settings.probes:
            for diagnosis, place in probe(evidence, list(wrong), twice=settings.twice):
                add_probed(finding, part, diagnosis, place)
    except Broken as broken:
        finding.faults.append(explain_error(part, broken))
    return finding


def _granted(part: Part, settings: Settings, finding: Finding) -> float:
    """Return the tolerance: more where the user computes in half precision."""
    least = max(
        (float(np.finfo(s.dtype).eps) for s in part.slots if s.dtype.kind == "f"), default=0
    )
    if 4 * least <= settings.tolerance:
        return settings.tolerance
    finding.notes.append(
        f"{part.name} works in half precision, so its gradients are granted a relative error of "
        f"{4 * least:.1g}"
    )
    return 4 * least


@dataclass
class Comparison:
    """How a tensor's gradient compares with its slopes."""

    complaint: str = ""
    elements: list[int] = field(default_factory=list)
    max_error: float = 0.0
    at_kinks_only: bool = False
    count: int = 0


def _compare(evidence: Evidence, settings: Settings, finding: Finding) -> dict[Slot, Comparison]:
    wrong: dict[Slot, Comparison] = {}
    for slot in evidence.part.slots:
        row, comparison = compare_slot(evidence, slot, settings)
        if row is None:
            continue
        finding.rows.append(row)
        if comparison is not None:
            wrong[slot] = comparison
    return wrong


def compare_slot(
    evidence: Evidence, slot: Slot, settings: Settings
) -> tuple[Row | None, Comparison | None]:
    """Compare one tensor; return its row, and what is wrong with it."""
    row = Row(slot.layer, slot.tensor, slot.shape)
    raw = evidence.raw(slot)
    gradient, complaint = as_gradient(raw, slot.shape)
    if complaint:
        if raw is NOTHING and slot.optional and slot.role == "parameter":
            return (row, Comparison(complaint)) if spelt_otherwise(evidence, slot) else (None, None)
        if (raw is NOTHING or raw is None) and (slot.optional or _needs_none(evidence, slot, raw)):
            return None, None
        sample = evidence.sample(slot)
        unreturned = slot.role == "input" and evidence.back.returned is None
        if (raw is NOTHING or raw is None) and not sample.expected.any() and not unreturned:
            return None, None
        return replace(row, ok=False, wrong=slot.array.size), Comparison(complaint)
    if settings.elements is None and slot.array.size > evidence.few:
        return _compare_by_directions(evidence, slot, gradient, row, settings)
    chosen = None
    if settings.elements is not None and settings.elements < slot.array.size:
        rng = np.random.default_rng(settings.seed)
        drawn = rng.choice(slot.array.size, settings.elements, replace=False)
        chosen = sorted(int(i) for i in drawn)
    elif settings.elements is not None:
        chosen = list(range(slot.array.size))
    return _compare_elements(evidence, slot, gradient, row, chosen)


def _compare_elements(
    evidence: Evidence, slot: Slot, gradient: Floats, row: Row, chosen: list[int] | None
) -> tuple[Row, Comparison | None]:
    if chosen is not None and len(chosen) > FEW:
        return _compare_many(evidence, slot, gradient, row, chosen)
    sample = evidence.sample(slot, elements=chosen)
    expected, errors = evidence.judge(sample, gradient)
    got = gradient.ravel()[sample.index]
    wrong = ~(errors <= evidence.tolerance)
    if wrong.any():  # a second look, down to the smallest steps
        for k in np.flatnonzero(wrong)[:20]:
            evidence.look_closer(slot, int(sample.index[k]))
        sample = evidence.sample(slot, elements=chosen)
        expected, errors = evidence.judge(sample, gradient)
        wrong = ~(errors <= evidence.tolerance)
    smooth = ~sample.kinked
    with np.errstate(all="ignore"):
        differences = np.abs(sample.expected - got)[smooth]
    row = replace(
        row,
        checked=len(sample.index),
        mean_difference=float(differences.mean()) if differences.size else 0.0,
        max_error=float(errors[smooth].max(initial=0.0)),
        wrong=int(wrong.sum()),
        kinks=int((sample.kinked & ~wrong).sum()),
        ok=not wrong.any(),
    )
    if wrong.any():
        with np.errstate(all="ignore"):
            gap = np.abs(expected - got)
        gap = np.where(np.isfinite(gap), gap, np.inf)
        order = [k for k in np.argsort(-gap, kind="stable") if wrong[k]]
        return row, Comparison(
            "",
            [int(sample.index[k]) for k in order],
            float(errors[wrong].max()),
            bool(sample.kinked[wrong].all()),
            int(wrong.sum()),
        )
    joint = _ties(evidence, slot, sample)
    if joint is not None:
        return replace(row, ok=False, wrong=len(joint)), Comparison(
            "", joint, np.inf, at_kinks_only=True, count=len(joint)
        )
    return row, None


def _compare_many(
    evidence: Evidence, slot: Slot, gradient: Floats, row: Row, chosen: list[int]
) -> tuple[Row, Comparison | None]:
    """Compare by one central difference each, and by all steps only where that is in doubt."""
    dout = evidence.dout

    def evaluate() -> float:
        return float(np.vdot(dout, evidence.part.output()))

    with np.errstate(all="ignore"):
        terms = float(np.sum(np.abs(dout * evidence.y))) + evidence.part.floor
        quick = central_differences(
            evaluate, slot.array, chosen, QUICK, magnitude=terms, relative=True
        )
        got = gradient.ravel()[chosen]
        differences = np.abs(quick.slopes - got)
        size = np.maximum(np.abs(quick.slopes), np.abs(got))
        size = np.maximum(size, 0.03 * size.max(initial=0.0))
        errors = differences / (size + 8 * quick.rounding / evidence.tolerance)
        errors = np.where(differences == 0, 0.0, errors)
    doubted = [chosen[k] for k in np.flatnonzero(~(errors <= evidence.tolerance))]
    row = replace(
        row,
        checked=len(chosen),
        mean_difference=float(differences.mean()) if np.isfinite(differences).all() else np.inf,
        max_error=float(np.max(errors, initial=0.0)),
    )
    if not doubted:
        return row, None
    looked, comparison = _compare_elements(evidence, slot, gradient, row, doubted[:FEW])
    trusted = [k for k in range(len(chosen)) if errors[k] <= evidence.tolerance]
    row = replace(
        row,
        mean_difference=float(differences[trusted].mean()) if trusted else looked.mean_difference,
        max_error=max(float(np.max(errors[trusted], initial=0.0)), looked.max_error),
        kinks=looked.kinks,
        wrong=looked.wrong + (len(doubted) - FEW if len(doubted) > FEW and looked.wrong else 0),
        ok=looked.ok,
    )
    return row, comparison


def _ties(evidence: Evidence, slot: Slot, sample: Sample) -> list[int] | None:
    """Find elements on kinks, each in its range, that are not together: both sides of a tie."""
    tied = sample.index[sample.kinked]
    if len(tied) < 2:
        return None
    slopes = [evidence.column(slot, int(i)) for i in tied]
    kinked = np.array([s.kinked.ravel() for s in slopes])
    shared = np.flatnonzero(kinked.sum(axis=0) > 1)
    for output in shared[:8]:
        members = tied[kinked[:, output]]
        for signs in (np.ones(len(members)), -np.ones(len(members))):
            direction = np.zeros(slot.array.size)
            direction[members] = signs
            slope = evidence.slope(slot, direction.reshape(slot.shape))
            one = np.zeros(evidence.dout.size)
            one[output] = 1.0
            dout = one.reshape(evidence.dout.shape)
            if evidence.part.fixed_dout is not None:
                dout = evidence.dout
            alone, complaint = as_gradient(
                evidence.back_of(dout).gradients.get(slot, NOTHING), slot.shape
            )
            if complaint:
                return None
            got = float(np.vdot(alone, direction.reshape(slot.shape)))
            sides = sorted((float(slope.left.ravel()[output]), float(slope.right.ravel()[output])))
            margin = 0.01 * max(float(np.abs(alone).sum()), *map(abs, sides)) + 1e-7
            margin += TRUST * float(np.where(slope.kinked, 0.0, slope.error).ravel()[output])
            if evidence.dout.size == 1 and not slope.kinked.any():
                sides = [float(slope.value.ravel()[0])] * 2
            if not sides[0] - margin <= got <= sides[1] + margin:
                return [int(i) for i in members]
    return None


def _compare_by_directions(
    evidence: Evidence, slot: Slot, gradient: Floats, row: Row, settings: Settings
) -> tuple[Row, Comparison | None]:
    rng = np.random.default_rng(settings.seed + 1)
    tolerance = evidence.tolerance
    worst = difference = 0.0
    suspicious = wrong = not bool(np.isfinite(gradient).all())
    kinked = False
    for _ in range(settings.directions if not wrong else 0):
        direction = rng.standard_normal(slot.shape)
        verdict = projected(evidence, slot, gradient, direction)
        if verdict.error > verdict.uncertain + tolerance or (
            verdict.error > max(EXACT, verdict.uncertain)
        ):
            verdict = projected(evidence, slot, gradient, direction, thorough=True)
        kinked |= verdict.kinked
        excess = verdict.error - verdict.uncertain
        worst = max(worst, verdict.error)
        difference = max(difference, abs(verdict.expected - verdict.got))
        wrong |= excess > tolerance
        suspicious |= excess > EXACT
    found: list[int] = []
    if kinked and evidence.dout.size == 1 and suspicious:
        return _nudged(evidence, slot, row, settings)
    if kinked and evidence.dout.size > 1 and not wrong:
        # A direction through a large tensor crosses kinks in many outputs at once, and between
        # all their slopes a wrong gradient finds room; single elements leave it none.
        drawn = rng.choice(slot.array.size, BETWEEN_KINKS, replace=False)
        return _compare_elements(evidence, slot, gradient, row, sorted(drawn.tolist()))
    if suspicious:
        found = wrong_elements(evidence, slot, gradient)
        sample = evidence.sample(slot, elements=found)
        _, errors = evidence.judge(sample, gradient)
        found = [i for i, error in zip(found, errors, strict=True) if not error <= tolerance]
        wrong |= bool(found)
    row = replace(
        row,
        checked=slot.array.size,
        mean_difference=difference / np.sqrt(slot.array.size),
        max_error=worst,
        ok=not wrong,
        wrong=len(found) if wrong else 0,
    )
    if not wrong:
        return row, None
    sample = evidence.sample(slot)
    _, errors = evidence.judge(sample, gradient)
    others = [int(i) for i, e in zip(sample.index, errors, strict=True) if not e <= tolerance]
    found = list(dict.fromkeys([*found, *others]))
    return replace(row, wrong=max(len(found), 1)), Comparison("", found, worst, count=len(others))


def _nudged(
    evidence: Evidence, slot: Slot, row: Row, settings: Settings
) -> tuple[Row, Comparison | None]:
    """Compare a little beside a kink in a single output, where there is but one slope."""
    part = evidence.part
    rng = np.random.default_rng(settings.seed + 2)
    saved = [(s.array, s.array.copy()) for s in part.slots]
    try:
        for array, original in saved:
            scale = float(np.sqrt(np.mean(original**2))) if original.size else 0.0
            np.copyto(array, original + 1e-3 * (scale or 1.0) * rng.standard_normal(array.shape))
        here = part.output()
        back = part.back(evidence.dout)
        beside = Evidence(part, here, evidence.dout, back, evidence.tolerance, rng)
        gradient = beside.got(slot)
        if gradient is None:
            return replace(row, ok=False), Comparison("its gradient changes its form")
        verdict = projected(beside, slot, gradient, rng.standard_normal(slot.shape), thorough=True)
    finally:
        for array, original in saved:
            np.copyto(array, original)
    ok = verdict.kinked or verdict.error - verdict.uncertain <= evidence.tolerance
    row = replace(
        row,
        checked=slot.array.size,
        max_error=verdict.error,
        ok=ok,
        mean_difference=abs(verdict.expected - verdict.got) / np.sqrt(slot.array.size),
        kinks=1,
    )
    if ok:
        return row, None
    sample = evidence.sample(slot)
    _, errors = evidence.judge(sample, evidence.got(slot))  # type: ignore[arg-type]
    found = [
        int(i) for i, e in zip(sample.index, errors, strict=True) if not e <= settings.tolerance
    ]
    return replace(row, wrong=max(1, len(found))), Comparison(
        "", found, verdict.error, count=len(found)
    )


def _needs_none(evidence: Evidence, slot: Slot, raw: Any) -> bool:
    """Tell whether a tensor may lack a gradient: nobody asks a first layer for that of the data."""
    del raw
    others = [s for s in evidence.part.slots if s is not slot and s.role == "input"]
    answered = [s for s in others if evidence.raw(s) is not NOTHING]
    # A loss's targets: floats, but constants.
    return bool(slot.role == "input" and answered and evidence.dout.size == 1)


def _unsound(part: Part, here: Any) -> list[Fault]:
    if not np.all(np.isfinite(here)):
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(here))[0]) if here.ndim else None
        value = float(here[index]) if index is not None else float(here)
        largest = max(
            (float(np.max(np.abs(s.array))) for s in part.slots if s.array.size), default=0.0
        )
        return [
            Fault(
                part.name,
                "output" if not part.slots else part.slots[0].tensor,
                index,
                None,
                value,
                message=f"the output is {value} for inputs up to {largest:.3g}: a number grew too "
                "large, or something was divided by 0 or taken the logarithm of; so there are no "
                "slopes to compare with",
                diagnosis="overflow",
                confidence=0.95,
                source=line_of(part.method("forward")),
            )
        ]
    again = part.output()
    if np.array_equal(here, again):
        return []
    third = part.output()
    difference = (
        float(np.max(np.abs(np.asarray(here, float) - again)))
        if (np.shape(here) == np.shape(again))
        else np.inf
    )
    del third
    return [
        Fault(
            part.name,
            part.slots[0].tensor if part.slots else "",
            None,
            None,
            None,
            message="two runs of forward at the same point gave different results (by up to "
            f"{difference:.2g}): something in it changes from call to call, so there are no "
            "slopes to compare with. Draw random numbers from a generator that is kept, and "
            "don't let one call depend on the calls before it",
            diagnosis="not_deterministic",
            confidence=0.95,
            source=line_of(part.method("forward")),
        )
    ]


def _faults(evidence: Evidence, slot: Slot, comparison: Comparison) -> list[Fault]:
    gradient = evidence.got(slot)
    if gradient is None:
        return [_fault(evidence, slot, diagnose_form(evidence, slot, comparison.complaint), None)]
    diagnosis = diagnose(evidence, slot, comparison)
    shown = comparison.elements[:5] if diagnosis.code == "element" else comparison.elements[:1]
    if not shown:
        shown = [int(np.argmax(np.abs(gradient)))] if gradient.size else []
    return [_fault(evidence, slot, diagnosis, i) for i in shown] or [
        _fault(evidence, slot, diagnosis, None)
    ]


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


def add_probed(finding: Finding, part: Part, diagnosis: Diagnosis, slot: Slot | None) -> None:
    """Add a fault that shows in what a part does, rather than in its numbers."""
    tensor = slot.tensor if slot is not None else diagnosis.tensor
    layer = slot.layer if slot is not None else part.name
    finding.faults.append(
        Fault(
            layer,
            tensor,
            None,
            None,
            None,
            message=diagnosis.message,
            diagnosis=diagnosis.code,
            confidence=diagnosis.confidence,
            source=diagnosis.source or line_of(part.method("backward"), tensor),
            correction=diagnosis.correction,
        )
    )
