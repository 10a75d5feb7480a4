"""From wrong numbers to the mistake behind them.

Each hypothesis is a function that predicts what a known mistake makes of the gradient, or tries
something out, and is confirmed by numbers. They stand in an order from specific to general.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.check.diagnosis.arranged import (
    jacobian_itself,
    last_use_only,
    other_arrangement,
    region,
    shuffled,
)
from backlit.check.diagnosis.axes import (
    not_transposed_matrix,
    reduced_wrongly,
    spread_wrongly,
    transposed,
)
from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.diagnosis.beyond import clipped, decayed
from backlit.check.diagnosis.constant import constant
from backlit.check.diagnosis.errors import explain_error
from backlit.check.diagnosis.few import (
    coarse,
    few_elements,
    not_finite,
    nothing_known,
    stepped,
    still,
    truncated,
    zero,
)
from backlit.check.diagnosis.form import diagnose_form
from backlit.check.diagnosis.history import stale_state
from backlit.check.diagnosis.inner import inner_axis
from backlit.check.diagnosis.labels import labels_broadcast
from backlit.check.diagnosis.local import at_input, at_output, other_function
from backlit.check.diagnosis.masks import mask_at_zero, mask_new, mask_reversed
from backlit.check.diagnosis.softmax import softmax
from backlit.check.diagnosis.uses import (
    dout_ignored,
    dropped_use,
    exchanged,
    misplaced,
    partly_ignored,
)
from backlit.check.diagnosis.writes import dout_overwritten, input_overwritten
from backlit.check.part import Broken

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence
    from backlit.check.part import Slot

__all__ = ["Case", "Diagnosis", "diagnose", "diagnose_form", "explain_error"]

HYPOTHESES = (
    not_finite,
    labels_broadcast,
    still,
    zero,
    mask_at_zero,
    truncated,
    coarse,
    input_overwritten,
    dout_overwritten,
    mask_new,
    exchanged,
    decayed,
    clipped,
    dout_ignored,
    softmax,
    not_transposed_matrix,
    reduced_wrongly,
    spread_wrongly,
    transposed,
    stale_state,
    mask_reversed,
    at_output,
    at_input,
    constant,
    dropped_use,
    inner_axis,
    jacobian_itself,
    last_use_only,
    misplaced,
    stepped,
    region,
    few_elements,
    other_arrangement,
    partly_ignored,
    other_function,
    shuffled,
    nothing_known,
)


def diagnose(evidence: Evidence, slot: Slot, comparison: object) -> Diagnosis:
    """Return the first hypothesis that explains the numbers."""
    gradient = evidence.got(slot)
    assert gradient is not None, "a gradient without a form is diagnosed by its form"
    case = Case(
        evidence,
        slot,
        gradient,
        list(getattr(comparison, "elements", [])),
        getattr(comparison, "count", 0),
        getattr(comparison, "at_kinks_only", False),
    )
    for hypothesis in HYPOTHESES:
        try:
            with np.errstate(all="ignore"):
                diagnosis = hypothesis(case)
        except Broken:  # the user's code does not bear what was tried
            continue
        if diagnosis is not None:
            return diagnosis
    return nothing_known(case)
