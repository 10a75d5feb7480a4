"""The paths from an element of a tensor to the output: their sum, their number, the largest."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.tangent import pushed
from backlit.graph import history, propagate
from backlit.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from backlit.tensor import Tensor

__all__ = ["Step", "Ways"]

_EXPANSIONS = 400
"""How many elements the search for the largest paths of arrays looks at."""


@dataclass(frozen=True)
class Step:
    """One local derivative: of an element of ``output`` by one of its op's inputs.

    At ``position`` -1 it is where a path along a direction begins: how far that element moves.
    """

    output: Tensor
    position: int
    index: tuple[int, ...]
    value: float


class Ways:
    """All paths from an element of ``x`` to ``y``, never listed one by one.

    Parameters
    ----------
    x
        Where they begin.
    y
        Where they end; one number.
    index
        The element of ``x``.
    along
        How far each element of ``x`` moves, if not only that one by 1; of its shape.
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        index: tuple[int, ...],
        along: NDArray[Any] | None = None,
    ) -> None:
        self.x, self.y, self.index, self.along = x, y, index, along
        self.calls = _between(x, y)
        self.uses: dict[Tensor, list[tuple[Tensor, int]]] = {}
        reached = {x, *self.calls}
        for z in self.calls:
            for position, source in enumerate(z.op.inputs):  # type: ignore[union-attr]
                if source in reached:
                    self.uses.setdefault(source, []).append((z, position))
        self.scalar = not x.ndim and not any(z.ndim for z in self.calls)
        self._columns: dict[tuple[Tensor, int, tuple[int, ...]], NDArray[Any]] = {}

    def count(self) -> int:
        """Return the number of paths through the graph, by dynamic programming."""
        ways = {self.x: 1}
        for z in self.calls:
            inputs = z.op.inputs  # type: ignore[union-attr]
            ways[z] = sum(ways.get(source, 0) for source in inputs)
        return ways.get(self.y, 0)

    def total(self) -> float:
        """Return the sum over all paths of the product of their local derivatives.

        Each tensor is visited once, in the order of computation: what arrives at its inputs,
        times the local derivatives, is added up and goes on. That is the sum over all paths,
        with common parts multiplied once; and it does not use ``backward`` of the graph.
        """
        start = self.along
        if start is None:
            start = np.zeros(self.x.shape, self.x.dtype)
            start[self.index] = 1
        moving = {self.x: start}
        left = {x: len(uses) for x, uses in self.uses.items()}
        for z in self.calls:
            sums = np.zeros(z.shape, z.dtype)
            for position, source in enumerate(z.op.inputs):  # type: ignore[union-attr]
                if source not in moving:
                    continue
                sums = sums + quiet(pushed, z.op, position, moving[source], z.data)
                left[source] -= 1
                if not left[source]:
                    del moving[source]
            moving[z] = sums
        return float(moving[self.y].sum()) if self.y in moving else 0.0

    def largest(self, most: int) -> list[tuple[Step, ...]]:
        """Return up to ``most`` paths, those that contribute most first.

        Best first: of what has been begun, the element goes on from which most can come. For
        graphs of numbers that is the largest product still possible, so the order is exact;
        for arrays it is the sum that flows on from there.
        """
        promise = self._possible() if self.scalar else self._flowing()
        ticket = count().__next__
        # Of equals the one that has come furthest goes on, or all would be kept waiting.
        waiting: list[tuple[Any, ...]] = [
            (_rank(worth), 0, ticket(), weight, self.x, index, trail)
            for worth, weight, index, trail in self._begun(promise, most)
        ]
        found: list[tuple[Step, ...]] = []
        tries = _EXPANSIONS + most * len(self.calls)
        while waiting and len(found) < most and tries:
            _, _, _, weight, x, index, trail = heappop(waiting)
            if x is self.y:
                found.append(trail[::-1])
                continue
            tries -= 1
            for step in self._onward(x, index, promise, most):
                product = weight * step.value
                worth = abs(product * float(promise[step.output][step.index]))
                if not worth and not self.scalar:
                    continue
                onward = (*trail, step)
                heappush(
                    waiting,
                    (_rank(worth), -len(onward), ticket(), product, step.output, step.index,
                     onward),
                )  # fmt: skip
        return found

    def _begun(
        self, promise: dict[Tensor, Any], most: int
    ) -> list[tuple[float, float, tuple[int, ...], tuple[Step, ...]]]:
        """Return where paths begin: what can come of each, its weight, its element, its trail."""
        if self.along is None:
            return [(0.0, 1.0, self.index, ())]
        worth = np.abs(self.along * promise[self.x]).ravel()
        begun = []
        for flat in np.argsort(-worth, kind="stable")[:most]:
            index = tuple(int(i) for i in np.unravel_index(flat, self.x.shape))
            weight = float(self.along[index])
            if weight:
                step = Step(self.x, -1, index, weight)
                begun.append((float(worth[flat]), weight, index, (step,)))
        return sorted(begun, key=lambda start: _rank(start[0]))

    def _onward(
        self, x: Tensor, index: tuple[int, ...], promise: dict[Tensor, Any], most: int
    ) -> Iterator[Step]:
        for z, position in self.uses.get(x, ()):
            column = self._column(z, position, index)
            worth = np.abs(column * promise[z]).ravel()
            best = np.argsort(-worth, kind="stable")[:most]
            for place in best:
                where = tuple(int(i) for i in np.unravel_index(place, z.shape))
                yield Step(z, position, where, float(column[where]))

    def _column(self, z: Tensor, position: int, index: tuple[int, ...]) -> NDArray[Any]:
        key = (z, position, index)
        if key not in self._columns:
            source = z.op.inputs[position]  # type: ignore[union-attr]
            one = np.zeros(source.shape, source.dtype)
            one[index] = 1
            self._columns[key] = quiet(pushed, z.op, position, one, z.data)
        return self._columns[key]

    def _possible(self) -> dict[Tensor, Any]:
        """Return for each number the largest product of derivatives from it to the output."""
        best: dict[Tensor, Any] = {x: np.zeros(x.shape) for x in (self.x, *self.calls)}
        best[self.y] = np.ones(self.y.shape)
        for x in (*self.calls[::-1], self.x):
            for z, position in self.uses.get(x, ()):
                best[x] = np.fmax(best[x], np.abs(self._column(z, position, ())) * best[z])
        return best

    def _flowing(self) -> dict[Tensor, Any]:
        """Return the gradient of each tensor."""
        found = quiet(_gradients, self.y)
        return {z: found.get(z, np.zeros(z.shape)) for z in (self.x, *self.calls)}


def _rank(worth: float) -> float:
    """Return what sorts the most first, what is no number before all, and ties alike."""
    return -inf if isnan(worth) else -float(f"{worth:.9e}")


def _gradients(y: Tensor) -> dict[Tensor, Any]:
    return propagate(y, np.ones_like(y.data), retain=True)


def _between(x: Tensor, y: Tensor) -> list[Tensor]:
    """Return what ``y`` depends on and what depends on ``x``, in the order of computation."""
    reached = {x}
    calls = []
    for z in history(y)[::-1]:
        if z is x or z.op is None:
            continue
        # No gradient goes into what does not require one, and none through a constant.
        if x.requires_grad and any(source in reached for source in z.op.inputs):
            reached.add(z)
            calls.append(z)
    return calls
