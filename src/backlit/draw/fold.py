"""Folding: a large graph drawn as a few blocks, by layers and by what repeats."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from backlit.draw.opening import Opening, whole
from backlit.draw.repeats import repeated
from backlit.draw.structure import Part
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from backlit.draw.opening import Shown
    from backlit.draw.structure import Structure
    from backlit.draw.titles import Titles

__all__ = ["Fold", "shown"]

Fold: TypeAlias = Literal["auto", "layer", "repeat"] | bool

_SMALL = 40
"""A graph of so few ops is drawn whole, if nobody asks otherwise."""
_READABLE, _BARE = 24, 6
"""Layers are opened as long as no more blocks are to be seen than the first number, and in any
case while there are fewer than the second."""


def shown(
    structure: Structure, titles: Titles, fold: Fold, unfold: str | Collection[str] | None
) -> list[Shown]:
    """Return what to draw, in the order of computation.

    Raises
    ------
    ValueRefusedError
        If ``fold`` is no way to fold, or ``unfold`` names no block.
    """
    if fold not in {"auto", "layer", "repeat", True, False}:
        raise ValueRefusedError(
            f"draw: fold is {fold!r}, but must be 'auto', 'layer', 'repeat' or False."
        )
    wanted = [unfold] if isinstance(unfold, str) else list(unfold or ())
    parts = _numbered([(part, "") for part in _chosen(structure, fold, asked=bool(wanted))])
    for name in wanted:
        parts = _numbered(Opening(structure, titles, name).opened(parts))
    return parts


def _chosen(structure: Structure, fold: Fold, *, asked: bool) -> list[Part]:
    if fold is False or (fold == "auto" and not asked and len(structure.calls) <= _SMALL):
        return structure.ops
    if fold == "repeat":
        return repeated(structure.ops, structure, structure.tokens(exact=True))
    if fold == "layer":
        return _by_layer(structure)
    exact = _by_both(structure, structure.tokens(exact=True))
    if len(exact) <= _READABLE:
        return exact
    # Layers of other sizes in each round are a repetition to the eye.
    loose = _by_both(structure, structure.tokens(exact=False))
    return min(exact, loose, key=len)


def _by_layer(structure: Structure) -> list[Part]:
    """Return each innermost layer as one part."""
    result: list[Part] = []
    waiting = structure.layers[::-1]
    while waiting:
        part = waiting.pop()
        inner = any(inside.layer is not None for inside in part.parts)
        if part.parts and (inner or structure.output(part) is None):
            waiting += part.parts[::-1]
        else:
            result.append(part)
    return result


def _by_both(structure: Structure, tokens: NDArray[Any]) -> list[Part]:
    """Return the layers of the outermost nets, opened while all can be taken in at a glance."""

    def within(parts: Sequence[Part]) -> list[Part]:
        return repeated(whole(parts, structure), structure, tokens)

    parts = [(0, part) for part in within(structure.layers)]
    closed: set[int] = set()
    while True:
        places = [
            (depth, i)
            for i, (depth, part) in enumerate(parts)
            if id(part) not in closed and part.layer is not None and _opens(part, depth)
        ]
        if not places:
            return [_bare(part) for _, part in parts]
        depth, i = min(places)
        inside = within(parts[i][1].parts)
        if len(parts) - 1 + len(inside) <= _READABLE or len(parts) < _BARE:
            parts[i : i + 1] = [(depth + 1, part) for part in inside]
        else:
            closed.add(id(parts[i][1]))


def _opens(part: Part, depth: int) -> bool:
    return any(inner.layer is not None for inner in part.parts) or (not depth and len(part) > 1)


def _bare(part: Part) -> Part:
    """Return the op alone of a layer that is no more than that, as a ReLU is."""
    alone = len(part) == 1 and part.layer is not None and not part.layer.parameters()
    return Part(part.start, part.stop) if alone else part


def _numbered(parts: Iterable[Shown]) -> list[Shown]:
    """Return the parts; repeating ones have a number for a name, as nobody else gave them one."""
    given = list(parts)
    taken = {part.name for part, _ in given}
    fresh = (name for name in (f"block {i}" for i in count(1)) if name not in taken)
    return [
        (part.called(next(fresh)) if part.repeats and not part.name else part, frame)
        for part, frame in given
    ]
