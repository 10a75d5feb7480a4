"""Labels in a shape that broadcasts silently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.part import Broken

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence

__all__ = ["broadcast", "labels_broadcast"]


def labels_broadcast(case: Case) -> Diagnosis | None:
    """Try whether labels and scores broadcast to something larger."""
    return broadcast(case.evidence)


def broadcast(evidence: Evidence) -> Diagnosis | None:
    """Give the labels the shape of the scores, and see whether the loss changes."""
    inputs: dict[str, Any] = {
        name: x for name, x in evidence.part.inputs.items() if isinstance(x, np.ndarray)
    }
    if evidence.dout.size != 1 or len(inputs) < 2:
        return None
    (first, x), *rest = inputs.items()
    if first not in {slot.tensor for slot in evidence.part.slots if slot.role == "input"}:
        return None  # data, not scores
    for name, t in rest:
        if t.size != x.size or t.shape == x.shape or x.size < 2:
            continue
        try:
            together = np.broadcast_shapes(x.shape, t.shape)
            value = evidence.part.reads({name: t.reshape(x.shape)})
        except (ValueError, Broken):
            continue
        if together in {x.shape, t.shape} or np.allclose(value, evidence.y, rtol=1e-9):
            continue
        # If all are compared with all, it doesn't matter whose label is whose.
        turned = np.roll(t.ravel(), 1).reshape(t.shape)
        try:
            if np.array_equal(turned, t) or not np.allclose(
                evidence.part.reads({name: turned}), evidence.y, rtol=1e-9
            ):
                continue
        except Broken:
            continue
        return Diagnosis(
            "label_broadcast",
            f"{first} has shape {x.shape} and {name} has shape {t.shape}: together they broadcast "
            f"to {together}, and every sample is compared with every label. With {name} in the "
            f"shape of {first} the loss is {float(np.sum(value)):.6g} instead of "
            f"{float(np.sum(evidence.y)):.6g}",
            0.95,
            f"{name} = {name}.reshape({first}.shape)",
        )
    return None
