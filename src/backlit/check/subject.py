"""What a check needs to know of anything it checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Place", "Subject"]


@dataclass(frozen=True)
class Place:
    """A tensor to differentiate by: the layer it is in, its name, and its live float64 array."""

    layer: str
    tensor: str
    array: NDArray[Any]


@dataclass
class Subject:
    """Anything with gradients to check.

    Parameters
    ----------
    name
        What to call it.
    gradients
        Runs forward and backward; returns each tensor with the gradient that backward gave.
        What the tensors are may be known only then.
    evaluate
        Runs forward; returns the number that is differentiated. Called after ``gradients``.
    roots
        Where to look for random generators, so that each call can be given the same numbers.
    magnitude
        The size of the numbers that ``evaluate`` adds up; known after ``gradients``.
    """

    name: str
    gradients: Callable[[], list[tuple[Place, Any]]]
    evaluate: Callable[[], float]
    roots: tuple[Any, ...] = ()
    magnitude: float = 0.0
    watched: dict[str, NDArray[Any]] = field(default_factory=dict)
    """Arrays, by name, that neither forward nor backward may write into."""
