"""How to examine, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backlit.check.budget import Budget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.check.evidence import Evidence
    from backlit.check.part import Slot
    from backlit.check.report import Fault, Row

__all__ = ["Comparison", "Finding", "Settings"]

DIRECTIONS = 2
"""Random directions along which a large tensor is compared."""


@dataclass(frozen=True)
class Settings:
    """How to examine."""

    tolerance: float = 1e-4
    seed: int = 0
    probes: bool = True
    """Whether to try what shows in no single run: states, copies, writing in place."""
    twice: bool = True
    """Whether backward has to bear being run twice."""
    elements: int | None = None
    """How many elements of each tensor to compare one by one; ``None`` leaves it to the size."""
    directions: int = DIRECTIONS
    """Along how many random directions to compare a large tensor."""
    explain: bool = True
    """Whether to look for the single wrong elements of large tensors, and for the mistake."""
    search: bool = True
    """Whether to look for single elements where the whole is off by less than the tolerance."""
    budget: Budget = field(default_factory=Budget)
    """How many forward calls there are."""


@dataclass
class Comparison:
    """How a tensor's gradient compares with its slopes, where it is wrong."""

    complaint: str = ""
    elements: list[int] = field(default_factory=list)
    max_error: float = 0.0
    at_kinks_only: bool = False
    count: int = 0
    moved: NDArray[Any] | None = None
    """What the tensor is where it shows, if not where it is: its elements moved off their kinks."""


@dataclass
class Finding:
    """What was found about a part."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: Evidence | None = None
    wrong: dict[Slot, Comparison] = field(default_factory=dict)
    complete: bool = False
    """Whether all tensors were compared."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and not self.wrong
