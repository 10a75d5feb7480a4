"""Windows over the last axes: what convolution and pooling are both made of.

A window of ``K`` positions that moves over an array is, seen from the side, ``K`` shifted
views of the array, one per position, each as large as the output: :func:`shifted`. The way
back adds one array per position to the place that it was taken from: :class:`Overlap`.
"""

from __future__ import annotations

import operator
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.card import Draw, Example, Refusal, Sample, Words
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, implements, record

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Overlap", "Pad", "pad"]

Pairs = tuple[tuple[int, int], ...]


class Pad(Op):
    """The elements of ``x`` with a constant around them, so many before and after on each axis."""

    symbol = "pad"
    formula = "np.pad(x, width, constant_values=value)"
    gradients = {"x": "dz[inside]"}
    examples = (
        Example(([1.0, 2.0],), [0.0, 1.0, 2.0, 0.0, 0.0], dout=[3.0, 4.0, 5.0, 6.0, 7.0],
                gradients=([4.0, 5.0],), options={"width": ((1, 2),)}),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3)),), {"width": ((0, 1), (2, 0)), "value": -1.5}),
        Sample((Draw((2, 3)),), {"width": ((0, 0), (0, 0))}),
    )
    refusals = (
        Refusal((np.zeros((2, 3)),), ("x", "(2, 3)", "width", "2 axes"), {"width": ((1, 1),)}),
        Refusal((np.zeros(3),), ("width", "-1"), {"width": ((-1, 1),)}),
    )

    def __init__(self, width: Pairs, value: float = 0.0) -> None:
        self.width, self.value = width, value

    def forward(self, x: Any) -> Any:
        self.inside = tuple(
            slice(before, before + length)
            for (before, _), length in zip(self.width, np.shape(x), strict=True)
        )
        return np.pad(x, self.width, constant_values=self.value)

    def backward(self, dz: Any) -> Any:
        return dz[self.inside]

    def refuse(self, x: Any) -> None:
        if len(self.width) != x.ndim:
            raise ShapeError(
                f"pad: x has shape {x.shape}, but width={self.width}; give one (before, after) "
                f"for each of the {x.ndim} axes."
            )
        if min((n for pair in self.width for n in pair), default=0) < 0:
            raise ValueRefusedError(
                f"pad: width={self.width} has a negative entry; to cut elements off take a slice."
            )


class Overlap(Op):
    """The sum of arrays, each added to zeros where a window's position takes it from.

    Part ``k`` belongs to position ``k`` of the window (counted row by row) and holds one
    element for each place of the window. The reverse of :func:`shifted`: in the book's terms
    ``col2im``. Its inside is an accumulation in place, so it does not open.
    """

    symbol = "overlap"
    formula = Words("zeros of the given shape, with each part added at its window position")
    gradients = {"parts": Words("the view of dz at the part's window position")}
    examples = (
        Example(([1.0, 2.0], [10.0, 20.0]), [1.0, 12.0, 20.0], dout=[3.0, 4.0, 5.0],
                gradients=([3.0, 4.0], [4.0, 5.0]),
                options={"shape": (3,), "kernel": (2,), "stride": (1,), "dilation": (1,)}),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3)), Draw((2, 3))),
               {"shape": (2, 9), "kernel": (2,), "stride": (3,), "dilation": (2,)}),
        Sample(tuple(Draw((1, 2, 3)) for _ in range(6)),
               {"shape": (1, 4, 6), "kernel": (3, 2), "stride": (1, 2), "dilation": (1, 1)}),
    )  # fmt: skip
    refusals = (
        Refusal((np.zeros(2), np.zeros(2)), ("parts[0]", "(2,)", "(4,)"),
                {"shape": (4,), "kernel": (2,), "stride": (1,), "dilation": (1,)}),
        Refusal((np.zeros(3),), ("parts", "1", "2"),
                {"shape": (4,), "kernel": (2,), "stride": (1,), "dilation": (1,)}),
    )  # fmt: skip
    opens = False

    def __init__(
        self,
        shape: tuple[int, ...],
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
    ) -> None:
        self.shape, self.kernel, self.stride, self.dilation = shape, kernel, stride, dilation

    def forward(self, *parts: Any) -> Any:
        # Laid out in memory as the parts are, whatever the order of their axes there.
        z = np.zeros_like(parts[0], shape=self.shape)
        covered = spans(self.kernel, self.dilation)
        apart = all(s >= span for s, span in zip(self.stride, covered, strict=True))
        for place, part in zip(self._places(), parts, strict=True):
            if apart:  # no two windows see one element
                z[place] = part
            else:
                z[place] += part
        return z

    def backward(self, dz: Any) -> Any:
        return tuple(dz[place] for place in self._places())

    def refuse(self, *parts: Any) -> None:
        lengths = lengths_out(self.shape, self.kernel, self.stride, self.dilation)
        expected = (*self.shape[: -len(lengths)], *lengths)
        count = len(list(np.ndindex(self.kernel)))
        if len(parts) != count:
            raise ShapeError(
                f"overlap: there are {len(parts)} parts, but a window of {self.kernel} has "
                f"{count} positions; give one part for each."
            )
        for i, part in enumerate(parts):
            if part.shape != expected:
                raise ShapeError(
                    f"overlap: parts[{i}] has shape {part.shape}, but over shape={self.shape} the "
                    f"window stands at {lengths} places, so it must have shape {expected}."
                )

    def _places(self) -> list[tuple[Any, ...]]:
        lengths = lengths_out(self.shape, self.kernel, self.stride, self.dilation)
        return places(self.kernel, self.stride, self.dilation, lengths)


