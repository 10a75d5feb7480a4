"""Matrix products, and the affine map that layers are made of."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backlit.card import Draw, Example, Refusal, Sample
from backlit.errors import ShapeError
from backlit.op import Op
from backlit.ops.arithmetic import Multiply
from backlit.tensor import Tensor, TensorLike, implements, record

__all__ = ["Affine", "Matmul", "affine", "dot", "matmul"]


class Matmul(Op):
    """The matrix product, stacked over leading axes; vectors as ``@`` takes them."""

    symbol = "@"
    formula = "x @ y"
    gradients = {"x": "dz @ np.swapaxes(y, -1, -2)", "y": "np.swapaxes(x, -1, -2) @ dz"}
    examples = (
        Example(([[1.0, 2.0]], [[3.0], [4.0]]), [[11.0]], dout=[[2.0]],
                gradients=([[6.0, 8.0]], [[2.0], [4.0]])),
    )  # fmt: skip
    samples = (
        Sample((Draw((2, 3)), Draw((3, 4)))),
        Sample((Draw((5, 2, 3)), Draw((3, 4)))),
        Sample((Draw((5, 1, 2, 3)), Draw((6, 3, 4)))),
        Sample((Draw((2, 0)), Draw((0, 4)))),
        Sample((Draw((3,)), Draw((3, 4))), stated=False),
        Sample((Draw((5, 2, 3)), Draw((3,))), stated=False),
        Sample((Draw((3,)), Draw((3,))), stated=False),
    )
    refusals = (
        Refusal((np.zeros((2, 3)), np.zeros((2, 4))), ("x", "y", "(2, 3)", "(2, 4)")),
        Refusal((np.zeros((2, 3)), np.zeros(())), ("x", "y", "(2, 3)", "()")),
    )

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x @ y

    def backward(self, dz: Any) -> Any:
        x, y = self.x, self.y
        # A vector is a row on the left and a column on the right, for the product's duration.
        x_shape, y_shape = np.shape(x), np.shape(y)
        if len(x_shape) == 1:
            x = np.reshape(x, (1, -1))
            dz = np.expand_dims(dz, -1 if len(y_shape) == 1 else -2)
        if len(y_shape) == 1:
            y = np.reshape(y, (-1, 1))
            dz = np.expand_dims(dz, -1)
        dx = dz @ np.swapaxes(y, -1, -2)
        dy = np.swapaxes(x, -1, -2) @ dz
        if len(x_shape) == 1:
            dx = np.squeeze(dx, -2)
        if len(y_shape) == 1:
            dy = np.squeeze(dy, -1)
        return dx, dy


class Affine(Op):
    """``x @ W + b`` for a batch ``(N, D)``, one vector ``(D,)``, or any leading axes.

    Shapes: ``x`` is ``(..., D)``, ``W`` is ``(D, M)``, ``b`` is ``(M,)``, the output ``(..., M)``.
    """

    symbol = "affine"
    formula = "x @ W + b"
    gradients = {"x": "dz @ W.T", "W": "x.T @ dz", "b": "np.sum(dz, axis=0)"}
    examples = (
        Example(([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]], [0.5, 0.5, 0.5]),
                [[1.5, 2.5, 8.5], [3.5, 4.5, 18.5]],
                dout=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
                gradients=([[7.0, 11.0], [16.0, 23.0]],
                           [[13.0, 17.0, 21.0], [18.0, 24.0, 30.0]],
                           [5.0, 7.0, 9.0])),
    )  # fmt: skip
    samples = (
        Sample((Draw((4, 3)), Draw((3, 2)), Draw((2,)))),
        Sample((Draw((0, 3)), Draw((3, 2)), Draw((2,)))),
        Sample((Draw((3,)), Draw((3, 2)), Draw((2,))), stated=False),
        Sample((Draw((2, 4, 3)), Draw((3, 2)), Draw((2,))), stated=False),
    )
    refusals = (
        Refusal((np.zeros((4, 5)), np.zeros((3, 2)), np.zeros(2)), ("x", "W", "(4, 5)", "(3, 2)")),
        Refusal((np.zeros((4, 3)), np.zeros((3, 2)), np.zeros(3)), ("W", "b", "(3, 2)", "(3,)")),
        Refusal((np.zeros((4, 3)), np.zeros((3, 2)), np.zeros((1, 2))), ("W", "b", "(1, 2)")),
        Refusal((np.zeros((4, 3)), np.zeros(3), np.zeros(2)), ("W", "(3,)")),
        Refusal((np.zeros(()), np.zeros((3, 2)), np.zeros(2)), ("x", "W", "()", "(3, 2)")),
        Refusal((np.zeros((5, 1, 3, 3)), np.zeros((9, 2)), np.zeros(2)),
                ("x", "W", "(5, 1, 3, 3)", "(9, 2)", "Flatten")),
    )  # fmt: skip

    def forward(self, x: Any, W: Any, b: Any) -> Any:
        self.x, self.W = x, W
        return x @ W + b

    def backward(self, dz: Any) -> Any:
        # Whatever the leading axes, one row per sample; a batch is that already.
        size_in, size_out = np.shape(self.W)
        rows = np.reshape(self.x, (-1, size_in))
        slopes = np.reshape(dz, (-1, size_out))
        return dz @ self.W.T, rows.T @ slopes, np.sum(slopes, axis=0)

    def refuse(self, x: Any, W: Any, b: Any) -> None:
        if W.ndim != 2:
            raise ShapeError(
                f"affine: W has shape {W.shape}, but must be a matrix (inputs, outputs)."
            )
        size_in, size_out = W.shape
        if x.ndim == 0 or x.shape[-1] != size_in:
            raise ShapeError(
                f"affine: x has shape {x.shape} and W has shape {W.shape}; the last axis of x must "
                f"have length {size_in}.{_advice(x.shape, size_in)}"
            )
        if b.shape != (size_out,):
            raise ShapeError(
                f"affine: W has shape {W.shape} and b has shape {b.shape}; b must have shape "
                f"({size_out},), one entry per output."
            )


def _advice(shape: tuple[int, ...], size_in: int) -> str:
    if len(shape) > 2 and prod(shape[1:]) == size_in:
        return f" Put a Flatten layer before it, which makes x {(shape[0], size_in)}."
    if len(shape) == 2 and shape[0] == size_in:
        return " x.T would fit: samples go along the first axis."
    return ""


@implements(np.matmul)
def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Return ``x @ y``. See :class:`~backlit.ops.Matmul`.

    Parameters
    ----------
    x, y
        ``(..., N, K)`` and ``(..., K, M)``, or vectors of length ``K``.

    Raises
    ------
    ShapeError
        If the inner lengths differ.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.matmul(bl.tensor([[1.0, 2.0]]), [[3.0], [4.0]])
    tensor([[11.]], op='matmul')
    """
    return record(Matmul(), x, y)


