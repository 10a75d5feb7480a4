"""Parameters, and the gradients beside them, by the conventions that people use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.part import NOTHING
from backlit.check.walk import attributes
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["Holding", "clear_gradients", "gradient_of", "holdings", "is_typical", "unboxed"]

PARAMETERS = ("params", "parameters", "weights", "parameter", "param", "_params", "p", "theta")
GRADIENTS = ("grads", "gradients", "grad", "dparams", "d_params", "gradient", "_grads", "g",
             "grad_params", "dweights", "dtheta", "deltas")  # fmt: skip
BESIDE = ("d{}", "grad_{}", "{}_grad", "d_{}", "grad{}", "{}grad", "g_{}", "g{}", "{}_gradient",
          "gradient_{}", "dl_d{}", "dL_d{}", "dJ_d{}", "dE_d{}", "delta_{}", "{}_d", "{}Grad",
          "Grad{}", "nabla_{}", "d{}_", "_d{}")  # fmt: skip
TYPICAL = re.compile(
    r"^_?(w|b|u|v|weights?|bias(es)?|gamma|beta|kernels?|filters?|embeddings?|theta|coef|"
    r"w_?[a-z]{0,2}|b_?[a-z]{0,2}|u_?[a-z]|[wbu]_?[a-z]{2})_?\d*$",
    re.IGNORECASE,
)
CONSTANT = re.compile(r"(mask|mean|var|running|momentum|eps|std|buffer|moving|cache|target|label)")


@dataclass(frozen=True)
class Holding:
    """An array of floats that something holds.

    Parameters
    ----------
    owner
        The object that it belongs to.
    container
        The attribute that holds the dict or list it stands in; empty for an attribute.
    key
        Its attribute's name, its key, or its position.
    box
        The object with ``data`` and ``grad`` that it stands in, if any.
    """

    owner: Any
    container: str
    key: Any
    box: Any = None

    @property
    def name(self) -> str:
        """What users call it: ``W``, its key in ``params``, or ``params[0]``."""
        if not self.container:
            return str(self.key)
        return str(self.key) if isinstance(self.key, str) else f"{self.container}[{self.key}]"

    def read(self) -> Any:
        """Return what is there now."""
        try:
            held = getattr(self.owner, self.container) if self.container else None
            value = getattr(self.owner, self.key) if held is None else held[self.key]
        except (AttributeError, KeyError, IndexError, TypeError):
            return NOTHING
        return unboxed(value)

    def write(self, value: Any) -> None:
        """Put something in its place."""
        if self.container:
            getattr(self.owner, self.container)[self.key] = value
        else:
            setattr(self.owner, self.key, value)


def holdings(owner: Any) -> list[Holding]:
    """Return where an object holds arrays of floats: attributes, dicts and lists of them."""
    found = []
    for name, value in attributes(owner).items():
        if _is_array(value):
            found.append(Holding(owner, "", name))
        elif _boxes(value):
            found.append(Holding(owner, "", name, value))
        elif isinstance(value, (Mapping, list, tuple)) and name not in GRADIENTS:
            entries: Any = value.items() if isinstance(value, Mapping) else enumerate(value)
            for key, x in entries:
                if _is_array(x):
                    found.append(Holding(owner, name, key))
                elif _boxes(x):
                    found.append(Holding(owner, name, key, x))
    return found


def unboxed(value: Any) -> Any:
    """Return the array in a tensor or in an object with ``data`` and ``grad``."""
    if isinstance(value, Tensor):
        return value.data
    name = _boxes(value)
    return getattr(value, name) if name else value


def is_typical(name: Any, container: str) -> bool:
    """Tell whether a parameter is usually called so."""
    if container:
        return container in PARAMETERS
    return bool(TYPICAL.match(str(name))) and not CONSTANT.search(str(name).lower())


def gradient_of(holding: Holding) -> Any:
    """Return the gradient that stands beside an array, :data:`NOTHING` if none does."""
    if holding.box is not None:
        return getattr(holding.box, "grad", NOTHING)
    for where, key in _places(holding):
        found = NOTHING
        if isinstance(where, Mapping):
            found = where.get(key, NOTHING)
        elif isinstance(where, (list, tuple)):
            if isinstance(key, int) and key < len(where):
                found = where[key]
        else:
            found = attributes(where).get(key, NOTHING)
        # A plain number is a setting (dt beside t), not the gradient of an array.
        if found is not NOTHING and not isinstance(found, (bool, int, float)):
            return found
    return NOTHING


def declares(holding: Holding) -> bool:
    """Tell whether there is a place for its gradient, filled or not."""
    return gradient_of(holding) is not NOTHING


def clear_gradients(owner: Any) -> None:
    """Set gradients that are there from before to zero, as a step of training does."""
    for holding in holdings(owner):
        if holding.box is not None:
            continue
        value = gradient_of(holding)
        if isinstance(value, np.ndarray) and value.flags.writeable and value is not holding.read():
            value[...] = 0


def _places(holding: Holding) -> Iterator[tuple[Any, Any]]:
    """Go through where the gradient may be, the likeliest first."""
    yield from _for_entry(holding) if holding.container else _for_attribute(holding)


def _for_attribute(holding: Holding) -> Iterator[tuple[Any, Any]]:
    owner, key = holding.owner, holding.key
    for pattern in BESIDE:
        yield owner, pattern.format(key)
    held = attributes(owner)
    for name in GRADIENTS:
        if name not in held:
            continue
        yield from _within(held[name], key)
        if isinstance(held[name], (list, tuple)):
            yield from ((held[name], i) for i in _positions(holding, held))


def _for_entry(holding: Holding) -> Iterator[tuple[Any, Any]]:
    owner, key = holding.owner, holding.key
    held = attributes(owner)
    prefixed = [f"d{holding.container}", f"grad_{holding.container}"]
    suffixed = [f"{holding.container}_{x}" for x in ("grad", "grads", "gradient")]
    for name in (*prefixed, *suffixed, *GRADIENTS):
        if name in held and name != holding.container:
            yield from _within(held[name], key)
    if isinstance(key, str):
        for pattern in BESIDE:
            yield owner, pattern.format(key)
            yield held.get(holding.container, {}), pattern.format(key)


def _positions(holding: Holding, held: dict[str, Any]) -> Iterator[int]:
    """Find the positions of an array in the owner's lists of parameters."""
    value = holding.read()
    for name in PARAMETERS:
        if isinstance(held.get(name), (list, tuple)):
            yield from (i for i, x in enumerate(held[name]) if x is value)


def _within(where: Any, key: Any) -> Iterator[tuple[Any, Any]]:
    yield where, key
    if isinstance(key, str) and isinstance(where, Mapping):
        for pattern in BESIDE:
            yield where, pattern.format(key)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _boxes(x: Any) -> str:
    """Return the name of the array in an object with a gradient beside it, as in a framework."""
    if isinstance(x, Tensor):
        return "data" if x.requires_grad and x.op is None and _is_array(x.data) else ""
    held = attributes(x) if hasattr(x, "__dict__") or hasattr(type(x), "__slots__") else {}
    if "grad" in held and not callable(x):
        for name in ("data", "value", "val", "array"):
            if _is_array(held.get(name)):
                return name
    return ""
