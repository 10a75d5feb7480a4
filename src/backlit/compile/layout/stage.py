"""What all stages of a stack have in common."""

from __future__ import annotations

from typing import Any

__all__ = ["Stage"]


class Stage:
    """One link of a chain that works with the batch innermost, for a part of the batch.

    The chain connects its stages: what one computes is written where the next one reads.

    Attributes
    ----------
    x
        The input, ``(H, C, W, N)``: whoever comes before writes here.
    out, d_out
        The output, and its gradient.
    d_x
        Where the gradient of the input is written, ``None`` if nobody reads it.
    """

    x: Any
    out: Any
    d_out: Any = None
    d_x: Any = None

    def gradients(self) -> tuple[Any, ...]:
        """Return the gradients of its parameters, for this part of the batch."""
        return ()
