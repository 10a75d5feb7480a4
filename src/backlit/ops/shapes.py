"""Ops that move elements and change none."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backlit.card import Draw, Example, Refusal, Sample, Words
from backlit.errors import ShapeError, TypeRefusedError
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, implements, record

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = [
    "Astype",
    "BroadcastTo",
    "Concatenate",
    "ExpandDims",
    "Index",
    "Reshape",
    "ScatterAdd",
    "Squeeze",
    "Stack",
    "Transpose",
    "astype",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "index",
    "moveaxis",
    "ravel",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]

X23 = Draw((2, 3))


class Reshape(Op):
    """The same elements in another shape."""

    symbol = "reshape"
    formula = "np.reshape(x, shape)"
    gradients = {"x": "np.reshape(dz, x.shape)"}
    examples = (
        Example(([[1.0, 2.0], [3.0, 4.0]],), [1.0, 2.0, 3.0, 4.0], dout=[5.0, 6.0, 7.0, 8.0],
                gradients=([[5.0, 6.0], [7.0, 8.0]],), options={"shape": (-1,)}),
    )  # fmt: skip
    samples = (Sample((X23,), {"shape": (3, 2)}), Sample((X23,), {"shape": (1, -1)}))
    refusals = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "(4, 2)"), {"shape": (4, 2)}),)

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        self.old = np.shape(x)
        return np.reshape(x, self.shape)

    def backward(self, dz: Any) -> Any:
        return np.reshape(dz, self.old)


class Transpose(Op):
    """The axes in another order; reversed if none is given."""

    symbol = "ᵀ"
    formula = "np.transpose(x, axes)"
    gradients = {"x": "np.transpose(dz, inverse)"}
    examples = (
        Example(([[1.0, 2.0, 3.0]],), [[1.0], [2.0], [3.0]], dout=[[4.0], [5.0], [6.0]],
                gradients=([[4.0, 5.0, 6.0]],)),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3, 4)),)),
        Sample((Draw((2, 3, 4)),), {"axes": (1, 2, 0)}),
        Sample((Draw((2, 3, 4)),), {"axes": (-1, 0, 1)}),
    )
    refusals = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "(0, 1, 2)"), {"axes": (0, 1, 2)}),)

    def __init__(self, axes: tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def forward(self, x: Any) -> Any:
        ndim = np.ndim(x)
        axes = range(ndim)[::-1] if self.axes is None else [axis % ndim for axis in self.axes]
        self.inverse = tuple(sorted(range(len(axes)), key=axes.__getitem__))
        return np.transpose(x, self.axes)

    def backward(self, dz: Any) -> Any:
        return np.transpose(dz, self.inverse)


class Squeeze(Op):
    """Axes of length 1 dropped."""

    symbol = "squeeze"
    formula = "np.squeeze(x, axis)"
    gradients = {"x": "np.reshape(dz, x.shape)"}
    examples = (
        Example(([[1.0], [2.0]],), [1.0, 2.0], dout=[3.0, 4.0], gradients=([[3.0], [4.0]],)),
    )
    samples = (Sample((Draw((2, 1, 3, 1)),)), Sample((Draw((2, 1, 3, 1)),), {"axis": 1}))
    refusals = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "axis=0"), {"axis": 0}),)

    def __init__(self, axis: int | tuple[int, ...] | None = None) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        self.shape = np.shape(x)
        return np.squeeze(x, self.axis)

    def backward(self, dz: Any) -> Any:
        return np.reshape(dz, self.shape)


class ExpandDims(Op):
    """A new axis of length 1."""

    symbol = "expand"
    formula = "np.expand_dims(x, axis)"
    gradients = {"x": "np.reshape(dz, x.shape)"}
    examples = (
        Example(([1.0, 2.0],), [[1.0], [2.0]], dout=[[3.0], [4.0]], gradients=([3.0, 4.0],),
                options={"axis": 1}),
    )  # fmt: skip
    samples = (Sample((X23,), {"axis": 0}), Sample((X23,), {"axis": (1, -1)}))
    refusals = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "axis=5"), {"axis": 5}),)

    def __init__(self, axis: int | tuple[int, ...]) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        self.shape = np.shape(x)
        return np.expand_dims(x, self.axis)

    def backward(self, dz: Any) -> Any:
        return np.reshape(dz, self.shape)


class BroadcastTo(Op):
    """Repeated to a larger shape: the graph sums the gradient back over the repeats."""

    symbol = "repeat"
    formula = "np.broadcast_to(x, shape)"
    gradients = {"x": "dz"}
    examples = (
        Example(([1.0, 2.0],), [[1.0, 2.0], [1.0, 2.0]], dout=[[3.0, 4.0], [5.0, 6.0]],
                gradients=([[3.0, 4.0], [5.0, 6.0]],), options={"shape": (2, 2)}),
    )  # fmt: skip
    samples = (Sample((Draw((2, 1)),), {"shape": (3, 2, 4)}), Sample((Draw(()),), {"shape": (2,)}))
    refusals = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "(4, 3)"), {"shape": (4, 3)}),)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return np.broadcast_to(x, self.shape)

    def backward(self, dz: Any) -> Any:
        return dz


class Index(Op):
    """Elements picked by an index or slice; one picked twice gets both gradients."""

    symbol = "[ ]"
    formula = "x[index]"
    gradients = {"x": Words("dz added into zeros of x's shape, at index")}
    examples = (
        Example(([1.0, 2.0, 3.0],), [3.0, 1.0, 3.0], dout=[1.0, 2.0, 4.0],
                gradients=([2.0, 0.0, 5.0],), options={"index": [2, 0, 2]}),
        Example(([1.0, 2.0, 3.0],), [2.0, 3.0], dout=[5.0, 6.0], gradients=([0.0, 5.0, 6.0],),
                options={"index": slice(1, None)}),
    )  # fmt: skip
    samples = (
        Sample((X23,), {"index": 1}),
        Sample((X23,), {"index": (slice(None), slice(None, None, -2))}),
        Sample((X23,), {"index": (Ellipsis, None, 0)}),
        Sample((X23,), {"index": ([0, 1, 1, 1], [2, 0, 0, 1])}),
        Sample((X23,), {"index": np.array([[True, False, True], [False, True, True]])}),
    )
    refusals = (Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "index=7"), {"index": 7}),)

    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x: Any) -> Any:
        self.shape = np.shape(x)
        return x[self.index]

    def backward(self, dz: Any) -> Any:
        return ScatterAdd(self.index, self.shape)(dz)


class ScatterAdd(Op):
    """Elements added into zeros at an index: the reverse of :class:`Index`.

    Its inside is an accumulation in place, so it is the one op that does not open.
    """

    symbol = "scatter"
    formula = Words("zeros of the given shape, with x added at index")
    gradients = {"x": "dz[index]"}
    examples = (
        Example(([1.0, 2.0, 4.0],), [2.0, 0.0, 5.0], dout=[6.0, 7.0, 8.0],
                gradients=([8.0, 6.0, 8.0],), options={"index": [2, 0, 2], "shape": (3,)}),
    )  # fmt: skip
    samples = (
        Sample((Draw((3,)),), {"index": 1, "shape": (2, 3)}),
        Sample((Draw((4,)),), {"index": ([0, 1, 1, 1], [2, 0, 0, 1]), "shape": (2, 3)}),
    )
    refusals = (Refusal((np.zeros(4),), ("x", "(4,)", "(2, 3)"), {"index": 1, "shape": (2, 3)}),)
    opens = False

    def __init__(self, index: Any, shape: tuple[int, ...]) -> None:
        self.index, self.shape = index, shape

    def forward(self, x: Any) -> Any:
        z = np.zeros(self.shape, x.dtype)
        if _picks_each_once(self.index):
            z[self.index] = x
        else:
            np.add.at(z, self.index, x)
        return z

    def backward(self, dz: Any) -> Any:
        return dz[self.index]


class Concatenate(Op):
    """Arrays joined along an axis they have."""

    symbol = "concat"
    formula = "np.concatenate(xs, axis)"
    gradients = {"xs": Words("the part of dz that came from each")}
    examples = (
        Example(([1.0, 2.0], [3.0]), [1.0, 2.0, 3.0], dout=[4.0, 5.0, 6.0],
                gradients=([4.0, 5.0], [6.0])),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3)), Draw((1, 3)), Draw((0, 3)))),
        Sample((Draw((2, 3)), Draw((2, 1))), {"axis": -1}),
    )
    refusals = (
        Refusal((np.zeros((2, 3)), np.zeros((2, 4))), ("xs[0]", "xs[1]", "(2, 3)", "(2, 4)")),
    )

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *xs: Any) -> Any:
        (self.along,) = normalize_axis_tuple(self.axis, np.ndim(xs[0]))
        self.sizes = [np.shape(x)[self.along] for x in xs]
        return np.concatenate(xs, axis=self.axis)

    def backward(self, dz: Any) -> Any:
        before = (slice(None),) * self.along
        ends = np.cumsum(self.sizes)
        return tuple(
            dz[(*before, slice(end - size, end))]
            for end, size in zip(ends, self.sizes, strict=True)
        )


class Stack(Op):
    """Arrays of one shape joined along a new axis."""

    symbol = "stack"
    formula = "np.stack(xs, axis)"
    gradients = {"xs": Words("the part of dz that came from each")}
    examples = (Example((1.0, 2.0), [1.0, 2.0], dout=[4.0, 5.0], gradients=(4.0, 5.0)),)
    samples = (
        Sample((Draw((2, 3)), Draw((2, 3)), Draw((2, 3)))),
        Sample((Draw((2, 3)), Draw((2, 3))), {"axis": -1}),
    )
    refusals = (
        Refusal((np.zeros((2, 3)), np.zeros((3, 2))), ("xs[0]", "xs[1]", "(2, 3)", "(3, 2)")),
    )

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *xs: Any) -> Any:
        self.count = len(xs)
        self.before = (slice(None),) * (self.axis % (np.ndim(xs[0]) + 1))
        return np.stack(xs, axis=self.axis)

    def backward(self, dz: Any) -> Any:
        return tuple(dz[(*self.before, i)] for i in range(self.count))


class Astype(Op):
    """Another floating-point dtype; the gradient comes back in the old one."""

    symbol = "astype"
    formula = "x.astype(dtype)"
    gradients = {"x": "dz.astype(x.dtype)"}
    examples = (
        Example((np.array([1.0, 2.0]),), np.array([1.0, 2.0]), dout=np.array([3.0, 4.0]),
                gradients=(np.array([3.0, 4.0]),), options={"dtype": np.float64}),
    )  # fmt: skip
    samples = (Sample((X23,), {"dtype": np.float64}),)
    refusals = (Refusal((np.zeros(2),), ("int64", "float"), {"dtype": np.int64}),)

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        self.old = x.dtype
        return x.astype(self.dtype)

    def backward(self, dz: Any) -> Any:
        return dz.astype(self.old)

    def refuse(self, x: Any) -> None:
        if np.dtype(self.dtype).kind != "f":
            raise TypeRefusedError(
                f"astype: {np.dtype(self.dtype)} has no gradients; use a float dtype, or "
                "x.numpy().astype(...) for the value alone."
            )


def _picks_each_once(index: Any) -> bool:
    """Tell whether an index is made of integers and slices, which pick no element twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice))
        for part in parts
    )


