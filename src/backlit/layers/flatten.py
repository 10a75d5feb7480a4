"""Images to vectors."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from backlit.layers.layer import Layer
from backlit.ops import reshape

if TYPE_CHECKING:
    from backlit.tensor import Tensor, TensorLike

__all__ = ["Flatten"]


class Flatten(Layer):
    """Every sample as one vector: ``(N, ...)`` becomes ``(N, D)``.

    One vector ``(D,)`` is flat already and stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import Flatten
    >>> Flatten()(np.zeros((100, 1, 28, 28))).shape
    (100, 784)
    """

    def __call__(self, x: TensorLike) -> Tensor:
        """Return ``(N, D)`` for ``(N, ...)``, D being the product of the other lengths."""
        # Not `as_input`: pixels stay bytes until a layer computes with them.
        whole = x if hasattr(x, "shape") else self.as_input(x)
        shape = np.shape(whole)
        return reshape(whole, (shape[0], prod(shape[1:])) if len(shape) > 1 else shape)
