"""The chain whose time per op is that of the graph: tanh((x + a) * w), over and over.

The arrays are so small that arithmetic is little: what is timed is recording a call and walking
back, and in a short chain starting to. The values that the long chain of the largest arrays keeps,
20 MB, leave the caches: there the time is also that of the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Chain:
    """Arrays of one shape, and so many ops, a third of each kind."""

    shape: tuple[int, ...]
    length: int

    @property
    def links(self) -> int:
        """How often three ops follow each other."""
        return self.length // 3

    def start(self) -> list[Any]:
        """Return x, a and w: float32 arrays, or single numbers in float64 like Python's."""
        dtype = np.float32 if self.shape else np.float64
        return [np.full(self.shape, value, dtype) for value in (X, A, W)]


SHAPES = {"scalar": (), "4×4": (4, 4), "100×50": (100, 50)}
LENGTHS = 99, 999
CHAINS = {
    f"{name}, {length} ops": Chain(shape, length)
    for name, shape in SHAPES.items()
    for length in LENGTHS
}
X, A, W = 0.1, 0.001, 1.0005  # with these the gradient survives the chain
