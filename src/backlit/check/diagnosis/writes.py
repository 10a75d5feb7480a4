"""Arrays that are written into though somebody still needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis

if TYPE_CHECKING:
    from backlit.check.part import Written

__all__ = ["dout_overwritten", "input_overwritten", "told_of"]


def input_overwritten(case: Case) -> Diagnosis | None:
    """Blame what was written into an input or a parameter."""
    for written in case.evidence.back.written:
        if written.what in {"input", "parameter"}:
            return told_of(written)
    return None


def told_of(written: Written) -> Diagnosis:
    """Say what was written into."""
    element = "" if not written.index else f"[{', '.join(map(str, written.index))}]"
    change = (
        ""
        if written.index is None
        else f" ({written.name}{element} was {written.before:.6g} and became {written.after:.6g})"
    )
    what = {"input": "the input", "parameter": "the parameter", "dout": "the upstream gradient"}
    return Diagnosis(
        f"{written.what}_overwritten",
        f"{written.phase} wrote into {what[written.what]} {written.name} in place{change}; it "
        "belongs to the caller, who still uses it",
        0.95,
        f"compute into a copy: {written.name} = {written.name}.copy(), "
        f"or {written.name} = {written.name} * …, not {written.name} *= …",
        tensor=written.name,
    )


def dout_overwritten(case: Case) -> Diagnosis | None:
    """Try the ``dout`` that backward left behind, in place of the one that it was given."""
    after = case.evidence.back.dout_after
    if after is None or np.array_equal(after, case.dout):
        return None
    written = next((w for w in case.evidence.back.written if w.what == "dout"), None)
    if written is None:
        return None
    sample = case.evidence.sample(case.slot, after)
    scale = max(np.abs(sample.expected).max(initial=0.0), np.abs(case.got).max(initial=0.0))
    allowed = 1e-6 * scale + sample.error
    exact = bool((np.abs(sample.expected - case.got) <= allowed).all())
    told = told_of(written)
    if exact:
        return Diagnosis(
            told.code,
            f"{told.message}. {case.d} is right for the overwritten dout, and wrong for the one "
            "that was given",
            0.97,
            told.correction,
        )
    return None
