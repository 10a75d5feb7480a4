"""Copies in float64 of anything: objects, what functions close over, arrays that share memory."""

from __future__ import annotations

import copy
from types import CellType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from backlit.check.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Clone"]

_T = TypeVar("_T")
_LIBRARY = ("numpy", "backlit")


class Clone:
    """A copy of objects that shares nothing with them.

    Arrays of floats become float64. Arrays that share memory (a view of a parameter) share it in
    the copy too, and functions get copies of what they close over. What can't be copied (a module,
    a lock) is shared.

    Parameters
    ----------
    root
        What to copy.
    shared
        What to keep as it is.
    instead
        Arrays, each with what the copy holds in its place.

    Attributes
    ----------
    root
        The copy.

    Examples
    --------
    >>> W = np.ones((2, 3), np.float32)
    >>> clone = Clone({"W": W, "flipped": W.T})
    >>> clone.root["W"].dtype, np.may_share_memory(clone.root["W"], clone.root["flipped"])
    (dtype('float64'), True)
    >>> clone.of(W) is clone.root["W"]
    True
    """

    def __init__(
        self,
        root: Any,
        shared: Iterable[Any] = (),
        instead: Iterable[tuple[NDArray[Any], NDArray[Any]]] = (),
    ) -> None:
        kept = list(shared)
        self._memo: dict[int, Any] = {id(x): x for x in kept}
        known = [x for x in walk(root) if id(x) not in self._memo]
        self._memo |= _arrays([x for x in known if isinstance(x, np.ndarray)])
        self._memo |= {id(old): new for old, new in instead}
        functions = [x for x in known if isinstance(x, FunctionType) and _has_own_state(x)]
        cells = {id(cell): (cell, CellType()) for f in functions for cell in f.__closure__ or ()}
        for f in functions:
            self._memo[id(f)] = _with_cells(f, [cells[id(cell)][1] for cell in f.__closure__ or ()])
        for old, new in cells.values():
            try:
                contents = old.cell_contents
            except ValueError:  # a name that is not bound yet
                continue
            new.cell_contents = self._copy(contents)
        self._alive = (root, kept, known)
        self.root: Any = self._copy(root)

    def of(self, original: _T) -> _T:
        """Return the copy of something in the root; the thing itself if it was not copied."""
        twin: _T = self._memo.get(id(original), original)
        return twin

    def _copy(self, x: Any) -> Any:
        for attempt in range(2):
            memo = dict(self._memo)  # what fails half-way must leave nothing behind
            try:
                twin = copy.deepcopy(x, memo)
            except Exception:  # noqa: BLE001 - whatever is raised by what is not made for copying
                if not attempt:
                    self._share_what_cannot_be_copied(x)
            else:
                self._memo = memo
                return twin
        return x

    def _share_what_cannot_be_copied(self, root: Any) -> None:
        for owner in walk(root):
            held = getattr(owner, "__dict__", {})
            inside = held if isinstance(held, dict) else {}
            for x in (owner, *inside.values()):
                if id(x) in self._memo or isinstance(x, (dict, list, tuple, set, np.ndarray)):
                    continue
                if isinstance(x, ModuleType) or not hasattr(x, "__dict__"):
                    try:
                        copy.deepcopy(x)
                    except Exception:  # noqa: BLE001
                        self._memo[id(x)] = x


def _has_own_state(f: FunctionType) -> bool:
    return bool(f.__closure__) and (f.__module__ or "").partition(".")[0] not in _LIBRARY


def _with_cells(f: FunctionType, cells: list[CellType]) -> FunctionType:
    new = FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, tuple(cells))
    new.__kwdefaults__, new.__dict__ = f.__kwdefaults__, dict(f.__dict__)
    new.__qualname__, new.__module__, new.__doc__ = f.__qualname__, f.__module__, f.__doc__
    return new


def _arrays(arrays: list[NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """Copy arrays, views of one memory as views of one copy."""
    families: dict[int, list[NDArray[Any]]] = {}
    owners: dict[int, NDArray[Any]] = {}
    for array in arrays:
        owner = _owner(array)
        owners[id(owner)] = owner
        families.setdefault(id(owner), []).append(array)
    twins: dict[int, NDArray[Any]] = {}
    for key, family in families.items():
        owner = owners[key]
        if len(family) == 1 or not _viewable(owner, family):
            twins |= {id(array): _wide(array) for array in family}
            continue
        wide = _wide(owner)
        twins |= {id(x): wide if x is owner else _view(x, owner, wide) for x in family}
    return twins


def _owner(array: NDArray[Any]) -> NDArray[Any]:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == object:
        return copy.deepcopy(array)
    return array.astype(np.float64) if array.dtype.kind == "f" else array.copy(order="K")


def _viewable(owner: NDArray[Any], family: list[NDArray[Any]]) -> bool:
    contiguous = owner.flags.c_contiguous or owner.flags.f_contiguous
    plain = owner.dtype.kind in "fiub"
    return contiguous and plain and all(x.dtype == owner.dtype for x in family)


def _view(x: NDArray[Any], owner: NDArray[Any], wide: NDArray[Any]) -> NDArray[Any]:
    ratio = wide.itemsize // owner.itemsize if wide.itemsize >= owner.itemsize else 1
    offset = (x.ctypes.data - owner.ctypes.data) * ratio
    strides = tuple(step * ratio for step in x.strides)
    return np.ndarray(x.shape, wide.dtype, wide.ravel(order="K"), offset, strides)
