"""What the page must know of each kind of layer: its options and its arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit import layers
from backlit.errors import ValueRefusedError
from backlit.ops.windows import pairs, per_axis

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from backlit.layers import Layer

    Shape = tuple[int, ...]
    Described = tuple[dict[str, Any], dict[str, NDArray[Any]]]

__all__ = ["CURVED", "KINDS"]


def _nothing(_layer: Any, _shape: Shape) -> Described:
    return {}, {}


def _affine(layer: layers.Affine, _shape: Shape) -> Described:
    return {}, {"W": layer.W.data, "b": layer.b.data}


def _leaky(layer: layers.LeakyReLU, _shape: Shape) -> Described:
    return {"slope": layer.slope}, {}


def _along_axis(layer: layers.Softmax | layers.LogSoftmax, shape: Shape) -> Described:
    axis = layer.axis % len(shape)
    if axis == 0:
        raise ValueRefusedError(
            f"board: {type(layer).__name__}(axis={layer.axis}) works along the samples, and on the "
            "page there is one; a softmax over the classes has axis=-1."
        )
    return {"axis": axis - 1}, {}


def _conv(layer: layers.Conv2d, shape: Shape) -> Described:
    options = {
        "kernel": layer.kernel,
        "stride": layer.stride,
        "padding": pairs(layer._ends(shape), 2, "board"),  # noqa: SLF001 - "same" depends on x
        "dilation": layer.dilation,
        "groups": layer.groups,
    }
    return options, {"W": layer.W.data} | ({} if layer.b is None else {"b": layer.b.data})


def _pool(layer: layers.MaxPool2d | layers.AvgPool2d, _shape: Shape) -> Described:
    stride = layer.size if layer.stride is None else layer.stride
    options: dict[str, Any] = {
        "kernel": per_axis(layer.size, 2, "size", "board"),
        "stride": per_axis(stride, 2, "stride", "board"),
        "padding": pairs(layer.padding, 2, "board"),
        "dilation": (1, 1),
    }
    if isinstance(layer, layers.MaxPool2d):
        options["dilation"] = per_axis(layer.dilation, 2, "dilation", "board")
    else:
        options["count_include_pad"] = bool(layer.count_include_pad)
    return options, {}


def _norm(layer: layers.BatchNorm, _shape: Shape) -> Described:
    names = ("gamma", "beta", "mean", "variance")
    return {"eps": layer.eps}, {name: getattr(layer, name).data for name in names}


KINDS: dict[type[Layer], Callable[[Any, Shape], Described]] = {
    layers.Affine: _affine,
    layers.AvgPool2d: _pool,
    layers.BatchNorm: _norm,
    layers.Conv2d: _conv,
    layers.Dropout: _nothing,
    layers.Flatten: _nothing,
    layers.GELU: _nothing,
    layers.GlobalAvgPool2d: _nothing,
    layers.GlobalMaxPool2d: _nothing,
    layers.LeakyReLU: _leaky,
    layers.LogSoftmax: _along_axis,
    layers.MaxPool2d: _pool,
    layers.ReLU: _nothing,
    layers.Sigmoid: _nothing,
    layers.SiLU: _nothing,
    layers.Softmax: _along_axis,
    layers.Softplus: _nothing,
    layers.Tanh: _nothing,
}
"""What the page computes too, given the layer and the shape of its input, ``(1, ...)``.

A subclass may compute something else, so it is not among them.
"""

CURVED = {
    kind.__name__
    for kind in (
        layers.GELU,
        layers.LogSoftmax,
        layers.Sigmoid,
        layers.SiLU,
        layers.Softmax,
        layers.Softplus,
        layers.Tanh,
    )
}
"""Those that are anything but pieces of straight lines."""
