"""Batch normalisation: by the statistics of the batch, and by known ones."""

from __future__ import annotations

from math import prod
from numbers import Real
from typing import Any

import numpy as np

from backlit.card import Draw, Example, Refusal, Sample
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.op import Op
from backlit.tensor import Tensor, TensorLike, record

__all__ = ["BatchNorm", "BatchNormInference", "batch_norm", "batch_norm_inference"]


class BatchNorm(Op):
    """Each channel scaled to mean 0 and variance 1 over the batch, then to ``gamma`` and ``beta``.

    Shapes: ``x`` is ``(N, C)``, or ``(N, C, ...)`` with one statistic per channel over the batch
    and all later axes; ``gamma`` and ``beta`` are ``(C,)``. The variance is the mean of squares
    (divided by the count). The op keeps both: ``mean`` and ``variance``, ``(C,)``.
    """

    symbol = "batch norm"
    formula = (
        "(x - np.mean(x, axes, keepdims=True)) / np.sqrt(np.var(x, axes, keepdims=True) + eps)"
        " * np.reshape(gamma, per_channel) + np.reshape(beta, per_channel)"
    )
    gradients = {
        "x": (
            "np.reshape(gamma, per_channel) / deviation * (dz - np.mean(dz, axes, keepdims=True)"
            " - normal * np.mean(dz * normal, axes, keepdims=True))"
        ),
        "gamma": "np.sum(dz * normal, axes)",
        "beta": "np.sum(dz, axes)",
    }
    examples = (
        Example(([[1.0, 10.0], [3.0, 30.0]], [2.0, 1.0], [0.5, 0.0]),
                [[-1.5, -1.0], [2.5, 1.0]],
                dout=[[1.0, 2.0], [3.0, 4.0]],
                gradients=([[0.0, 0.0], [0.0, 0.0]], [2.0, 2.0], [4.0, 6.0]),
                options={"eps": 0.0}),
        Example(([[-1.0], [-1.0], [2.0]], [2.0], [1.0]), [[0.0], [0.0], [3.0]],
                dout=[[9.0], [0.0], [0.0]], gradients=([[5.25], [-3.75], [-1.5]], [-4.5], [9.0]),
                options={"eps": 2.0}),
    )  # fmt: skip
    samples = (
        Sample((Draw((6, 3)), Draw((3,)), Draw((3,)))),
        Sample((Draw((3, 2, 3, 5)), Draw((2,)), Draw((2,)))),
        Sample((Draw((1, 2, 7)), Draw((2,)), Draw((2,))), {"eps": 0.1}),
    )
    refusals = (
        Refusal((np.zeros((5, 3)), np.zeros(4), np.zeros(3)), ("x", "gamma", "(5, 3)", "(4,)")),
        Refusal((np.zeros((5, 3, 2, 2)), np.zeros(3), np.zeros(2)),
                ("x", "beta", "(5, 3, 2, 2)", "(2,)")),
        Refusal((np.zeros(5), np.zeros(5), np.zeros(5)), ("x", "(5,)", "(N, C)")),
        Refusal((np.zeros((1, 3)), np.zeros(3), np.zeros(3)), ("x", "(1, 3)", "one value")),
        Refusal((np.zeros((0, 3)), np.zeros(3), np.zeros(3)), ("x", "(0, 3)", "no value")),
        Refusal((np.zeros((2, 3, 0)), np.zeros(3), np.zeros(3)), ("x", "(2, 3, 0)", "no value")),
        Refusal((np.zeros((5, 3)), np.zeros(3), np.zeros(3)), ("eps", "-1"), {"eps": -1.0}),
        Refusal((np.zeros((5, 3)), np.zeros(3), np.zeros(3)), ("eps", "'x'"), {"eps": "x"}),
    )  # fmt: skip

    def __init__(self, eps: float = 1e-5) -> None:
        self.eps = eps

    def forward(self, x: Any, gamma: Any, beta: Any) -> Any:
        self.axes, self.per_channel = _layout(np.shape(x))
        self.gamma = gamma
        mean = np.mean(x, axis=self.axes, keepdims=True)
        centred = x - mean
        variance = np.mean(centred * centred, axis=self.axes, keepdims=True)
        self.deviation = np.sqrt(variance + self.eps)
        self.normal = centred / self.deviation
        self.mean, self.variance = np.reshape(mean, (-1,)), np.reshape(variance, (-1,))
        return self.normal * np.reshape(gamma, self.per_channel) + np.reshape(
            beta, self.per_channel
        )

    def backward(self, dz: Any) -> Any:
        dgamma = np.sum(dz * self.normal, axis=self.axes)
        dbeta = np.sum(dz, axis=self.axes)
        count = prod(np.shape(dz)) // max(prod(np.shape(dbeta)), 1)
        # What moving x does to the mean and to the variance is taken off again.
        by_mean = np.reshape(dbeta / count, self.per_channel)
        by_variance = self.normal * np.reshape(dgamma / count, self.per_channel)
        scale = np.reshape(self.gamma, self.per_channel) / self.deviation
        return scale * (dz - by_mean - by_variance), dgamma, dbeta

    def refuse(self, x: Any, gamma: Any, beta: Any) -> None:
        _refuse(self, x, {"gamma": gamma, "beta": beta})
        count = prod(x.shape[axis] for axis in _layout(x.shape)[0])
        if count < 2:
            why = (
                "one value per channel, whose variance is 0: normalised it would be beta, "
                "whatever it was"
                if count
                else "no value per channel, of which there is no mean"
            )
            raise ShapeError(
                f"batch_norm: x has shape {x.shape}, so {why}. Train with larger batches; to "
                "evaluate use known statistics (net.eval() for a layer)."
            )


