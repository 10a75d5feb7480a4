"""Batch normalisation."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ValueRefusedError
from backlit.layers.layer import Layer
from backlit.layers.settings import float_dtype, number, size
from backlit.ops import BatchNorm as BatchNormOp
from backlit.ops import batch_norm_inference
from backlit.tensor import Tensor, apply, tensor

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.tensor import TensorLike

__all__ = ["BatchNorm"]


class BatchNorm(Layer):
    """Scales each channel to mean 0 and variance 1 over the batch, then to ``gamma`` and ``beta``.

    While training it uses the statistics of the batch, and remembers them: ``mean`` and
    ``variance`` follow them slowly. In evaluation it uses what it remembers, so that a
    prediction does not depend on what else is in the batch. The two are no parameters, but
    stand in :meth:`state` beside ``gamma`` and ``beta``: a net that is saved keeps them.

    Shapes: ``x`` is ``(N, C)``, ``(N, C, L)`` or ``(N, C, H, W)``, and so is the output; all
    else is ``(C,)``.

    Parameters
    ----------
    size_in
        The number of channels, C (of features, for ``(N, C)``).
    momentum
        How much of a batch's statistics enters what is remembered:
        ``mean = (1 − momentum) · mean + momentum · (mean of the batch)``. The variance that is
        remembered is the unbiased one (divided by the count less 1), as in PyTorch.
    eps
        Added to the variance, so that a constant channel does not divide by 0.
    dtype
        The dtype of the parameters.

    Raises
    ------
    TypeRefusedError
        If ``size_in`` is not a whole number, an option no number, or ``dtype`` not a float.
    ValueRefusedError
        If one is out of range.
    ShapeError
        When called with an ``x`` of other channels, or, in training, of one value per channel.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift", ICML 2015, algorithms 1 and 2.

    Examples
    --------
    >>> from backlit.layers import BatchNorm
    >>> layer = BatchNorm(1, momentum=0.5, eps=0.0, dtype="float64")
    >>> layer.forward([[1.0], [3.0]])
    array([[-1.],
           [ 1.]])
    >>> layer.mean.numpy(), layer.variance.numpy()
    (array([1.]), array([1.5]))
    >>> layer.eval().forward([[1.0]])
    array([[0.]])
    """

    gamma: Tensor
    beta: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(
        self,
        size_in: int,
        *,
        momentum: float = 0.1,
        eps: float = 1e-5,
        dtype: DTypeLike = np.float32,
    ) -> None:
        channels = size(size_in, "size_in", "BatchNorm")
        dtype = float_dtype(dtype, "BatchNorm")
        self.momentum = number(momentum, "momentum", "BatchNorm")
        self.eps = number(eps, "eps", "BatchNorm")
        if not 0 <= self.momentum <= 1:
            raise ValueRefusedError(
                f"BatchNorm: momentum is {self.momentum}, but must be from 0 to 1; it is the part "
                "of the new statistics, not of the old."
            )
        if not (self.eps >= 0 and isfinite(self.eps)):
            raise ValueRefusedError(f"BatchNorm: eps is {self.eps}, but must be 0 or more.")
        self.gamma = tensor(np.ones(channels), "gamma", dtype=dtype)
        self.beta = tensor(np.zeros(channels), "beta", dtype=dtype)
        # By their names they belong to the state; without a gradient they are no parameters.
        self.mean = tensor(np.zeros(channels), "mean", dtype=dtype, requires_grad=False)
        self.variance = tensor(np.ones(channels), "variance", dtype=dtype, requires_grad=False)

    def __call__(self, x: TensorLike) -> Tensor:
        """Normalise ``x``; its shape stays."""
        x = self.as_input(x)
        if not self.training:
            return batch_norm_inference(
                x, self.gamma, self.beta, self.mean, self.variance, eps=self.eps
            )
        op = BatchNormOp(self.eps)
        z = apply(op, x, self.gamma, self.beta)
        count = x.size // x.shape[1]
        self._follow(self.mean, op.mean)
        self._follow(self.variance, op.variance * (count / (count - 1)))
        return z

    @property
    def size_in(self) -> int:
        """The number of channels, C."""
        return self.gamma.shape[0]

    def _follow(self, kept: Tensor, batch: Any) -> None:
        new = batch.astype(kept.dtype, copy=False)
        kept.data = (1 - self.momentum) * kept.data + self.momentum * new

    def __repr__(self) -> str:
        told = [str(self.size_in)]
        told += [f"momentum={self.momentum:g}"] * (self.momentum != 0.1)
        told += [f"eps={self.eps:g}"] * (self.eps != 1e-5)
        told += [f"dtype={self.gamma.dtype.name!r}"] * (self.gamma.dtype != np.float32)
        return f"BatchNorm({', '.join(told)})"
