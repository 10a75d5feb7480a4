"""Convolution: windows of the input as columns, and one matrix product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backlit.card import Draw, Example, Refusal, Sample, Words
from backlit.errors import ShapeError, ValueRefusedError
from backlit.op import Op
from backlit.ops.unrolling import Unrolling
from backlit.ops.windows import pairs, per_axis, refuse_axes, refuse_window
from backlit.tensor import Tensor, TensorLike, record

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Conv1d", "Conv2d", "conv1d", "conv2d"]


class Conv2d(Op):
    """A window of weights moved over images; at each place the sum of products, plus a bias.

    Shapes: ``x`` is ``(N, C, H, W)``, ``W`` is ``(F, C / groups, KH, KW)``, ``b`` is ``(F,)`` or
    left out; the output is ``(N, F, OH, OW)`` with
    ``OH = (H + top + bottom − dilation · (KH − 1) − 1) // stride + 1``. As everywhere in deep
    learning the kernel is not flipped: mathematics calls this a cross-correlation.
    """

    symbol = "conv"
    formula = Words("z[n, f, i] = Σ x[n, c, stride·i + dilation·k − padding] · W[f, c, k] + b[f]")
    gradients = {
        "x": Words("Σ dz[n, f, i] · W[f, c, k], over all that reach an element"),
        "W": Words("Σ dz[n, f, i] · x[n, c, stride·i + dilation·k − padding], over n and i"),
        "b": "np.sum(dz, axis=(0, 2, 3))",
    }
    examples = (
        Example(([[[[1.0, 2.0, 0.0], [0.0, 3.0, 1.0]]]], [[[[1.0, 2.0], [3.0, 4.0]]]], [0.5]),
                [[[[17.5, 15.5]]]],
                dout=[[[[1.0, 10.0]]]],
                gradients=([[[[1.0, 12.0, 20.0], [3.0, 34.0, 40.0]]]],
                           [[[[21.0, 2.0], [30.0, 13.0]]]],
                           [11.0])),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3, 5, 4)), Draw((2, 3, 3, 2)), Draw((2,)))),
        Sample((Draw((1, 2, 5, 7)), Draw((3, 2, 3, 3)), Draw((3,))),
               {"stride": 2, "padding": 1}),
        Sample((Draw((2, 2, 6, 5)), Draw((2, 2, 2, 3))),
               {"stride": (1, 2), "padding": ((1, 0), (0, 2)), "dilation": (2, 1)}),
        Sample((Draw((2, 4, 4, 3)), Draw((6, 2, 2, 2)), Draw((6,))), {"groups": 2}),
        Sample((Draw((2, 3, 3, 4)), Draw((3, 1, 3, 3)), Draw((3,))),
               {"groups": 3, "padding": 1}),
        Sample((Draw((3, 2, 3, 3)), Draw((4, 2, 1, 1)), Draw((4,))), {"stride": 2}),
        Sample((Draw((0, 2, 3, 3)), Draw((4, 2, 2, 2)), Draw((4,)))),
    )  # fmt: skip
    refusals = (
        Refusal((np.zeros((2, 3, 5, 5)), np.zeros((4, 2, 3, 3)), np.zeros(4)),
                ("x", "W", "(2, 3, 5, 5)", "(4, 2, 3, 3)", "3 channels")),
        Refusal((np.zeros((2, 3, 5, 5)), np.zeros((4, 3, 3, 3)), np.zeros(3)),
                ("W", "b", "(4, 3, 3, 3)", "(3,)")),
        Refusal((np.zeros((28, 28)), np.zeros((4, 1, 3, 3)), np.zeros(4)),
                ("x", "(28, 28)", "(N, C, H, W)")),
        Refusal((np.zeros((5, 28, 28)), np.zeros((4, 1, 3, 3)), np.zeros(4)),
                ("x", "(5, 28, 28)", "(5, 1, 28, 28)")),
        Refusal((np.zeros((2, 5, 5, 3)), np.zeros((4, 3, 3, 3)), np.zeros(4)),
                ("x", "(2, 5, 5, 3)", "np.moveaxis(x, -1, 1)")),
        Refusal((np.zeros((2, 1, 5, 5)), np.zeros((4, 9)), np.zeros(4)), ("W", "(4, 9)")),
        Refusal((np.zeros((2, 1, 4, 5)), np.zeros((4, 1, 7, 3)), np.zeros(4)),
                ("x", "(2, 1, 4, 5)", "(7, 3)", "(6, 7)"), {"padding": 1}),
        Refusal((np.zeros((2, 4, 5, 5)), np.zeros((3, 2, 3, 3)), np.zeros(3)),
                ("W", "(3, 2, 3, 3)", "groups=2"), {"groups": 2}),
    )  # fmt: skip

    def __init__(
        self,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int | Sequence[int]] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
    ) -> None:
        self.stride = per_axis(stride, 2, "stride", "conv2d")
        self.padding = pairs(padding, 2, "conv2d")
        self.dilation = per_axis(dilation, 2, "dilation", "conv2d")
        (self.groups,) = per_axis(groups, 1, "groups", "conv2d")

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        self.has_bias = b is not None
        z, self.saved = _convolved(self, x, W)
        return z + np.reshape(b, (-1, 1, 1)) if self.has_bias else z

    def backward(self, dz: Any) -> Any:
        return _gradients(self, self.saved, dz)

    def refuse(self, x: Any, W: Any, b: Any = None) -> None:
        _refuse(self, x, W, b)


class Conv1d(Op):
    """A window of weights moved along signals; at each place the sum of products, plus a bias.

    Shapes: ``x`` is ``(N, C, L)``, ``W`` is ``(F, C / groups, K)``, ``b`` is ``(F,)`` or left
    out; the output is ``(N, F, OL)`` with
    ``OL = (L + left + right − dilation · (K − 1) − 1) // stride + 1``.
    """

    symbol = "conv"
    formula = Words("z[n, f, i] = Σ x[n, c, stride·i + dilation·k − padding] · W[f, c, k] + b[f]")
    gradients = {
        "x": Words("Σ dz[n, f, i] · W[f, c, k], over all that reach an element"),
        "W": Words("Σ dz[n, f, i] · x[n, c, stride·i + dilation·k − padding], over n and i"),
        "b": "np.sum(dz, axis=(0, 2))",
    }
    examples = (
        Example(([[[1.0, 2.0, 3.0]]], [[[10.0, 1.0]]], [0.5]), [[[12.5, 23.5]]],
                dout=[[[1.0, 2.0]]],
                gradients=([[[10.0, 21.0, 2.0]]], [[[5.0, 8.0]]], [3.0])),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3, 7)), Draw((2, 3, 3)), Draw((2,)))),
        Sample((Draw((1, 4, 8)), Draw((2, 2, 3)), Draw((2,))),
               {"stride": 2, "padding": ((2, 1),), "dilation": 2, "groups": 2}),
        Sample((Draw((2, 3, 4)), Draw((2, 3, 1)))),
    )  # fmt: skip
    refusals = (
        Refusal((np.zeros((2, 3, 5)), np.zeros((4, 2, 3)), np.zeros(4)),
                ("x", "W", "(2, 3, 5)", "(4, 2, 3)", "3 channels")),
        Refusal((np.zeros((2, 3, 5, 5)), np.zeros((4, 3, 3)), np.zeros(4)),
                ("x", "(2, 3, 5, 5)", "(N, C, L)")),
    )  # fmt: skip

    def __init__(
        self,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int | Sequence[int]] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
    ) -> None:
        self.stride = per_axis(stride, 1, "stride", "conv1d")
        self.padding = pairs(padding, 1, "conv1d")
        self.dilation = per_axis(dilation, 1, "dilation", "conv1d")
        (self.groups,) = per_axis(groups, 1, "groups", "conv1d")

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        self.has_bias = b is not None
        z, self.saved = _convolved(self, x, W)
        return z + np.reshape(b, (-1, 1)) if self.has_bias else z

    def backward(self, dz: Any) -> Any:
        return _gradients(self, self.saved, dz)

    def refuse(self, x: Any, W: Any, b: Any = None) -> None:
        _refuse(self, x, W, b)


class _Saved(NamedTuple):
    """What the way back needs of the product."""

    unrolling: Unrolling
    columns: Any
    """What each place's window sees, ``(groups, C / groups · K, N · O)``."""
    rows: Any
    """The filters, ``(groups, F / groups, C / groups · K)``."""
    shape: tuple[int, ...]
    """That of ``W``."""


