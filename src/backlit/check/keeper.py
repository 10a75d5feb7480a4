"""The parameters of what was written by hand: where they are kept, and their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.caller import Caller
from backlit.check.clone import Clone
from backlit.check.holdings import Holding, gradient_of
from backlit.check.matching import matched, named
from backlit.check.part import NOTHING, Broken, Slot
from backlit.check.search import in_clone, parameters, plain_numbers
from backlit.check.values import dout_for, duplicates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from backlit.check.randomness import Source

__all__ = ["Keeper"]


class Keeper(Caller):
    """A part that keeps parameters, each found in its object and in every copy of that."""

    shared: tuple[Any, ...]
    _live: Clone
    _names: list[str]
    _arguments: list[Any]
    _owners: list[tuple[Any, str]]
    _drawn: list[Source]
    _places: list[tuple[Slot, Holding, Any]]

    def _rewind(self) -> None:
        for source in self._drawn:
            source.rewind()

    def _fresh(self, instead: Iterable[tuple[NDArray[Any], NDArray[Any]]] = ()) -> Clone:
        clone = Clone(self.root, self.shared, instead)
        for slot, holding, array in self._places:
            twin = clone.of(array)
            if isinstance(twin, np.ndarray) and twin.dtype.kind == "c":
                continue
            if isinstance(twin, np.ndarray) and twin is not array:
                np.copyto(twin, slot.array)
            elif not isinstance(array, np.ndarray):
                in_clone(clone, holding).write(slot.array.item())
        return clone

    def _write_scalars(self, clone: Clone) -> None:
        for slot, holding, array in self._places:
            if not isinstance(array, np.ndarray):
                in_clone(clone, holding).write(slot.array.item())

    def _find_parameters(self) -> None:
        """Find the arrays that survive a run and have a gradient beside them, or ought to."""
        clone = Clone(self.root, self.shared)
        returned: list[Any] = []

        def run(root: Any) -> None:
            arguments = duplicates(self._arguments)
            self._rewind()
            try:
                y, cache = self._run_forward(root, arguments)
                returned.append(self._run_backward(root, dout_for(y), arguments, y, cache))
            except Broken:
                return

        found = parameters(self._owners, clone, run)
        # Where nothing has a gradient beside it, these are constants: nothing learns here.
        constants = (
            bool(returned)
            and not any(each.rank > 0 or each.holding.container for each in found)
            and not (isinstance(returned[0], tuple) and len(returned[0]) > len(self.slots))
        )
        for each in found:
            slot = Slot(
                each.layer,
                each.holding.name,
                self._live.of(each.array),
                "parameter",
                each.array.dtype,
                optional=constants,
            )
            self._places.append((slot, each.holding, each.array))
        for each in plain_numbers(self._owners, clone):
            slot = Slot(each.layer, each.holding.name, np.array(each.array, float), "parameter")
            self._places.append((slot, each.holding, each.array))
        self.slots += [slot for slot, *_ in self._places]

    def _gradients(self, clone: Clone, returned: Any) -> dict[Slot, Any]:
        """Find the gradient of each slot in what backward returned and left behind."""
        inputs = [slot for slot in self.slots if slot.role == "input"]
        entries, surplus = matched(returned, self._names, [slot.tensor for slot in inputs])
        found = {slot: entries.get(slot.tensor, NOTHING) for slot in inputs}
        for slot, holding, array in self._places:
            gradient = gradient_of(in_clone(clone, holding))
            if gradient is NOTHING or gradient is None:
                told = named(returned, holding)
                if told is not NOTHING:
                    gradient = told
                elif surplus and isinstance(array, np.ndarray):
                    fitting = [i for i, g in enumerate(surplus) if np.shape(g) == slot.shape]
                    gradient = surplus.pop(fitting[0] if fitting else 0)
            found[slot] = gradient
        return found

    def _watched(self, clone: Clone, arguments: list[Any]) -> dict[str, NDArray[Any]]:
        watched = {
            f"input {name}": x
            for name, x in zip(self._names, arguments, strict=True)
            if isinstance(x, np.ndarray) and x.ndim
        }
        for slot, _, array in self._places:
            twin = clone.of(array)
            if isinstance(twin, np.ndarray):
                watched[f"parameter {slot.tensor}"] = twin
        return watched
