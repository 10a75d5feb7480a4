"""What explanations of a net's wiring have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.source import line_of

if TYPE_CHECKING:
    from backlit.check.report import Fault
    from backlit.check.run import Run

__all__ = ["equal", "first", "of_the_net"]


def of_the_net(  # noqa: PLR0917
    run: Run,
    found: list[Fault],
    code: str,
    message: str,
    confidence: float,
    correction: str = "",
    layer: str = "",
) -> list[Fault]:
    """Say the same of the first wrong tensor, with its numbers."""
    name = layer or run.part.name
    method = run.part.method("backward")
    for part in run.parts:
        if part.name == layer:
            method = getattr(part.layer, "backward", method)
    source = line_of(method)
    worst = found[0]
    return [
        replace(
            worst,
            layer=name,
            tensor=worst.tensor,
            message=message,
            diagnosis=code,
            confidence=confidence,
            correction=correction,
            source=source,
        )
    ]


def first(returned: Any) -> Any:
    """Return the first gradient that a backward returned; ``None`` if it is no array."""
    x = returned[0] if isinstance(returned, (tuple, list)) and returned else returned
    return x if isinstance(x, np.ndarray) else None


def equal(one: Any, other: Any) -> bool:
    """Tell whether two things are equal arrays, up to rounding."""
    return (
        isinstance(one, np.ndarray)
        and isinstance(other, np.ndarray)
        and one.shape == other.shape
        and bool(np.allclose(one, other, rtol=1e-10, atol=0))
    )
