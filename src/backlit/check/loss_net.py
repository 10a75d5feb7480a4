"""Nets by hand with ``loss(x, t)`` and ``gradient(x, t)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.hand import HandPart
from backlit.check.holdings import Holding, gradient_of, holdings
from backlit.check.part import NOTHING, Broken, Slot
from backlit.check.search import in_clone
from backlit.errors import TypeRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from backlit.check.clone import Clone

__all__ = ["LossNetPart", "is_loss_net"]


def is_loss_net(x: Any) -> bool:
    """Tell whether something has a loss and gradients of it."""
    return all(callable(getattr(x, name, None)) for name in ("loss", "gradient"))


class LossNetPart(HandPart):
    """A net whose ``gradient(x, t)`` returns the gradients of ``loss(x, t)``, or leaves them."""

    wants_no_input_gradient = True

    def __init__(self, root: Any, arguments: tuple[Any, ...], *, name: str) -> None:
        self.name, self.root = name, root
        self._refuse_what_is_no_parameter()
        super().__init__(root, arguments, name=name)
        self.fixed_dout = 1.0

    def method(self, phase: str) -> Callable[..., Any] | None:
        """Return ``loss`` or ``gradient``."""
        return getattr(self.root, "loss" if phase == "forward" else "gradient", None)

    def _forward(self, root: Any) -> Any:
        return root.loss

    def _backward(self, root: Any) -> Any:
        return root.gradient

    def _arguments_for(
        self, backward: Any, dout: Any, arguments: list[Any], y: Any, cache: Any
    ) -> tuple[Any, ...]:
        del backward, dout, y, cache
        return tuple(arguments)

    def _forward_of_round(self, root: Any, arguments: list[Any]) -> tuple[NDArray[Any], Any]:
        """Run no forward: ``gradient`` does that itself."""
        del root, arguments
        self.spend()
        return self.here, None

    def _run_backward(
        self, root: Any, sent: NDArray[Any], arguments: list[Any], y: NDArray[Any], cache: Any
    ) -> Any:
        try:
            return super()._run_backward(root, sent, arguments, y, cache)
        except Broken:
            self._run_forward(root, arguments)  # some ask for the loss first
            return super()._run_backward(root, sent, arguments, y, cache)

    def _find_parameters(self) -> None:
        self.slots = []  # the data have no gradient here
        if not hasattr(self.root, "params"):
            super()._find_parameters()
            return
        params = self.root.params
        for key in params if isinstance(params, Mapping) else range(len(params)):
            value = params[key]
            box = None if isinstance(value, np.ndarray) else value
            holding = Holding(self.root, "params", key, box)
            array = holding.read()
            slot = Slot(self.name, holding.name, self._live.of(array), "parameter", array.dtype)
            self._places.append((slot, holding, array))
            self.slots.append(slot)

    def _refuse_what_is_no_parameter(self) -> None:
        params = getattr(self.root, "params", {})
        if not isinstance(params, (Mapping, list, tuple)):
            raise TypeRefusedError(
                f"check: {self.name}.params must be a dict of arrays, not {type(params).__name__}."
            )
        entries = params.items() if isinstance(params, Mapping) else enumerate(params)
        for key, value in entries:
            array = getattr(value, "data", value) if not isinstance(value, np.ndarray) else value
            if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
                what = getattr(array, "dtype", type(array).__name__)
                raise TypeRefusedError(
                    f"check: {self.name}.params[{key!r}] must be an array of floats, not {what}."
                )

    def _gradients(self, clone: Clone, returned: Any) -> dict[Slot, Any]:
        found: dict[Slot, Any] = {}
        for position, (slot, holding, _) in enumerate(self._places):
            found[slot] = _looked_up(returned, holding, position)
            if found[slot] is NOTHING and not isinstance(returned, (Mapping, list, tuple)):
                found[slot] = gradient_of(in_clone(clone, holding))
                if found[slot] is NOTHING:
                    found[slot] = self._beside_its_layer(clone, slot)
        return found

    def _beside_its_layer(self, clone: Clone, slot: Slot) -> Any:
        """Find the gradient where a layer that uses the same array left it."""
        array = next(a for s, _, a in self._places if s is slot)
        for owner, _ in self._owners:
            for holding in holdings(owner):
                if holding.read() is array and holding.container != "params":
                    gradient = gradient_of(in_clone(clone, holding))
                    if gradient is not NOTHING and gradient is not None:
                        return gradient
        return NOTHING


def _looked_up(returned: Any, holding: Holding, position: int) -> Any:
    key = holding.key
    if isinstance(returned, Mapping):
        for each in (key, f"d{key}", f"grad_{key}", f"d_{key}", f"{key}_grad"):
            if each in returned:
                return returned[each]
        return NOTHING
    if isinstance(returned, (list, tuple)):
        return returned[position] if position < len(returned) else NOTHING
    return NOTHING
