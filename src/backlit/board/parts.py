"""A net taken apart: every layer as its kind, its options and its arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.board.kinds import CURVED, KINDS
from backlit.errors import BacklitError, ShapeError, ValueRefusedError
from backlit.layers import Sequential
from backlit.tensor import no_grad

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from backlit.layers import Layer

__all__ = ["SIDE", "Net", "Part", "described", "parts_of"]

SIDE = 28
SHAPES = ((SIDE * SIDE,), (1, SIDE, SIDE))
"""Those of one image that a net may take: a row of pixels, or one channel."""


@dataclass(frozen=True)
class Part:
    """One layer.

    Parameters
    ----------
    name
        What the net calls it.
    kind
        The name under which the page knows how it computes.
    options
        What JSON can hold.
    parameters
        Its arrays by name.
    shape
        The shape of its output for one sample.
    """

    name: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, NDArray[Any]] = field(default_factory=dict)
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Net:
    """A net for one image: the shape it takes, and its layers in order."""

    input: tuple[int, ...]
    parts: tuple[Part, ...]

    @property
    def curved(self) -> bool:
        """Whether its scores are anything but pieces of straight lines in the pixels."""
        return any(part.kind in CURVED for part in self.parts)


def parts_of(net: Layer) -> Net:
    """Take a net apart into layers that the page can run.

    Layers that do nothing outside of training stay, as what they are.

    Parameters
    ----------
    net
        A :class:`~backlit.layers.Sequential`, also of others, or one layer. It takes images of
        28 × 28 pixels, as rows ``(N, 784)`` or with a channel ``(N, 1, 28, 28)``.

    Raises
    ------
    ValueRefusedError
        If a layer is of a kind that the page does not know; the message names it.
    ShapeError
        If the net takes something else than such images.

    Examples
    --------
    >>> from backlit.layers import Affine, ReLU, Sequential
    >>> net = parts_of(Sequential(Affine(784, 5), ReLU(), Affine(5, 10)))
    >>> [(part.name, part.kind, part.shape) for part in net.parts]
    [('affine1', 'Affine', (5,)), ('relu1', 'ReLU', (5,)), ('affine2', 'Affine', (10,))]
    >>> net.input, net.curved
    ((784,), False)
    """
    leaves = list(_leaves(net, type(net).__name__.lower()))
    for name, layer in leaves:
        if type(layer) not in KINDS:
            raise ValueRefusedError(
                f"board: {name} = {layer!r} can't run on the page, which knows only "
                f"{', '.join(sorted(kind.__name__ for kind in KINDS))}, and Sequential of these."
            )
    return described(leaves, _accepted(leaves))


def described(leaves: Sequence[tuple[str, Layer]], shape: tuple[int, ...]) -> Net:
    """Describe named layers, one after another, for one sample of that shape."""
    x = np.zeros((1, *shape), np.float32)
    parts = []
    for name, layer in leaves:
        options, parameters = KINDS[type(layer)](layer, x.shape)
        x = _applied(layer, x)
        parts.append(Part(name, type(layer).__name__, options, parameters, x.shape[1:]))
    return Net(shape, tuple(parts))


def _leaves(layer: Layer, name: str) -> Iterator[tuple[str, Layer]]:
    """Yield the layers in the order in which they run, by dotted names."""
    waiting = [(name, layer, True)]
    while waiting:
        name, layer, outermost = waiting.pop()
        if type(layer) is Sequential:
            prefix = "" if outermost else f"{name}."
            inner = [(f"{prefix}{key}", each, False) for key, each in layer.children().items()]
            waiting.extend(reversed(inner))
        else:
            yield name, layer


def _accepted(leaves: list[tuple[str, Layer]]) -> tuple[int, ...]:
    refusals = []
    for shape in SHAPES:
        x = np.zeros((1, *shape), np.float32)
        try:
            for name, layer in leaves:
                inside = f"{name} = {layer!r}"
                x = _applied(layer, x)
        except BacklitError as error:
            refusals.append(f"as (1, {', '.join(map(str, shape))}), {inside} says: {error}")
        else:
            return shape
    raise ShapeError(
        "board: the net does not take the images of 28 × 28 pixels that are drawn on it: "
        f"{'; '.join(refusals)}"
    )


def _applied(layer: Layer, x: NDArray[Any]) -> NDArray[Any]:
    training = layer.training
    layer.training = False
    try:
        with no_grad():
            return layer(x).data
    finally:
        layer.training = training
