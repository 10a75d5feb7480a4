"""Comparing one tensor's gradient with its slopes: elements one by one, or along directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.form import spelt_otherwise
from backlit.check.directions import compare_by_directions
from backlit.check.elements import compare_elements
from backlit.check.evidence import as_gradient
from backlit.check.part import NOTHING
from backlit.check.report import Row
from backlit.check.settings import Comparison

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence
    from backlit.check.part import Slot
    from backlit.check.settings import Settings

__all__ = ["compare_slot"]


def compare_slot(
    evidence: Evidence, slot: Slot, settings: Settings
) -> tuple[Row | None, Comparison | None]:
    """Compare one tensor; return its row, and what is wrong with it."""
    row, comparison = _compared(evidence, slot, settings)
    if row is not None and slot in evidence.by_complex_step:
        row = replace(row, reference="complex step")
    return row, comparison


def _compared(
    evidence: Evidence, slot: Slot, settings: Settings
) -> tuple[Row | None, Comparison | None]:
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
        return compare_by_directions(evidence, slot, gradient, row, settings)
    chosen = None
    if settings.elements is not None and settings.elements < slot.array.size:
        rng = np.random.default_rng(settings.seed)
        drawn = rng.choice(slot.array.size, settings.elements, replace=False)
        chosen = sorted(int(i) for i in drawn)
    elif settings.elements is not None:
        chosen = list(range(slot.array.size))
    return compare_elements(evidence, slot, gradient, row, chosen, brief=not settings.explain)


def _needs_none(evidence: Evidence, slot: Slot, raw: Any) -> bool:
    """Tell whether a tensor may lack a gradient: nobody asks a first layer for that of the data."""
    del raw
    others = [s for s in evidence.part.slots if s is not slot and s.role == "input"]
    answered = [s for s in others if evidence.raw(s) is not NOTHING]
    # A loss's targets: floats, but constants.
    return bool(slot.role == "input" and answered and evidence.dout.size == 1)