@implements(np.reshape)
def reshape(x: TensorLike, shape: int | tuple[int, ...]) -> Tensor:
    """Give the elements another shape of the same size; one entry may be -1.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.reshape(bl.tensor([[1.0, 2.0], [3.0, 4.0]]), (4,))
    tensor([1., 2., 3., 4.], op='reshape')
    """
    return record(Reshape(shape), x)


@implements(np.ravel)
def ravel(x: TensorLike) -> Tensor:
    """Return the elements in one axis.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.ravel(bl.tensor([[1.0, 2.0], [3.0, 4.0]])).shape
    (4,)
    """
    return record(Reshape((-1,)), x)


@implements(np.transpose)
def transpose(x: TensorLike, axes: tuple[int, ...] | None = None) -> Tensor:
    """Put the axes in another order; reverse them if none is given.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.transpose(bl.tensor([[1.0, 2.0, 3.0]])).shape
    (3, 1)
    """
    return record(Transpose(axes), x)


@implements(np.swapaxes)
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Exchange two axes.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.swapaxes(bl.tensor([[[1.0, 2.0]]]), 0, 2).shape
    (2, 1, 1)
    """
    axes = list(range(np.ndim(x)))
    (i,) = _axes_of(x, axis1, "swapaxes")
    (j,) = _axes_of(x, axis2, "swapaxes")
    axes[i], axes[j] = j, i
    return record(Transpose(tuple(axes)), x)


@implements(np.moveaxis)
def moveaxis(
    x: TensorLike, source: int | tuple[int, ...], destination: int | tuple[int, ...]
) -> Tensor:
    """Move axes to other places; the others keep their order.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.moveaxis(bl.tensor([[[1.0, 2.0]]]), 2, 0).shape
    (2, 1, 1)
    """
    sources, destinations = _axes_of(x, source, "moveaxis"), _axes_of(x, destination, "moveaxis")
    if len(sources) != len(destinations):
        raise ShapeError(
            f"moveaxis: source names {len(sources)} axes and destination {len(destinations)}; "
            "they must name equally many."
        )
    axes = [axis for axis in range(np.ndim(x)) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        axes.insert(place, axis)
    return record(Transpose(tuple(axes)), x)


@implements(np.squeeze)
def squeeze(x: TensorLike, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Drop axes of length 1: all, or those named.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.squeeze(bl.tensor([[1.0], [2.0]])).shape
    (2,)
    """
    return record(Squeeze(axis), x)


