"""Finding the parameters of whatever a user has written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.holdings import Holding, gradient_of, holdings, is_typical
from backlit.check.part import NOTHING
from backlit.check.parts import find_parts
from backlit.check.randomness import functions_of
from backlit.check.walk import attributes, walk
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.check.clone import Clone

__all__ = ["Candidate", "in_clone", "owners", "parameters", "plain_numbers", "shared_by_all"]


@dataclass(frozen=True)
class Candidate:
    """What may be a parameter: where it is held, in which layer, and its array.

    ``rank`` is 2 if a gradient stands beside it, 1 if there is an empty place for one, 0 if its
    name is all that speaks for it.
    """

    layer: str
    holding: Holding
    array: Any
    rank: int


def parameters(
    owned: list[tuple[Any, str]], clone: Clone, run: Callable[[Any], None]
) -> list[Candidate]:
    """Find the arrays that survive a run and have a gradient beside them, or ought to.

    Parameters
    ----------
    owned
        The objects to look in, and the layer that each belongs to.
    clone
        A copy of them.
    run
        Runs the copy forwards and backwards; whatever it raises is for it to keep.
    """
    listed = [(layer, h, in_clone(clone, h)) for owner, layer in owned for h in holdings(owner)]
    before = [(layer, h, twin, twin.read()) for layer, h, twin in listed]
    run(clone.root)
    best: dict[int, Candidate] = {}
    for layer, holding, twin, array in before:
        if twin.read() is not array or _is_gradient(holding, [h for _, h, _ in listed]):
            continue
        rank = _rank(holding, gradient_of(twin), array)
        known = best.get(id(array))
        if rank >= 0 and (known is None or rank > known.rank):
            best[id(array)] = Candidate(layer, holding, holding.read(), rank)
    found = list(best.values())
    return [each for each in found if each.rank > 0 or not _is_view(each, found)]


def _rank(holding: Holding, gradient: Any, array: Any) -> int:
    if gradient is array:
        return -1
    if gradient is not NOTHING:
        return 1 if gradient is None else 2
    return 0 if is_typical(holding.key, holding.container) else -1


def _is_view(one: Candidate, others: list[Candidate]) -> bool:
    """Tell whether an array is but another view of a parameter."""
    return any(
        other is not one
        and np.may_share_memory(other.array, one.array)
        and (other.rank > 0 or other.array is one.array.base)
        for other in others
    )


def _is_gradient(holding: Holding, listed: list[Holding]) -> bool:
    """Tell whether an array is itself the gradient of another one."""
    value = holding.read()
    return any(
        gradient_of(other) is value
        for other in listed
        if other.owner is holding.owner
        and (other.container, other.key) != (holding.container, holding.key)
    )


def plain_numbers(owned: list[tuple[Any, str]], clone: Clone) -> list[Candidate]:
    """Find parameters that are numbers, not arrays, with a gradient beside them."""
    found = []
    for owner, layer in owned:
        for name, value in attributes(owner).items():
            if not isinstance(value, float):
                continue
            gradient = gradient_of(Holding(clone.of(owner), "", name))
            if (
                gradient is not NOTHING
                and gradient is not None
                and (np.asarray(gradient).dtype.kind in "fiu")
            ):
                found.append(Candidate(layer, Holding(owner, "", name), value, 2))
    return found


def in_clone(clone: Clone, holding: Holding) -> Holding:
    """Return the same place in a copy."""
    box = None if holding.box is None else clone.of(holding.box)
    return Holding(clone.of(holding.owner), holding.container, holding.key, box)


def shared_by_all(root: Any) -> list[Any]:
    """List what all instances of a class have in common: the default arguments of methods."""
    held = {id(x) for x in walk(root)}
    return [
        x
        for f in functions_of(root)
        for x in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values())
        if isinstance(x, (list, dict, set)) and id(x) in held
    ]


def owners(root: Any, name: str) -> list[tuple[Any, str]]:
    """List the objects that may hold parameters, with the layer that each belongs to."""
    if isinstance(root, tuple):
        return []
    names = {id(part.layer): part.name for part in find_parts(root)}
    found = []
    for x in walk(root):
        plain = isinstance(x, (dict, list, tuple, set, np.ndarray, Tensor)) or callable(
            getattr(x, "__code__", None)
        )
        if plain or type(x).__module__.partition(".")[0] in {"numpy", "random"}:
            continue
        if attributes(x):
            found.append((x, names.get(id(x), name)))
    return found
