"""Small constants against log(0): in forward, and rightly not in backward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.check.evidence import Evidence
from backlit.check.locate import projected
from backlit.check.part import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backlit.check.part import Slot

__all__ = ["is_guarded"]

SLIGHT = 0.02
"""A larger relative error is none of a guard's."""
GONE = 1e-5
"""What is left of it where no number is near 0."""


def is_guarded(evidence: Evidence, wrong: Mapping[Slot, tuple[float, list[int]]]) -> bool:
    """Tell whether slight errors of a loss vanish where its numbers are moderate.

    ``-log(y + 1e-7)`` is taken back as ``-1/y``, which is off by 1e-7 / y: nothing, unless ``y``
    is tiny. So inputs and parameters are made ten times smaller, and all are compared again. A
    wrong formula is as wrong there.

    Parameters
    ----------
    evidence
        What is known of the loss.
    wrong
        The tensors in doubt: the largest relative error of each, and the elements found wrong.
    """
    loss = evidence.dout.size == 1 and evidence.part.fixed_dout is not None
    if not wrong or not loss or max(error for error, _ in wrong.values()) > SLIGHT:
        return False
    part = evidence.part
    saved = [(slot.array, slot.array.copy()) for slot in part.slots]
    rng = np.random.default_rng(31)
    try:
        for array, original in saved:
            np.copyto(array, 0.1 * original)
        here = part.output()
        back = part.back(evidence.dout)
        beside = Evidence(part, here, evidence.dout, back, evidence.tolerance, rng)
        for slot, (_, elements) in wrong.items():
            gradient = beside.got(slot)
            if gradient is None:
                return False
            _, errors = beside.judge(beside.sample(slot, elements=elements[:8]), gradient)
            if (errors > GONE).any():
                return False
            verdict = projected(beside, slot, gradient, rng.standard_normal(slot.shape))
            if verdict.error > GONE + verdict.uncertain:
                return False
    except Broken:
        return False
    finally:
        for array, original in saved:
            np.copyto(array, original)
    return True
