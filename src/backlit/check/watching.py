"""Arrays that user code writes into: which, when, and where first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.part import Written

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["change", "written"]


def written(
    watched: dict[str, NDArray[Any]], before: dict[str, NDArray[Any]], phase: str
) -> list[Written]:
    """Compare watched arrays with what they were; the names begin with what they are."""
    found = []
    for name, array in watched.items():
        if array.tobytes() != before[name].tobytes():
            what, _, tensor = name.partition(" ")
            found.append(change(what, tensor, phase, before[name], array))
    return found


def change(what: str, name: str, phase: str, old: NDArray[Any], new: NDArray[Any]) -> Written:
    """Describe a change by its first element."""
    with np.errstate(all="ignore"):
        changed = np.argwhere((old != new) & ~((old != old) & (new != new)))  # noqa: PLR0124
    if not len(changed):
        return Written(what, name, phase, None)
    index = tuple(int(i) for i in changed[0])
    return Written(what, name, phase, index, float(old[index]), float(new[index]))
