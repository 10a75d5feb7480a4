"""Dense layers behind convolutions, with the batch innermost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.stage import Stage
from backlit.compile.layout.winners import Winners

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.scratch import Scratch

__all__ = ["DenseProduct", "Flattening"]


class Flattening(Stage):
    """All numbers of an image as one column: ``(H, C, W, N)`` becomes ``(1, C·H·W, 1, N)``.

    Nothing is computed and nothing copied: whoever comes before writes where the next stage
    reads, through a view.

    Parameters
    ----------
    image
        ``(C, H, W)``.
    batch
        How many images.
    """

    def __init__(self, image: tuple[int, int, int], batch: int) -> None:
        self.shape = (*image, batch)

    def image_of(self, columns: Any) -> Any:
        """Return columns ``(1, C·H·W, 1, N)`` as images ``(H, C, W, N)``, a view."""
        return columns.reshape(self.shape).swapaxes(0, 1)

    def forward(self) -> None:
        """Do nothing."""

    def backward(self) -> None:
        """Do nothing."""


class DenseProduct(Stage):
    """``Wᵀ @ x + b`` of columns ``(D, N)``, and ReLU if wanted.

    Parameters
    ----------
    size_in, size_out
        The numbers of a column before and after, ``D`` and ``M``.
    batch
        How many columns.
    dtype
        Of all numbers.
    scratch
        Memory shared with other stages.
    relu
        Whether ReLU follows.
    training
        Whether there will be a :meth:`backward`.

    Attributes
    ----------
    d_weights, d_bias
        The gradients of the weights, ``(D, M)``, and of the bias, ``(M,)``.
    """

    def __init__(
        self,
        size_in: int,
        size_out: int,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        relu: bool = False,
        training: bool = True,
    ) -> None:
        scratch.restart()
        self.x = np.empty((1, size_in, 1, batch), dtype)
        self.columns = self.x.reshape(size_in, batch)
        self.product = scratch.take((size_out, batch), dtype)
        self.turned = scratch.take((batch, size_out), dtype)
        shape = (size_out, 1, batch)
        self.candidates = self.product.reshape(1, 1, 1, *shape)
        self.winners = Winners(
            (1, 1), (1, *shape), dtype, scratch, most=1, relu=relu, training=training
        )
        if training:
            self.d_weights = np.empty((size_in, size_out), dtype)
            self.d_bias = np.empty(size_out, dtype)
            self.ones = np.ones(batch, dtype)

    def forward(self, weights: Any, bias: Any) -> None:
        """Compute :attr:`out`; ``weights`` is ``(D, M)`` and ``bias`` ``(M,)``."""
        np.matmul(self.columns.T, weights, out=self.turned)  # the faster way round
        np.copyto(self.product, self.turned.T)
        self.winners.forward(slice(1), self.candidates, bias.reshape(-1, 1, 1), self.out)

    def backward(self, weights: Any) -> None:
        """Compute the gradients from :attr:`d_out`; that of the input goes to :attr:`d_x`."""
        self.winners.backward(slice(1), self.d_out, self.candidates)
        np.matmul(self.columns, self.product.T, out=self.d_weights)
        np.matmul(self.product, self.ones, out=self.d_bias)
        if self.d_x is not None:
            np.matmul(weights, self.product, out=self.d_x.reshape(self.columns.shape))

    def gradients(self) -> tuple[Any, ...]:
        """Return the gradients of the weights and of the bias."""
        return self.d_weights, self.d_bias