@implements(np.expand_dims)
def expand_dims(x: TensorLike, axis: int | tuple[int, ...]) -> Tensor:
    """Insert an axis of length 1.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.expand_dims(bl.tensor([1.0, 2.0]), 1).shape
    (2, 1)
    """
    return record(ExpandDims(axis), x)


@implements(np.broadcast_to)
def broadcast_to(x: TensorLike, shape: tuple[int, ...]) -> Tensor:
    """Repeat to a larger shape by NumPy's broadcasting rules.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.broadcast_to(bl.tensor([1.0, 2.0]), (3, 2)).shape
    (3, 2)
    """
    return record(BroadcastTo(shape), x)


@implements(operator.getitem)
def index(x: TensorLike, index: Any) -> Tensor:
    """Return ``x[index]``, by NumPy's basic and advanced indexing.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor([1.0, 2.0, 3.0])
    >>> x[[2, 2]].sum().backward()
    >>> x.grad
    array([0., 0., 2.])
    """
    parts = index if isinstance(index, tuple) else (index,)
    # Copied, since the way back needs what was picked here.
    plain = tuple(
        np.array(part.data if isinstance(part, Tensor) else part)
        if isinstance(part, (Tensor, list)) or type(part) is np.ndarray
        else part
        for part in parts
    )
    return record(Index(plain if isinstance(index, tuple) else plain[0]), x)


