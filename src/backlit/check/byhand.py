"""Checking what is written by hand on arrays: layers with ``backward``, nets with ``gradient``."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.names import argument_names, takes
from backlit.check.numerical import as_number
from backlit.check.subject import Place, Subject
from backlit.check.upstream import Upstream
from backlit.check.walk import walk
from backlit.errors import GraphError, TypeRefusedError, ValueRefusedError
from backlit.ops import softmax_cross_entropy
from backlit.tensor import Tensor, tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = ["layer_subject", "net_by_hand_subject"]


def net_by_hand_subject(net: Any, inputs: tuple[Any, ...], seed: int) -> Subject:
    """Check a net with ``loss(x, t)``, ``gradient(x, t)`` and a dict ``params``."""
    name = type(net).__name__
    params = _params(net, name)
    own = _double_copy(net)
    if own is not None and not _is_viewed(net, params):
        net, params = own, _params(own, name)
    single = [key for key, array in params.items() if array.dtype != np.float64]
    if single:
        raise TypeRefusedError(
            f"check: {name}.params[{single[0]!r}] is {params[single[0]].dtype}, in which slopes "
            "have too few digits, and the net can't be copied in float64; convert its parameters."
        )
    arguments = [_double(x) for x in inputs]
    upstream = Upstream(seed)

    def gradients() -> list[tuple[Place, Any]]:
        found = net.gradient(*arguments)
        upstream.start(net.loss(*arguments))
        if not isinstance(found, Mapping):
            raise TypeRefusedError(
                f"{name}.gradient must return a dict of gradients, but returned "
                f"{type(found).__name__}."
            )
        surplus = [key for key in found if key not in params]
        missing = ValueRefusedError(
            "gradient() returned none for it"
            + (f", but one for {surplus[0]!r}, which params does not have" if surplus else "")
        )
        return [
            (Place(name, str(key), array), found.get(key, missing)) for key, array in params.items()
        ]

    def evaluate() -> float:
        return as_number(net.loss(*arguments), f"{name}.loss")

    watched = {f"params[{key!r}]": array for key, array in params.items()}
    return Subject(name, gradients, evaluate, (net,), watched=watched | _watched(arguments))


def layer_subject(
    layer: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None, seed: int
) -> Subject:
    """Check an object with ``forward`` (or a call) and ``backward(dout)``.

    Checked are its inputs of floats, by what ``backward`` returns, and every array ``W`` in it
    that ``backward`` leaves a ``dW`` beside.
    """
    name = type(layer).__name__
    own = _double_copy(layer)
    layer = layer if own is None else own
    forward = layer.forward if hasattr(layer, "forward") else layer
    arguments = [_double(x) for x in inputs]
    targets: list[Any] = []
    if loss is not None or not takes(forward, len(arguments)):
        arguments, targets = arguments[:1], arguments[1:]
        loss = loss or softmax_cross_entropy
    names = argument_names(forward, len(arguments))
    upstream = Upstream(seed)
    held = list(_attributes(layer))

    def gradients() -> list[tuple[Place, Any]]:
        y = forward(*arguments)
        if loss is None:
            dout = upstream.start(y)
        else:
            leaf = tensor(y)
            total = loss(leaf, *targets)
            total.backward(upstream.start(total.data))
            dout = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
        # A layer for plain numbers is given a plain number.
        returned = layer.backward(dout if dout.ndim else dout.item())
        entries = returned if isinstance(returned, tuple) else (returned,)
        if len(entries) > len(arguments):
            raise GraphError(
                f"{name}.backward returned {len(entries)} gradients for {len(arguments)} inputs."
            )
        subject.magnitude = upstream.magnitude
        found = [
            (Place(name, argument, x), dx)
            for argument, x, dx in zip(names, arguments, entries, strict=False)
            if x.dtype.kind == "f" and not (dx is None and isinstance(returned, tuple))
        ]
        found += _parameters(layer, held)
        return [(place, _divided(dx, upstream.scale)) for place, dx in found]

    def evaluate() -> float:
        y = forward(*arguments)
        return upstream.project(y if loss is None else loss(tensor(y), *targets).data)

    subject = Subject(name, gradients, evaluate, (layer, loss), watched=_watched(arguments, names))
    return subject


def _parameters(layer: Any, held: list[tuple[Any, str, Any]]) -> list[tuple[Place, Any]]:
    """Find the arrays that were there before, are there still, and now have a gradient beside."""
    found = [
        (owner, key, array, vars(owner)[f"d{key}"])
        for owner, key, array in held
        if vars(owner).get(key) is array and f"d{key}" in vars(owner)
    ]
    kinds = Counter(type(owner).__name__ for owner in {id(o): o for o, *_ in found}.values())
    order: dict[str, list[Any]] = {}
    places = []
    for owner, key, array, gradient in found:
        kind = type(owner).__name__
        known = order.setdefault(kind, [])
        if not any(owner is other for other in known):
            known.append(owner)
        label = kind if kinds[kind] == 1 or owner is layer else f"{kind} {len(known)}"
        places.append((Place(label, key, array), gradient))
    return places


def _attributes(root: Any) -> Iterator[tuple[Any, str, NDArray[Any]]]:
    """Go through the arrays of floats that are attributes of anything in ``root``."""
    for owner in walk(root):
        for key, value in getattr(owner, "__dict__", {}).items():
            if isinstance(value, np.ndarray) and value.dtype == np.float64:
                yield owner, key, value


def _params(net: Any, name: str) -> dict[Any, NDArray[Any]]:
    """Return the arrays in ``net.params``."""
    if not isinstance(net.params, Mapping):
        raise TypeRefusedError(
            f"check: {name}.params must be a dict of arrays, not {type(net.params).__name__}."
        )
    arrays = {}
    for key, value in net.params.items():
        array = value.data if isinstance(value, Tensor) else value
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            what = getattr(array, "dtype", type(array).__name__)
            raise TypeRefusedError(
                f"check: {name}.params[{key!r}] must be an array of floats, not {what}."
            )
        arrays[key] = array
    return arrays


def _double_copy(target: Any) -> Any:
    """Copy an object with its arrays of floats in float64; ``None`` if it can't be copied."""
    memo = {
        id(x): x.astype(np.float64)
        for x in walk(target)
        if isinstance(x, np.ndarray) and x.dtype.kind == "f"
    }
    try:
        return copy.deepcopy(target, memo)
    except Exception:  # noqa: BLE001 - whatever an object raises that is not made for copying
        return None


def _is_viewed(net: Any, params: Mapping[Any, NDArray[Any]]) -> bool:
    """Tell whether another array shares a parameter's memory, which a copy would cut."""
    others = [x for x in walk(net) if isinstance(x, np.ndarray)]
    return any(
        x is not array and np.may_share_memory(x, array)
        for array in params.values()
        for x in others
    )


def _double(x: Any) -> NDArray[Any]:
    array = np.array(x.data if isinstance(x, Tensor) else x)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _watched(
    arguments: list[NDArray[Any]], names: list[str] | None = None
) -> dict[str, NDArray[Any]]:
    names = names or [f"input {i}" for i in range(len(arguments))]
    return dict(zip(names, arguments, strict=True))


def _divided(gradient: Any, scale: float) -> Any:
    """Undo the upstream's scale, where there are numbers to undo it in."""
    try:
        return np.asarray(gradient, dtype=np.float64) / scale
    except (TypeError, ValueError):
        return gradient