def _convolved(op: Conv2d | Conv1d, x: Any, W: Any) -> tuple[Any, _Saved]:
    """Convolve without a bias."""
    unrolling = Unrolling(
        x.shape,
        W.shape[2:],
        stride=op.stride,
        padding=op.padding,
        dilation=op.dilation,
        groups=op.groups,
    )
    columns = unrolling.columns(x)
    rows = np.reshape(W, (op.groups, W.shape[0] // op.groups, -1))
    return unrolling.maps(rows @ columns), _Saved(unrolling, columns, rows, W.shape)


def _gradients(op: Conv2d | Conv1d, saved: _Saved, dz: Any) -> tuple[Any, ...]:
    slopes = saved.unrolling.rows(dz)
    dW = np.reshape(slopes @ np.swapaxes(saved.columns, 1, 2), saved.shape)
    dx = None
    # Images that were given need no gradient, and theirs costs as much as all the rest.
    if not op.inputs or op.inputs[0].requires_grad:
        dx = saved.unrolling.images(np.swapaxes(saved.rows, 1, 2) @ slopes)
    if not op.has_bias:
        return dx, dW
    return dx, dW, np.reshape(np.sum(slopes, axis=2), (-1,))


def _refuse(op: Conv2d | Conv1d, x: Any, W: Any, b: Any) -> None:
    name, axes = op.name, len(op.stride)
    refuse_axes(x.shape, axes, name)
    wanted = "(F, C / groups, KH, KW)" if axes == 2 else "(F, C / groups, K)"
    if W.ndim != axes + 2 or 0 in W.shape:
        raise ShapeError(f"{name}: W has shape {W.shape}, but must be {wanted}.")
    channels, filters, taken = x.shape[1], W.shape[0], W.shape[1] * op.groups
    if taken != channels:
        of_each = f" for groups={op.groups}" if op.groups > 1 else ""
        last = " If the channels of x come last, use np.moveaxis(x, -1, 1)."
        raise ShapeError(
            f"{name}: x has shape {x.shape}, so {channels} channels, and W has shape "
            f"{W.shape}, which takes {taken}{of_each}; W must be {wanted}."
            f"{last if x.shape[-1] == taken else ''}"
        )
    if filters % op.groups:
        raise ValueRefusedError(
            f"{name}: W has shape {W.shape}, so {filters} filters, which groups={op.groups} "
            "can't share equally; their number must be a multiple of groups."
        )
    if b is not None and b.shape != (filters,):
        raise ShapeError(
            f"{name}: W has shape {W.shape} and b has shape {b.shape}; b must have shape "
            f"({filters},), one entry per filter."
        )
    refuse_window(x.shape, W.shape[2:], op.padding, op.dilation, name)


def conv2d(
    x: TensorLike,
    W: TensorLike,
    b: TensorLike | None = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int | Sequence[int]] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve images with filters. See :class:`~backlit.ops.Conv2d`.

    Parameters
    ----------
    x
        Images, ``(N, C, H, W)``.
    W
        Filters, ``(F, C / groups, KH, KW)``.
    b
        One bias per filter, ``(F,)``; none if left out.
    stride
        By how much the window moves: one number, or ``(down, right)``.
    padding
        Zeros around the images: one number, ``(vertical, horizontal)``, or
        ``((top, bottom), (left, right))``.
    dilation
        The distance between neighbouring elements of the window in the image: one number, or
        ``(down, right)``.
    groups
        Into how many groups channels and filters are split; each group of filters sees its own
        channels alone. As many groups as channels make a depthwise convolution.

    Returns
    -------
    Tensor
        ``(N, F, OH, OW)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or the window is larger than the padded image.
    ValueRefusedError
        If an option is out of range.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning",
    arXiv:1603.07285, section 2 (sizes) and 5.1 (dilation).

    Examples
    --------
    >>> import numpy as np
    >>> import backlit as bl
    >>> images, filters = np.ones((10, 1, 28, 28)), bl.tensor(np.ones((8, 1, 3, 3)))
    >>> bl.conv2d(images, filters, padding=1).shape
    (10, 8, 28, 28)
    """
    op = Conv2d(stride, padding, dilation, groups)
    return record(op, x, W) if b is None else record(op, x, W, b)


def conv1d(
    x: TensorLike,
    W: TensorLike,
    b: TensorLike | None = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int | Sequence[int]] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve signals with filters. See :class:`~backlit.ops.Conv1d`.

    Parameters
    ----------
    x
        Signals, ``(N, C, L)``.
    W
        Filters, ``(F, C / groups, K)``.
    b
        One bias per filter, ``(F,)``; none if left out.
    stride, dilation, groups
        As for :func:`conv2d`.
    padding
        Zeros at both ends: one number, or ``((left, right),)``.

    Returns
    -------
    Tensor
        ``(N, F, OL)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or the window is longer than the padded signal.
    ValueRefusedError
        If an option is out of range.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.conv1d([[[1.0, 2.0, 4.0]]], bl.tensor([[[-1.0, 1.0]]])).numpy()
    array([[[1., 2.]]])
    """
    op = Conv1d(stride, padding, dilation, groups)
    return record(op, x, W) if b is None else record(op, x, W, b)
