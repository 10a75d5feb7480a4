"""What a part remembers of earlier calls."""

from __future__ import annotations

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.part import Broken

__all__ = ["stale_state"]


def stale_state(case: Case) -> Diagnosis | None:
    """Try whether clearing what is remembered, or accumulating, explains a gradient."""
    try:
        again = case.got_of(case.evidence.part.back(case.dout, warm=True))
    except Broken:
        return None
    if again is None or np.allclose(again, case.gradient, rtol=1e-9, atol=0):
        return None
    return Diagnosis(
        "stale_state",
        f"{case.d} depends on the calls before: after another forward and backward it is "
        "different, at the same point and for the same dout",
        0.85,
        "forward has to overwrite all that backward uses",
    )