class BatchNormInference(Op):
    """Each channel scaled by a mean and a variance that are known, then to ``gamma``, ``beta``.

    Shapes: ``x`` is ``(N, C)`` or ``(N, C, ...)``; all others are ``(C,)``. ``mean`` and
    ``variance`` are constants: they have no gradient.
    """

    symbol = "batch norm"
    formula = (
        "(x - np.reshape(mean, per_channel)) / np.reshape(np.sqrt(variance + eps), per_channel)"
        " * np.reshape(gamma, per_channel) + np.reshape(beta, per_channel)"
    )
    gradients = {
        "x": "dz * np.reshape(gamma / np.sqrt(variance + eps), per_channel)",
        "gamma": "np.sum(dz * (x - np.reshape(mean, per_channel)), axes) / np.sqrt(variance + eps)",
        "beta": "np.sum(dz, axes)",
        "mean": None,
        "variance": None,
    }
    examples = (
        Example(([[1.0], [5.0]], [2.0], [0.5], [3.0], [4.0]), [[-1.5], [2.5]],
                dout=[[1.0], [3.0]], gradients=([[1.0], [3.0]], [2.0], [4.0], None, None),
                options={"eps": 0.0}),
    )  # fmt: skip
    samples = (
        Sample((Draw((4, 3)), Draw((3,)), Draw((3,)),
                np.array([0.1, -0.2, 3.0]), np.array([0.5, 1.0, 4.0]))),
        Sample((Draw((1, 2, 3, 3)), Draw((2,)), Draw((2,)),
                np.array([0.1, -0.2]), np.array([0.5, 0.0])), {"eps": 0.1}),
    )  # fmt: skip
    refusals = (
        Refusal((np.zeros((5, 3)), np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(4)),
                ("x", "variance", "(5, 3)", "(4,)")),
        Refusal((np.zeros(5), np.zeros(5), np.zeros(5), np.zeros(5), np.zeros(5)),
                ("x", "(5,)", "(N, C)")),
    )  # fmt: skip

    def __init__(self, eps: float = 1e-5) -> None:
        self.eps = eps

    def forward(self, x: Any, gamma: Any, beta: Any, mean: Any, variance: Any) -> Any:
        self.axes, self.per_channel = _layout(np.shape(x))
        self.deviation, self.gamma = np.sqrt(variance + self.eps), gamma
        self.centred = x - np.reshape(mean, self.per_channel)
        scale = gamma / self.deviation
        return self.centred * np.reshape(scale, self.per_channel) + np.reshape(
            beta, self.per_channel
        )

    def backward(self, dz: Any) -> Any:
        dx = dz * np.reshape(self.gamma / self.deviation, self.per_channel)
        dgamma = np.sum(dz * self.centred, axis=self.axes) / self.deviation
        return dx, dgamma, np.sum(dz, axis=self.axes), None, None

    def refuse(self, x: Any, gamma: Any, beta: Any, mean: Any, variance: Any) -> None:
        _refuse(self, x, {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance})


