"""The structure of a graph: which calls belong to which layer, and which runs repeat."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backlit.draw.diagram import Diagram
    from backlit.layers import Layer
    from backlit.op import Op
    from backlit.tensor import Tensor

__all__ = ["Part", "Structure"]


@dataclass(frozen=True)
class Part:
    """The calls from ``start`` to before ``stop``, in the order of computation.

    Parameters
    ----------
    start, stop
        Places in the order of computation. No other call lies between them.
    parts
        What it consists of; nothing for a single op.
    layer
        The layer whose call it is.
    repeats
        Whether its parts are of one structure, each computed from the one before.
    begins
        Where they repeat, the leaves that the first begins with.
    name
        What it is called.
    """

    start: int
    stop: int
    parts: tuple[Part, ...] = ()
    layer: Layer | None = None
    repeats: bool = False
    begins: frozenset[Tensor] = frozenset()
    name: str = ""

    def __len__(self) -> int:
        return self.stop - self.start

    def called(self, name: str) -> Part:
        """Return it with a name."""
        return replace(self, name=name)


class Structure:
    """The calls of a diagram as parts within parts.

    Parameters
    ----------
    diagram
        What was read, nothing folded.
    origin
        For each call the tensor of the user's graph that it belongs to.
    """

    def __init__(self, diagram: Diagram, origin: Mapping[Tensor, Tensor]) -> None:
        self.calls = diagram.calls
        self.origin = origin
        self.place = {x: i for i, x in enumerate(diagram.calls)}
        count = len(diagram.calls)
        self.last_use = np.full(count, -1)
        for x, uses in diagram.uses.items():
            if x in self.place:
                self.last_use[self.place[x]] = max(self.place[use.target] for use in uses)
        if count:
            self.last_use[self.place[diagram.root]] = count

    def output(self, part: Part) -> int | None:
        """Return the place of the only call whose output is used after the part, if it is one."""
        used = np.flatnonzero(self.last_use[part.start : part.stop] >= part.stop)
        return part.start + int(used[0]) if len(used) == 1 else None

    @cached_property
    def ops(self) -> list[Part]:
        """Every op as a part of its own."""
        return [Part(i, i + 1) for i in range(len(self.calls))]

    @cached_property
    def layers(self) -> list[Part]:
        """The calls of layers, with those of the layers that they called, and ops outside them."""
        orders = [self.origin[x].op.order for x in self.calls]  # type: ignore[union-attr]
        spans: list[tuple[int, int, int, Layer]] = []
        for i, x in enumerate(self.calls):
            if i + 1 < len(orders) and orders[i + 1] == orders[i]:
                continue  # the inside of an opened op ends with its last call
            call, depth = self.origin[x].call, 0
            while call is not None:
                layer, began, call = call
                spans.append((bisect_right(orders, began), -i - 1, depth, layer))
                depth += 1
        spans.sort(key=lambda span: span[:3])
        root = _Open(0, len(self.calls), None)
        waiting = [root]
        for start, end, _, layer in spans:
            while start >= waiting[-1].stop:
                waiting.pop()
            around = waiting[-1]
            if -end > around.stop or around.layer is layer:
                continue  # of a thread beside it, or of a class that calls its base class
            inner = _Open(start, -end, layer)
            around.inside.append(inner)
            waiting.append(inner)
        return list(root.closed(self.ops).parts)

    @cache  # noqa: B019 - lives as long as one drawing is being made
    def tokens(self, *, exact: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return a number for each call, the same for calls of one kind."""
        known: dict[Any, int] = {}
        found = [known.setdefault(_kind(x.op, exact=exact), len(known)) for x in self.calls]  # type: ignore[arg-type]
        return np.array(found, np.int64)

    def aligned(self, starts: Sequence[int], length: int) -> tuple[int, frozenset[Tensor]]:
        """Return how many runs at ``starts`` are wired alike, and the leaves that they begin with.

        Each run may use what is outside all of them, and what the run before it computed, at
        the same places of both.
        """
        begins: set[Tensor] = set()
        for k in range(1, len(starts)):
            for j in range(length):
                if not self._alike(starts, k, j, begins):
                    return k, frozenset(begins)
        return len(starts), frozenset(begins)

    def _alike(self, starts: Sequence[int], k: int, j: int, begins: set[Tensor]) -> bool:
        model, other = self._wires(starts, 1, j), self._wires(starts, k, j)
        if len(model) != len(other) or "far" in (kind for kind, _ in other):
            return False
        if k > 1:
            return all(
                a == b or (a[0] == b[0] == "outside") for a, b in zip(model, other, strict=True)
            )
        first = self._wires(starts, 0, j)
        inputs = self.calls[starts[0] + j].op.inputs  # type: ignore[union-attr]
        for a, b, x in zip(model, first, inputs, strict=True):
            if a[0] == "inside" and a != b:
                return False
            if a[0] != "inside" and b[0] != "outside":
                return False
            if a[0] == "before" and x.op is None:
                begins.add(x)
        return True

    def _wires(self, starts: Sequence[int], k: int, j: int) -> list[tuple[str, int]]:
        """Return where the inputs of call ``j`` of run ``k`` come from."""
        here = starts[k]
        found = []
        for x in self.calls[here + j].op.inputs:  # type: ignore[union-attr]
            place = self.place.get(x, -1)
            if place >= here:
                found.append(("inside", place - here))
            elif place < starts[0]:
                found.append(("outside", 0))
            elif place >= starts[k - 1]:
                found.append(("before", place - starts[k - 1]))
            else:
                found.append(("far", 0))
        return found


@dataclass
class _Open:
    """A part that is still being filled."""

    start: int
    stop: int
    layer: Layer | None

    def __post_init__(self) -> None:
        self.inside: list[_Open] = []

    def closed(self, ops: list[Part]) -> Part:
        """Return it with what is inside, ops between layers included."""
        # From the innermost out, without recursion: layers may be nested however deep.
        done: dict[int, Part] = {}
        stack = [(self, False)]
        while stack:
            part, ready = stack.pop()
            if not ready:
                stack += [(part, True), *((inner, False) for inner in part.inside)]
                continue
            parts: list[Part] = []
            at = part.start
            for inner in part.inside:
                parts += ops[at : inner.start]
                parts.append(done[id(inner)])
                at = inner.stop
            parts += ops[at : part.stop]
            done[id(part)] = Part(part.start, part.stop, tuple(parts), part.layer)
        return done[id(self)]


def _kind(op: Op, *, exact: bool) -> tuple[Any, ...]:
    if not exact:
        return type(op).__qualname__, op.symbol
    options = repr(sorted(op.options().items()))
    return type(op).__qualname__, options, tuple(x.shape for x in op.inputs)
