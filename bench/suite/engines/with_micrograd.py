"""micrograd: scalars only, so it takes part in the overhead of an op alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from micrograd.engine import Value

from suite.engine import Steps, UnsupportedError
from suite.overhead import A, Chain, W, X

if TYPE_CHECKING:
    from collections.abc import Callable

    from suite.nets import Net

# Its backward pass recurses once per op and ends at Python's limit of 1,000.
LINKS = 240


def build(net: Net, variant: str) -> Steps:
    """Refuse: it has no arrays."""
    raise UnsupportedError("micrograd computes with single numbers, not arrays")


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent, which micrograd leaves to its users, as one op."""
    y = Value(math.tanh(x.data), (x,), "tanh")

    def backward() -> None:
        x.grad += (1 - y.data**2) * y.grad

    y._backward = backward  # noqa: SLF001  (how its own ops are written)
    return y


def chain(chain: Chain, variant: str) -> Callable[[], Any]:
    """Return one forward and backward pass of the chain, in pieces its recursion can walk."""
    if chain.shape:
        raise UnsupportedError("micrograd computes with single numbers, not arrays")
    a, w = A, W

    def run() -> Any:
        starts, ends = [], []
        value = X
        for first in range(0, chain.links, LINKS // 3):
            y = start = Value(value)
            for _ in range(min(LINKS // 3, chain.links - first)):
                y = tanh((y + a) * w)
            value = y.data
            starts.append(start)
            ends.append(y)
        gradient = 1.0
        for start, end in zip(reversed(starts), reversed(ends), strict=True):
            end.backward()
            gradient *= start.grad
        return gradient

    return run