def _layout(shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes of one channel's values, and the shape that lays ``(C,)`` along them."""
    return (0, *range(2, len(shape))), (shape[1],) + (1,) * (len(shape) - 2)


def _refuse(op: BatchNorm | BatchNormInference, x: Any, per_channel: dict[str, Any]) -> None:
    if x.ndim < 2:
        raise ShapeError(f"{op.name}: x has shape {x.shape}, but must be (N, C) or (N, C, ...).")
    for name, values in per_channel.items():
        if values.shape != x.shape[1:2]:
            raise ShapeError(
                f"{op.name}: x has shape {x.shape} and {name} has shape {values.shape}; {name} "
                f"must have shape ({x.shape[1]},), one entry per channel (axis 1 of x)."
            )
    eps: Any = op.eps
    if not isinstance(eps, Real):
        raise TypeRefusedError(f"{op.name}: eps must be a number, but is {eps!r}.")
    if not float(eps) >= 0:
        raise ValueRefusedError(f"{op.name}: eps is {eps}, but must be 0 or more.")


def batch_norm(x: TensorLike, gamma: TensorLike, beta: TensorLike, *, eps: float = 1e-5) -> Tensor:
    """Normalise each channel by the statistics of the batch. See :class:`~backlit.ops.BatchNorm`.

    Parameters
    ----------
    x
        ``(N, C)``, or ``(N, C, ...)``.
    gamma, beta
        The standard deviation and the mean that each channel gets, ``(C,)``.
    eps
        Added to the variance, so that a channel that is constant does not divide by 0.

    Returns
    -------
    Tensor
        Of the shape of ``x``.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or a channel has one value only.
    ValueRefusedError
        If ``eps`` is negative.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift", ICML 2015, algorithm 1 and section 3.2 (images).

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor([[1.0], [3.0]])
    >>> bl.batch_norm(x, [10.0], [0.0], eps=0.0).numpy()
    array([[-10.],
           [ 10.]])
    """
    return record(BatchNorm(eps), x, gamma, beta)


def batch_norm_inference(
    x: TensorLike,
    gamma: TensorLike,
    beta: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    *,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel by known statistics. See :class:`~backlit.ops.BatchNormInference`.

    Parameters
    ----------
    x
        ``(N, C)``, or ``(N, C, ...)``.
    gamma, beta
        What normalised values are multiplied by, and what is added then, ``(C,)``.
    mean, variance
        Of each channel, ``(C,)``; constants.
    eps
        Added to the variance.

    Returns
    -------
    Tensor
        Of the shape of ``x``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueRefusedError
        If ``eps`` is negative.

    References
    ----------
    S. Ioffe and C. Szegedy, as for :func:`batch_norm`, section 3.1.

    Examples
    --------
    >>> import backlit as bl
    >>> bl.batch_norm_inference([[1.0], [5.0]], [1.0], [0.0], [3.0], [4.0], eps=0.0).numpy()
    array([[-1.],
           [ 1.]])
    """
    return record(BatchNormInference(eps), x, gamma, beta, mean, variance)
