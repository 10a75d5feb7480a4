"""How many forward calls a check may make, and what was left out when they ran out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from backlit.check.part import Part

__all__ = ["SETTING_OUT", "Budget", "Spent", "Stage", "allotment"]

LIGHT = 5_000
"""A part with so many numbers is run in no time, and may be run often."""
OFTEN = 4_000
"""How often a light part may be run in each stage, if it has no small tensors."""
PER_ELEMENT = 32
"""And how much more often for every element of a small tensor, which is moved by itself."""
SMALL = 64
"""A tensor of so many elements is small."""
SELDOM = 400
"""How often the heaviest part may be run in each stage."""
SETTING_OUT = 16
"""What it takes to run a part at all: twice forwards, once backwards, once a little beside."""


class Spent(Exception):  # noqa: N818 - it ends a stage, and is never shown
    """A stage of the check has made all of its forward calls."""


@dataclass
class Stage:
    """A piece of work with so many calls, which ends where there are none left.

    Parameters
    ----------
    budget
        What it draws from.
    most
        How many calls there are. Within another stage, no more than that has left.
    what
        What is not looked at then, for the report; it may be changed on the way.
    """

    budget: Budget
    most: int
    what: str
    _outer: int | None = None

    def __enter__(self) -> Self:
        budget = self.budget
        self._outer = budget.limit
        limit = budget.calls + self.most
        budget.limit = limit if self._outer is None else min(self._outer, limit)
        if self._outer is None:
            budget.bound += self.most
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        budget = self.budget
        budget.limit = self._outer
        if kind is None or not issubclass(kind, Spent):
            return False
        budget.left_out.append(self.what)
        return self._outer is None or budget.calls < self._outer


@dataclass
class Budget:
    """Forward calls, handed out stage by stage.

    Parameters
    ----------
    calls
        How many were made.
    bound
        How many the stages so far could have made.
    left_out
        What was not looked at because a stage had no calls left.
    limit
        How many calls there may have been at the end of the stage that is under way.

    Examples
    --------
    >>> budget = Budget()
    >>> with budget.stage(2, "the third"):
    ...     for _ in range(3):
    ...         budget.spend()
    >>> budget.calls, budget.bound, budget.left_out
    (2, 2, ['the third'])
    """

    calls: int = 0
    bound: int = 0
    left_out: list[str] = field(default_factory=list)
    limit: int | None = None

    def adopt(self, part: Part) -> None:
        """Count a part's calls from now on, and those that it took to make it."""
        if part.budget is self:
            return
        part.budget = self
        self.calls += part.calls
        self.bound += part.calls
        if self.limit is not None:
            self.limit += part.calls

    def spend(self) -> None:
        """Count a call that is about to be made.

        Raises
        ------
        Spent
            If there is none left.
        """
        if self.limit is not None and self.calls >= self.limit:
            raise Spent
        self.calls += 1

    def stage(self, most: int, what: str) -> Stage:
        """Allow so many calls within a ``with`` block; see :class:`Stage`."""
        return Stage(self, most, what)


def allotment(part: Part, elements: int | None = None) -> int:
    """Return how often a part may be run in one stage: the less often, the more it holds.

    Parameters
    ----------
    part
        What is to be run.
    elements
        How many elements of each tensor the user asked for, which comes on top.
    """
    sizes = [slot.array.size for slot in part.slots]
    heaviness = max(1.0, (sum(sizes) + part.outputs) / LIGHT)
    small = PER_ELEMENT * sum(min(size, SMALL) for size in sizes)
    asked = 3 * sum(min(size, elements) for size in sizes) if elements is not None else 0
    return max(SELDOM, int((OFTEN + small) / heaviness**0.75)) + asked