@implements(np.dot)
def dot(x: TensorLike, y: TensorLike) -> Tensor:
    """Return NumPy's ``dot``: the product with a number, or the matrix product.

    Raises
    ------
    ShapeError
        If ``y`` has more than two axes: there ``dot`` pairs every matrix of ``x`` with every
        matrix of ``y``, and :func:`matmul` pairs them one by one.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.dot(bl.tensor([1.0, 2.0]), [3.0, 4.0])
    tensor(11.0, op='matmul')
    """
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return record(Multiply(), x, y)
    if np.ndim(y) > 2:
        raise ShapeError(
            f"dot: y has shape {np.shape(y)}; with more than two axes say what is meant: "
            "x @ y pairs the matrices one by one."
        )
    return record(Matmul(), x, y)


def affine(x: TensorLike, W: TensorLike, b: TensorLike) -> Tensor:
    """Return ``x @ W + b``. See :class:`~backlit.ops.Affine`.

    Parameters
    ----------
    x
        ``(N, D)``, one vector ``(D,)``, or any leading axes ``(..., D)``.
    W
        ``(D, M)``.
    b
        ``(M,)``.

    Returns
    -------
    Tensor
        ``(N, M)``, or ``(M,)`` for one vector.

    Raises
    ------
    ShapeError
        If the shapes do not fit; the message proposes a ``Flatten`` for images.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.affine([1.0, 2.0], bl.tensor([[1.0], [3.0]]), bl.tensor([0.5]))
    tensor([7.5], op='affine')
    """
    return record(Affine(), x, W, b)
