"""The chain whose time per op is that of the graph: tanh((x + a) * w), over and over.

The arrays are so small that arithmetic is nothing: what is timed is recording a call and
walking back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SHAPES = {"scalar": (), "4×4": (4, 4), "100×50": (100, 50)}
LENGTH = 999  # ops, a third of each kind
X, A, W = 0.1, 0.001, 1.0005  # with these the gradient survives the chain


def start(shape: tuple[int, ...]) -> list[Any]:
    """Return x, a and w: float32 arrays, or single numbers in float64 like Python's."""
    dtype = np.float32 if shape else np.float64
    return [np.full(shape, value, dtype) for value in (X, A, W)]