@implements(np.concatenate)
def concatenate(xs: tuple[TensorLike, ...] | list[TensorLike], axis: int = 0) -> Tensor:
    """Join along an axis that all have.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.concatenate([bl.tensor([1.0, 2.0]), [3.0]])
    tensor([1., 2., 3.], op='concatenate')
    """
    return record(Concatenate(axis), *_at_least_one("concatenate", xs))


@implements(np.stack)
def stack(xs: tuple[TensorLike, ...] | list[TensorLike], axis: int = 0) -> Tensor:
    """Join arrays of one shape along a new axis.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.stack([bl.tensor(1.0), bl.tensor(2.0)])
    tensor([1., 2.], op='stack')
    """
    return record(Stack(axis), *_at_least_one("stack", xs))


@implements("astype")
def astype(x: TensorLike, dtype: DTypeLike) -> Tensor:
    """Convert to another floating-point dtype; the gradient is converted back.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.astype(bl.tensor(1.0), "float32").dtype
    dtype('float32')
    """
    return record(Astype(dtype), x)


def _axes_of(x: Any, axis: int | tuple[int, ...], name: str) -> tuple[int, ...]:
    """Return axes counted from the front, or refuse them in words."""
    try:
        return normalize_axis_tuple(axis, np.ndim(x))
    except (ValueError, TypeError) as error:
        raise ShapeError(f"{name}: x has shape {np.shape(x)}, but axis={axis}. ({error})") from None


def _at_least_one(name: str, xs: Any) -> Any:
    if not isinstance(xs, (list, tuple)) or not xs:
        raise TypeRefusedError(
            f"{name} takes a list or tuple of at least one array, but got {type(xs).__name__}"
            f"{' of length 0' if isinstance(xs, (list, tuple)) else ''}."
        )
    return xs
