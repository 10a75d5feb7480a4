"""Gradients that are no gradients: missing, of the wrong shape or type."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.axes import permuted, unsummed
from backlit.check.diagnosis.base import Diagnosis
from backlit.check.part import NOTHING
from backlit.check.source import find_line
from backlit.check.walk import attributes

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence, Floats
    from backlit.check.part import Slot

__all__ = ["diagnose_form", "spelt_otherwise"]


def diagnose_form(evidence: Evidence, slot: Slot, complaint: str) -> Diagnosis:
    """Say why something can't be the gradient of a tensor."""
    raw = evidence.raw(slot)
    if raw is NOTHING or raw is None:
        return _misspelt(evidence, slot) or _missing(evidence, slot, raw)
    try:
        array = np.asarray(raw)
    except ValueError:
        array = np.empty(0, object)
    d = f"d{slot.tensor}"
    if array.dtype.kind not in "fiub":
        return Diagnosis("wrong_dtype", f"{complaint}; {d} must be an array of floats", 0.95)
    array = array.astype(float)
    for explain in (unsummed, _of_another, _flipped, _reshaped):
        found = explain(evidence, slot, array)
        if found is not None:
            return found
    message = f"{d} has shape {array.shape}, but {slot.tensor} has shape {slot.shape}"
    return Diagnosis("wrong_shape", message, 0.9)


def _of_another(evidence: Evidence, slot: Slot, array: Floats) -> Diagnosis | None:
    for other in evidence.part.slots:
        if other is not slot and array.shape == other.shape and evidence.explains(other, array):
            return Diagnosis(
                "swapped_inputs",
                f"what is given as the gradient of {slot.tensor} is that of {other.tensor}: two "
                "gradients are exchanged, or in another order than what they belong to",
                0.95,
            )
    return None


def _flipped(evidence: Evidence, slot: Slot, array: Floats) -> Diagnosis | None:
    d = f"d{slot.tensor}"
    flipped = permuted(evidence, slot, array)
    shapes = f"{d} has shape {array.shape}, and {slot.tensor} has shape {slot.shape}"
    if flipped is not None:
        return Diagnosis(
            "transposed",
            f"{shapes}: it is the transpose of the right gradient",
            0.97,
            f"{d} = {d}{flipped}",
        )
    if array.ndim == 2 and array.T.shape == slot.shape:
        return Diagnosis(
            "transposed",
            f"{shapes}: it is transposed (and its numbers are wrong too)",
            0.7,
            f"{d} = {d}.T",
        )
    return None


def _reshaped(evidence: Evidence, slot: Slot, array: Floats) -> Diagnosis | None:
    d = f"d{slot.tensor}"
    if array.size != slot.array.size or not evidence.explains(slot, array.reshape(slot.shape)):
        return None
    return Diagnosis(
        "wrong_shape",
        f"{d} has shape {array.shape}, but {slot.tensor} has shape {slot.shape}; its numbers are "
        "right",
        0.97,
        f"{d} = {d}.reshape({slot.tensor}.shape)",
    )


def _other_key(evidence: Evidence, slot: Slot) -> Diagnosis | None:
    """Find the gradient under another key of the dict that was returned."""
    returned = evidence.back.returned
    if not isinstance(returned, Mapping):
        return None
    known = {s.tensor for s in evidence.part.slots}
    for key, value in returned.items():
        if key not in known and np.shape(value) == slot.shape and evidence.explains(slot, value):
            return Diagnosis(
                "misspelt",
                f"there is no gradient under {slot.tensor!r}, but the right one under {key!r}, "
                "which params does not have",
                0.95,
                f"write {slot.tensor!r} for {key!r}",
            )
    return None


def _missing(evidence: Evidence, slot: Slot, raw: Any) -> Diagnosis:
    d = f"d{slot.tensor}"
    if slot.role == "input":
        words = f"backward returns None for {slot.tensor}"
        if evidence.back.returned is None:
            words = "backward returns None: does it lack a return?"
        elif raw is NOTHING:
            words = f"backward returns no gradient for {slot.tensor}"
        return Diagnosis("missing", words, 0.95, f"return {d}")
    words = f"the gradient of {slot.tensor} is still None after backward"
    if raw is NOTHING:
        words = f"backward leaves no gradient for {slot.tensor}"
    return Diagnosis("missing", words, 0.93, f"self.{d} = … in backward")


def spelt_otherwise(evidence: Evidence, slot: Slot) -> bool:
    """Tell whether the gradient stands where nobody looks for it."""
    return _misspelt(evidence, slot) is not None


def _misspelt(evidence: Evidence, slot: Slot) -> Diagnosis | None:
    """Find an array under another name that is the gradient, by its numbers."""
    found = _other_key(evidence, slot)
    if found is not None:
        return found
    root = evidence.back.root
    held = {name: x for name, x in attributes(root).items() if isinstance(x, np.ndarray)}
    for name, value in attributes(root).items():
        if isinstance(value, dict):
            held |= {f"{name}[{key!r}]": x for key, x in value.items() if isinstance(x, np.ndarray)}
    usual = [f"d{slot.tensor}", f"grad_{slot.tensor}", f"{slot.tensor}_grad"]
    known = [s.tensor for s in evidence.part.slots]
    for name, value in held.items():
        if name in known or value.shape != slot.shape or value.dtype.kind != "f":
            continue
        if not value.any() or not evidence.explains(slot, value):
            continue
        if any(value is evidence.raw(s) for s in evidence.part.slots):
            continue
        plain = name.partition("['")[2].rstrip("']") or name
        close = get_close_matches(plain, usual, n=1, cutoff=0.5) or usual[:1]
        return Diagnosis(
            "misspelt",
            f"the gradient of {slot.tensor} is right, but stands in {name!r}, where nobody looks "
            f"for it; is {close[0]!r} meant?",
            0.95,
            f"rename {name} to {close[0]}",
            find_line(evidence.part.method("backward"), rf"\b{plain}\b"),
        )
    return None
