"""What stands on an op's card besides its mathematics: examples, samples, refusals.

A card carries enough for one test to hold for every op: inputs worked by hand,
random inputs to differentiate at, and inputs that must be refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BINARY", "MISMATCHED", "UNARY", "Draw", "Example", "Refusal", "Sample", "Words"]

Array = NDArray[Any]


class Words(str):
    """A formula or gradient that no NumPy expression states; said in words, not evaluated."""

    __slots__ = ()


@dataclass(frozen=True)
class Example:
    """Inputs, output and gradients worked by hand.

    Parameters
    ----------
    inputs
        What ``forward`` receives: numbers or nested lists.
    output
        What it must return.
    dout
        The upstream gradient handed to ``backward``.
    gradients
        What ``backward`` must return, one entry per input.
    options
        Keyword arguments of the op's constructor.
    """

    inputs: tuple[Any, ...]
    output: Any
    dout: Any = 1.0
    gradients: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draw:
    """A random array: its shape, and where its values may lie.

    ``low`` and ``high`` bound the magnitude; ``signed`` gives it a random sign, so
    ``Draw((3,), 0.1, 2.0)`` keeps clear of a kink at 0.
    """

    shape: tuple[int, ...]
    low: float = 0.1
    high: float = 2.0
    signed: bool = True

    def __call__(self, rng: np.random.Generator) -> Array:
        """Return a float64 array drawn by ``rng``."""
        values = rng.uniform(self.low, self.high, self.shape)
        if self.signed:
            values = values * rng.choice([-1.0, 1.0], self.shape)
        return np.asarray(values)


@dataclass(frozen=True)
class Sample:
    """Inputs at which an op is differentiated numerically, in place of every input a user has.

    Each input is a :class:`Draw`, or a fixed array, list or number (labels, say).
    ``stated`` is False where the card's gradient text covers another case (matrices,
    say, and these are vectors).
    """

    inputs: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    stated: bool = True

    def draw(self, rng: np.random.Generator) -> tuple[Array, ...]:
        """Return the inputs, the random ones drawn by ``rng``."""
        return tuple(x(rng) if isinstance(x, Draw) else np.asarray(x) for x in self.inputs)


@dataclass(frozen=True)
class Refusal:
    """Inputs that an op must refuse, and what its message must contain."""

    inputs: tuple[Any, ...]
    says: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


UNARY = (
    Sample((Draw((3, 4)),)),
    Sample((Draw(()),)),
    Sample((Draw((2, 0)),)),
)
"""Samples for an elementwise op of one input."""

BINARY = (
    Sample((Draw((3, 4)), Draw((3, 4)))),
    Sample((Draw((3, 1)), Draw((2, 1, 4)))),
    Sample((Draw(()), Draw((4,)))),
    Sample((Draw((1,)), Draw((2, 0)))),
)
"""Samples for an elementwise op of two inputs, broadcasting included."""

MISMATCHED = (Refusal((np.zeros((2, 3)), np.zeros(4)), ("x", "y", "(2, 3)", "(4,)")),)
"""The refusal of an elementwise op of two inputs: shapes that do not broadcast."""
