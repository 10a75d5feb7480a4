"""The layers inside a net, and what to call them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.walk import attributes
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Found", "find_parts", "is_layer"]

MANY = 10_000
"""A list so long holds data, not layers."""


@dataclass(frozen=True)
class Found:
    """A layer in a net.

    Parameters
    ----------
    name
        ``Affine1`` for one held in a dict under that key; else its class and its path.
    path
        How it is reached from the net, such as ``layers[2]``.
    layer
        The object.
    inner
        Whether it holds layers of its own.
    """

    name: str
    path: str
    layer: Any
    inner: bool


def is_layer(x: Any) -> bool:
    """Tell whether something goes forwards and (if spelt as is usual) backwards."""
    if isinstance(x, (type, ModuleType, FunctionType, Tensor, np.ndarray, np.generic)):
        return False
    forward = callable(getattr(x, "forward", None)) or (
        callable(x) and "__call__" in _methods(type(x))
    )
    if not forward:
        return False
    if callable(getattr(x, "backward", None)):
        return True
    return bool(get_close_matches("backward", _methods(type(x)), n=1, cutoff=0.7))


def find_parts(root: Any) -> list[Found]:
    """Find every layer in ``root``, each once, ``root`` itself left out.

    Examples
    --------
    >>> from backlit.book import Affine, NeuralNetwork, Relu, TwoLayerNet
    >>> [part.name for part in find_parts(TwoLayerNet(4, 3, 2))]
    ['Affine1', 'Relu1', 'Affine2', 'SoftmaxWithLoss (lastLayer)']
    >>> [part.name for part in find_parts(NeuralNetwork(Relu(), Relu()))]
    ['Relu (layers[0])', 'Relu (layers[1])']
    """
    found: dict[int, tuple[str, str, Any, bool]] = {}
    seen: set[int] = {id(root)}
    waiting = list(_children(root, ""))
    while waiting:
        path, key, x = waiting.pop(0)
        known = found.get(id(x))
        if known is not None and key and not known[1]:
            found[id(x)] = (known[0], key, x, known[3])  # the key of a dict says more than a path
        if id(x) in seen:
            continue
        seen.add(id(x))
        children = list(_children(x, path))
        if is_layer(x):
            found[id(x)] = (path, key, x, False)
            waiting += children
        else:
            waiting = children + waiting
    entries = list(found.values())
    names = Counter(key for _, key, _, _ in entries if key)
    layers = {id(x) for _, _, x, _ in entries}
    return [
        Found(
            key if key and names[key] == 1 else f"{type(x).__name__} ({path})",
            path,
            x,
            any(id(y) in layers for y in _below(x)),
        )
        for path, key, x, _ in entries
    ]


def _below(x: Any) -> Iterator[Any]:
    seen: set[int] = {id(x)}
    waiting = [child for _, _, child in _children(x, "")]
    while waiting:
        y = waiting.pop()
        if id(y) in seen:
            continue
        seen.add(id(y))
        yield y
        waiting += [child for _, _, child in _children(y, "")]


def _children(x: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Go through what is held: path, key if it is in a dict, and the thing."""
    if isinstance(x, (np.ndarray, Tensor, str, bytes, type, ModuleType, FunctionType)):
        return
    if isinstance(x, dict):
        for key, value in x.items():
            yield f"{path}[{key!r}]", key if isinstance(key, str) else "", value
    elif isinstance(x, (list, tuple)):
        if len(x) < MANY:
            yield from ((f"{path}[{i}]", "", value) for i, value in enumerate(x))
    else:
        yield from _attributes(x, path)


def _attributes(x: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    module = type(x).__module__.partition(".")[0]
    if module in {"numpy", "functools", "random"}:
        return
    for name, value in attributes(x).items():
        ours = "backlit" in {module, type(value).__module__.partition(".")[0]}
        private = ours and name.startswith("_")
        if not private and (not callable(value) or is_layer(value)):
            yield f"{path}.{name}".lstrip("."), "", value


def _methods(kind: type) -> list[str]:
    return [
        name
        for base in kind.__mro__
        if base is not object
        for name, value in vars(base).items()
        if callable(value)
    ]
