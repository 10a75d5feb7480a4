"""Layers one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, overload

from backlit.errors import BacklitError, TypeRefusedError, ValueRefusedError
from backlit.layers.function import Lambda
from backlit.layers.layer import Layer
from backlit.tensor import Tensor, TensorLike

__all__ = ["Sequential"]

LayerLike: TypeAlias = Layer | Callable[[Tensor], Tensor]


class Sequential(Layer):
    """A net whose layers follow one another: the output of each is the input of the next.

    A layer is called by its kind and number, ``affine1``, ``relu1``, ``affine2``, unless it
    comes with a name. An error says in which layer it arose.

    Parameters
    ----------
    layers
        Layers; functions of a tensor, such as ``backlit.relu``; and dicts of both, whose keys
        are their names.

    Raises
    ------
    TypeRefusedError
        If something is neither a layer nor a function.
    ValueRefusedError
        If a name is taken, or can't be one.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import Affine, ReLU, Sequential
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Affine(784, 50, rng=rng), ReLU(), Affine(50, 10, rng=rng))
    >>> net
    Sequential(
        affine1: Affine(784, 50)
        relu1: ReLU()
        affine2: Affine(50, 10)
    )
    >>> net.affine1 is net["affine1"] is net[0]
    True
    >>> net[1:]
    Sequential(
        relu1: ReLU()
        affine2: Affine(50, 10)
    )
    >>> net(np.zeros((100, 784))).shape
    (100, 10)

    Names of your own:

    >>> net = Sequential({"encoder": Affine(784, 32), "decoder": Affine(32, 784)})
    >>> list(net.parameters())
    ['encoder.W', 'encoder.b', 'decoder.W', 'decoder.b']
    """

    def __init__(self, *layers: LayerLike | Mapping[str, LayerLike]) -> None:
        numbers: dict[str, int] = {}
        for entry in layers:
            if isinstance(entry, Mapping):
                for name, layer in entry.items():
                    self._add(name, as_layer(layer))
                continue
            layer = as_layer(entry)
            kind = layer.name if isinstance(layer, Lambda) else type(layer).__name__
            kind = kind.lower().strip("<>_") or "layer"
            numbers[kind] = numbers.get(kind, 0) + 1
            self._add(f"{kind}{numbers[kind]}", layer)

    def __call__(self, x: TensorLike) -> Tensor:
        """Return what the last layer makes of ``x``.

        Raises
        ------
        BacklitError
            What a layer raises; its message then begins with the layer's name.
        """
        for name, layer in vars(self).items():
            if not isinstance(layer, Layer):
                continue
            try:
                x = layer(x)
                if not isinstance(x, Tensor):
                    raise TypeRefusedError(
                        f"the layer returned {type(x).__name__}, but must return a Tensor."
                    )
            except BacklitError as error:
                error.inside(name if layer.children() else f"{name} = {layer!r}")
                raise
        return x if isinstance(x, Tensor) else self.as_input(x)

    def _add(self, name: str, layer: Layer) -> None:
        if not isinstance(name, str) or not name or "." in name or name.startswith("_"):
            raise ValueRefusedError(
                f"Sequential: {name!r} can't be a layer's name; use a string without dots that "
                "does not begin with an underscore."
            )
        if hasattr(type(self), name):
            raise ValueRefusedError(
                f"Sequential: a layer can't be named {name!r}, because every layer has an "
                "attribute of that name; choose another."
            )
        if name in vars(self):
            raise ValueRefusedError(f"Sequential: two layers are named {name!r}.")
        vars(self)[name] = layer

    def __len__(self) -> int:
        return len(self.children())

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.children().values())

    @overload
    def __getitem__(self, index: int | str) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: Any) -> Layer:
        layers = self.children()
        if isinstance(index, slice):
            part = Sequential(dict(list(layers.items())[index]))
            part.training = self.training
            return part
        try:
            return layers[index] if isinstance(index, str) else list(layers.values())[index]
        except (KeyError, IndexError):
            raise ValueRefusedError(
                f"Sequential: there is no layer {index!r}; the layers are, in order, "
                f"{', '.join(layers) or 'none'}."
            ) from None
        except TypeError:
            raise TypeRefusedError(
                f"Sequential: a layer is picked by its number, name or a slice, not by {index!r}."
            ) from None


def as_layer(layer: LayerLike) -> Layer:
    """Return ``layer`` itself, or a function as a layer."""
    return layer if isinstance(layer, Layer) else Lambda(layer)
