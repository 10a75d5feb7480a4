"""What to call the tensors of a graph: the user's names, or those in the user's source."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.layers import Layer
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import FrameType

__all__ = ["caller", "layer_names", "names", "visible"]

_HERE = str(Path(__file__).parents[1])


def caller() -> FrameType | None:
    """Return the innermost frame that runs code from outside this package."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame


def names(tensors: Iterable[Tensor], frame: FrameType | None) -> dict[Tensor, str]:
    """Return a name for each tensor that has one.

    A tensor's own ``name`` comes first. Where several carry one (every layer calls its
    weight ``W``), the path to a layer in the user's source tells them apart: ``net.affine1.W``.
    Then come the variables of the caller, also for arrays that entered as constants.
    """
    found = list(tensors)
    shared = Counter(x.name for x in found if x.name is not None)
    places = dict(_places(frame.f_globals)) if frame is not None else {}
    if frame is not None:
        places.update(_places(frame.f_locals))
    result = {}
    for x in found:
        place = places.get(id(x)) or (places.get(id(x.data)) if x.op is None else None)
        if x.name is not None and (shared[x.name] == 1 or place is None or "." not in place):
            result[x] = x.name
        elif place is not None:
            result[x] = place
    return result


def _places(variables: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the identity of each tensor, array and parameter, and the text that reaches it."""
    # A later pair replaces an earlier one, so the first variable that holds something names it.
    for name, value in reversed(list(variables.items())):
        if name.startswith("_"):
            continue
        if isinstance(value, (Tensor, np.ndarray)):
            yield id(value), name
        elif isinstance(value, Layer):
            for path, parameter in value.parameters().items():
                yield id(parameter), f"{name}.{path}"


def layer_names(roots: Iterable[Layer], frame: FrameType | None) -> dict[int, str]:
    """Return what to call layers, by their identity.

    Parameters
    ----------
    roots
        The layers that no other layer called.
    frame
        Whose variables name them. What is inside the only net of a graph is named without it.
    """
    nets = {id(layer): layer for layer in roots}
    variables = {**frame.f_globals, **frame.f_locals} if frame is not None else {}
    places = {id(layer): name for name, layer in _layers(variables)}
    result: dict[int, str] = {}
    for key, net in nets.items():
        own = places.get(key, type(net).__name__.lower())
        for prefix, layer in net._walk():  # noqa: SLF001
            path = prefix.rstrip(".")
            alone = len(nets) == 1 and path
            result.setdefault(id(layer), path if alone else f"{own}.{path}" if path else own)
    return result


def _layers(variables: Mapping[str, Any]) -> Iterator[tuple[str, Layer]]:
    """Yield the layers that variables hold, and those in the attributes of plain objects."""
    for name, value in reversed(list(variables.items())):
        if name.startswith("_"):
            continue
        if isinstance(value, Layer):
            yield name, value
        elif not isinstance(value, (Tensor, type, ModuleType)):
            for attribute, layer in getattr(value, "__dict__", {}).items():
                if isinstance(layer, Layer):
                    yield f"{name}.{attribute}", layer


def visible(frame: FrameType | None) -> list[tuple[Tensor, str]]:
    """Return the tensors that variables of ``frame`` hold, with the variables' names."""
    if frame is None:
        return []
    variables = {**frame.f_globals, **frame.f_locals}
    return [(value, name) for name, value in variables.items() if isinstance(value, Tensor)]