def shifted(
    x: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> list[Any]:
    """Return one view of ``x`` per position of the window, each of the output's lengths.

    Examples
    --------
    >>> import numpy as np
    >>> shifted(np.arange(6), kernel=(3,), stride=(2,), dilation=(1,))
    [array([0, 2]), array([1, 3]), array([2, 4])]
    """
    lengths = lengths_out(np.shape(x), kernel, stride, dilation)
    return [x[place] for place in places(kernel, stride, dilation, lengths)]


def places(
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    lengths: tuple[int, ...],
) -> list[tuple[Any, ...]]:
    """Return, for each position of the window row by row, the index of what it sees."""
    along = [
        [slice(k * d, k * d + (n - 1) * s + 1, s) for k in range(size)]
        for size, s, d, n in zip(kernel, stride, dilation, lengths, strict=True)
    ]
    return [(..., *slices) for slices in product(*along)]


def lengths_out(
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    """Return at how many places the window stands along each of the last axes.

    Examples
    --------
    >>> lengths_out((1, 28, 28), kernel=(5, 5), stride=(2, 1), dilation=(1, 1))
    (12, 24)
    """
    lengths = shape[len(shape) - len(kernel) :]
    return tuple(
        (length - span) // s + 1
        for length, span, s in zip(lengths, spans(kernel, dilation), stride, strict=True)
    )


def spans(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Return the lengths that a window covers, gaps included."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def padded(x: Any, padding: Pairs, value: float = 0.0) -> Any:
    """Pad the last axes; ``x`` itself if there is nothing to add."""
    if not any(before or after for before, after in padding):
        return x
    return np.pad(x, ((0, 0),) * (np.ndim(x) - len(padding)) + padding, constant_values=value)


def unpadded(x: Any, padding: Pairs) -> Any:
    """Cut off what :func:`padded` added."""
    if not any(before or after for before, after in padding):
        return x
    lengths = np.shape(x)[np.ndim(x) - len(padding) :]
    inside = (
        slice(before, length - after)
        for (before, after), length in zip(padding, lengths, strict=True)
    )
    return x[(..., *inside)]


def per_axis(value: int | Sequence[int], axes: int, name: str, taker: str) -> tuple[int, ...]:
    """Return one whole number of 1 or more per axis, given that or one for all.

    Examples
    --------
    >>> per_axis(2, 2, "stride", "conv2d")
    (2, 2)
    """
    return tuple(_whole(v, 1, name, value, taker) for v in _spread(value, axes, name, taker))


def pairs(value: int | Sequence[int | Sequence[int]], axes: int, taker: str) -> Pairs:
    """Return how much is added before and after, per axis.

    Examples
    --------
    >>> pairs(1, 2, "conv2d")
    ((1, 1), (1, 1))
    >>> pairs((1, (0, 2)), 2, "conv2d")
    ((1, 1), (0, 2))
    """
    spread = [
        _spread(v, 2, "padding", taker, of="the two ends of an axis")
        for v in _spread(value, axes, "padding", taker)
    ]
    before_after = [tuple(_whole(v, 0, "padding", value, taker) for v in pair) for pair in spread]
    return tuple((before, after) for before, after in before_after)


def refuse_window(
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    taker: str,
) -> None:
    """Refuse an ``x`` of ``shape``, which has a batch and a channel axis, smaller than a window."""
    covered = spans(kernel, dilation)
    lengths = shape[2:]
    whole = tuple(n + sum(pair) for n, pair in zip(lengths, padding, strict=True))
    if any(n < span for n, span in zip(whole, covered, strict=True)):
        with_padding = f", {whole} with padding={padding}" if whole != lengths else ""
        gaps = f" (it covers {covered} with dilation={dilation})" if covered != kernel else ""
        raise ShapeError(
            f"{taker}: the window of {kernel}{gaps} is larger than x of shape {shape}, whose "
            f"images have {lengths}{with_padding}; use a smaller window, or more padding."
        )


def refuse_axes(shape: tuple[int, ...], axes: int, taker: str) -> None:
    """Refuse an ``x`` that has not a batch axis, a channel axis and ``axes`` more."""
    if len(shape) == axes + 2:
        return
    wanted = ", ".join(("N", "C", "H", "W") if axes == 2 else ("N", "C", "L"))
    advice = ""
    if len(shape) == axes + 1:
        advice = (
            f" For one sample use x[np.newaxis], {(1, *shape)}; for a batch of one channel "
            f"x[:, np.newaxis], {(shape[0], 1, *shape[1:])}."
        )
    elif len(shape) == 2 and axes == 2:
        advice = " Vectors of pixels are images after x.reshape(N, C, H, W)."
    raise ShapeError(f"{taker}: x has shape {shape}, but must be ({wanted}).{advice}")


def _spread(value: Any, count: int, name: str, taker: str, of: str = "") -> tuple[Any, ...]:
    if not isinstance(value, (tuple, list, np.ndarray)):
        return (value,) * count
    if len(value) != count:
        raise ShapeError(
            f"{taker}: {name}={value!r} has {len(value)} entries, but must be one number or "
            f"{count} of them, for {of or f'each of the {count} last axes of x'}."
        )
    return tuple(value)


def _whole(value: Any, least: int, name: str, given: Any, taker: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeRefusedError(f"{taker}: {name} must be whole numbers, but is {given!r}.")
    number = operator.index(value)
    if number < least:
        raise ValueRefusedError(f"{taker}: {name} is {given!r}, but must be at least {least}.")
    return number


@implements(np.pad)
def pad(x: TensorLike, width: Any, mode: str = "constant", constant_values: float = 0.0) -> Tensor:
    """Put a constant around ``x``. See :class:`~backlit.ops.Pad`.

    Parameters
    ----------
    x
        Any shape.
    width
        How many elements are added: a number for all ends; one ``(before, after)`` for all
        axes; or one ``(before, after)`` for each axis.
    mode
        ``"constant"`` is the only one.
    constant_values
        The constant.

    Raises
    ------
    ShapeError
        If ``width`` does not fit the number of axes.
    ValueRefusedError
        If ``width`` is negative, or ``mode`` is another.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.pad(bl.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.], op='pad')
    """
    if mode != "constant":
        raise ValueRefusedError(f"pad: mode must be 'constant', but is {mode!r}.")
    ndim = np.ndim(x)
    try:
        full = np.broadcast_to(np.asarray(width), (ndim, 2))
    except ValueError:
        raise ShapeError(
            f"pad: x has shape {np.shape(x)}, but width={width}; give a number, one "
            f"(before, after), or one for each of the {ndim} axes."
        ) from None
    if full.dtype.kind not in "iu":
        raise TypeRefusedError(f"pad: width must be whole numbers, but is {width!r}.")
    ends = tuple((int(before), int(after)) for before, after in full)
    return record(Pad(ends, constant_values), x)
