"""Whether a part can be compared with its slopes at all: finite, and the same in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.report import Fault
from backlit.check.source import line_of

if TYPE_CHECKING:
    from backlit.check.part import Part

__all__ = ["unsound"]


def unsound(part: Part, here: Any) -> list[Fault]:
    """Say what keeps a part's output from having slopes; nothing if it has them."""
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
    difference = (
        float(np.max(np.abs(np.asarray(here, float) - again)))
        if (np.shape(here) == np.shape(again))
        else np.inf
    )
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
