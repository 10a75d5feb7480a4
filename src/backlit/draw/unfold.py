"""Opening ops inside a graph: the same graph with some nodes replaced by their inside."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backlit.errors import ValueRefusedError
from backlit.graph import history
from backlit.opening import opened
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Unfolded", "unfolded"]


@dataclass(frozen=True)
class Unfolded:
    """A graph read anew.

    Parameters
    ----------
    root
        The output, equal to the original's.
    origin
        For each tensor that the user's graph had, the user's.
    groups
        For each tensor that came from inside an op, the user's tensor and op it belongs to.
    """

    root: Tensor
    origin: dict[Tensor, Tensor]
    groups: dict[Tensor, Tensor]


def unfolded(root: Tensor, open: str | Collection[str] | None, depth: int) -> Unfolded:
    """Open every op that ``open`` names (``"all"``: every op), ``depth`` levels deep.

    The user's graph stays as it is: what is returned shares its arrays and leaves only.

    Raises
    ------
    ValueRefusedError
        If the graph has no op of such a name, or it has no inside.
    """
    calls = history(root)[::-1]
    asked = {open} if isinstance(open, str) else set(open or ())
    if root.op is None or (not asked and not depth):
        return Unfolded(root, {x: x for x in calls}, {})
    every = "all" in asked or not asked
    known = {x.op.name for x in calls if x.op is not None}
    wrong = asked - known - {"all"}
    if wrong:
        raise ValueRefusedError(
            f"draw: there is no op {min(wrong)!r} to open in this graph; it has "
            f"{', '.join(sorted(known)) or 'none'}."
        )
    new: dict[Tensor, Tensor] = {}
    groups: dict[Tensor, Tensor] = {}
    sequence: list[Tensor] = []
    for x in calls:
        op = copy.copy(x.op)
        assert op is not None
        op.inputs = tuple(new.get(source, source) for source in op.inputs)
        again = _output(x, op)
        inside = [again]
        if every or op.name in asked:
            inside = _inside(again, set(op.inputs), max(depth, 1))
            groups.update((y, x) for y in inside if len(inside) > 1)
        sequence += inside
        new[x] = inside[-1]
    for place, y in enumerate(sequence, 1):
        assert y.op is not None
        y.op.order = place
    return Unfolded(new[root], {y: x for x, y in new.items()}, groups)


def _output(x: Tensor, op: object) -> Tensor:
    y = Tensor(x.data)
    y.op = op  # type: ignore[assignment]
    return y


def _inside(x: Tensor, inputs: set[Tensor], depth: int) -> list[Tensor]:
    """Return the calls that ``x`` opens into, in order; itself alone if it does not open."""
    if x.op is None or not x.op.opens or not depth:
        return [x]
    calls = _above(opened(x), inputs)
    if len(calls) < 2:
        return [x]
    if depth == 1:
        return calls
    result: list[Tensor] = []
    new: dict[Tensor, Tensor] = {}
    for z in calls:
        assert z.op is not None
        z.op.inputs = tuple(new.get(source, source) for source in z.op.inputs)
        deeper = _inside(z, set(z.op.inputs), depth - 1)
        result += deeper
        new[z] = deeper[-1]
    return result


def _above(root: Tensor, inputs: set[Tensor]) -> list[Tensor]:
    """Return what was computed from ``inputs`` on the way to ``root``, in order."""
    found: set[Tensor] = set()
    stack = [root]
    while stack:
        x = stack.pop()
        if x in found or x in inputs or x.op is None:
            continue
        found.add(x)
        stack += x.op.inputs
    return sorted(found, key=lambda x: x.op.order)  # type: ignore[union-attr]
