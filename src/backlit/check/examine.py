"""Examining one part by itself, whether its backward belongs to its forward."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from backlit.check.budget import SETTING_OUT, allotment
from backlit.check.compare import compare_slot
from backlit.check.diagnosis.errors import explain_error
from backlit.check.diagnosis.probes import probe
from backlit.check.evidence import Evidence, upstream
from backlit.check.guarded import is_guarded
from backlit.check.part import Broken
from backlit.check.settings import Finding, Settings
from backlit.check.sound import unsound
from backlit.check.told import faults_of, shown, unexplained

if TYPE_CHECKING:
    from backlit.check.part import Part, Slot

__all__ = ["detail", "examine", "explain", "probed", "search"]


def examine(part: Part, settings: Settings) -> Finding:
    """Compare what backward says with what moving each tensor shows, and name the mistakes."""
    finding = Finding()
    settings.budget.adopt(part)
    try:
        _compare(part, settings, finding)
    except Broken as broken:
        finding.faults.append(explain_error(part, broken))
        return finding
    if finding.evidence is None or not settings.explain:
        return finding
    if finding.wrong:
        detail(finding, settings)
        explain(finding, settings)
    if settings.probes and not any(f.diagnosis == "raised" for f in finding.faults):
        probed(finding, settings)
    return finding


def _compare(part: Part, settings: Settings, finding: Finding) -> None:
    """Compare all tensors, as long as there are calls."""
    budget = settings.budget
    rng = np.random.default_rng(settings.seed)
    with budget.stage(SETTING_OUT, part.name):
        here = part.output()
        finding.faults += unsound(part, here)
        if finding.faults:
            return
        dout = upstream(part, here, rng)
        back = part.back(dout)
        evidence = Evidence(part, here, dout, back, _granted(part, settings, finding), rng)
        finding.evidence = evidence
        if evidence.eps > 1e-10 and evidence.tolerance == settings.tolerance:
            finding.notes.append(
                f"{part.name} computes in {np.dtype(evidence.kind)}, which leaves its slopes few "
                "digits; what that leaves uncertain is granted"
            )
    if finding.evidence is None:
        return
    each = allotment(part, settings.elements)
    quick = replace(settings, explain=False)  # the verdict first; what is behind it later
    left = [f"{slot.layer} · {slot.tensor}" for slot in part.slots]
    with budget.stage(each, "") as stage:
        for slot in part.slots:
            stage.what = f"the gradients of {', '.join(left)}"
            row, comparison = compare_slot(finding.evidence, slot, quick)
            left.pop(0)
            if row is None:
                continue
            finding.rows.append(row)
            if comparison is not None:
                finding.wrong[slot] = comparison
        finding.complete = True
        stage.what = f"{part.name}: whether its slight errors are a guard against log(0)"
        _pardon_guards(finding)


def detail(finding: Finding, settings: Settings) -> None:
    """Compare again what is wrong, now with the single elements."""
    evidence = finding.evidence
    assert evidence is not None, "what is wrong was run"
    with settings.budget.stage(allotment(evidence.part, settings.elements), "") as stage:
        for slot in list(finding.wrong):
            stage.what = f"{slot.layer}: which elements of the gradient of {slot.tensor} are wrong"
            _compare_again(finding, slot, settings)


def search(finding: Finding, settings: Settings) -> None:
    """Look for single wrong elements where a gradient is off by less than the tolerance."""
    evidence = finding.evidence
    assert evidence is not None, "what is in doubt was run"
    quick = replace(settings, explain=False)
    what = f"{evidence.part.name}: single elements that are slightly wrong"
    with settings.budget.stage(allotment(evidence.part) if evidence.doubted else 0, what):
        for slot in evidence.doubted:
            _compare_again(finding, slot, quick)


def _compare_again(finding: Finding, slot: Slot, settings: Settings) -> None:
    """Compare a tensor anew; where it is wrong, that takes the place of what was found before."""
    assert finding.evidence is not None, "what is compared again was run"
    row, comparison = compare_slot(finding.evidence, slot, settings)
    if row is None or comparison is None:
        return
    finding.wrong[slot] = comparison
    same = (slot.layer, slot.tensor)
    finding.rows[:] = [row if (r.layer, r.tensor) == same else r for r in finding.rows]


def _pardon_guards(finding: Finding) -> None:
    evidence = finding.evidence
    assert evidence is not None, "tensors were compared"
    wrong = {slot: (each.max_error, each.elements) for slot, each in finding.wrong.items()}
    if not is_guarded(evidence, wrong):
        return
    finding.notes.append(
        f"{evidence.part.name}: a small constant in forward (as in log(y + 1e-7)) is not in "
        "backward; far from 0 both agree"
    )
    finding.rows = [replace(row, ok=True, wrong=0) for row in finding.rows]
    finding.wrong = {}


def explain(finding: Finding, settings: Settings) -> None:
    """Find the mistakes behind the tensors that are wrong."""
    evidence = finding.evidence
    assert evidence is not None, "what was never run has nothing to explain"
    left = dict(finding.wrong)
    with settings.budget.stage(allotment(evidence.part), "") as stage:
        for slot, comparison in finding.wrong.items():
            stage.what = f"{slot.layer}: the mistake behind the gradient of {slot.tensor}"
            try:
                finding.faults += faults_of(evidence, slot, comparison)
            except Broken as broken:
                finding.faults.append(explain_error(evidence.part, broken))
                return
            del left[slot]
    finding.faults += [unexplained(evidence, *each) for each in left.items()]


def probed(finding: Finding, settings: Settings) -> None:
    """Try what shows in no single run: what a second backward or an update changes."""
    evidence = finding.evidence
    assert evidence is not None, "what was never run can't be probed"
    part = evidence.part
    what = f"{part.name}: what a second backward, another batch or an update would change"
    with settings.budget.stage(allotment(part), what):
        try:
            for diagnosis, slot in probe(evidence, list(finding.wrong), twice=settings.twice):
                finding.faults.append(shown(part, diagnosis, slot))
        except Broken as broken:
            finding.faults.append(explain_error(part, broken))


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
