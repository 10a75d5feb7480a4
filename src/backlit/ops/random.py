"""Random masks, drawn by an op so that every reading sees that they are random."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlit.card import Example, Refusal, Words
from backlit.errors import ValueRefusedError
from backlit.op import Op
from backlit.ops.arithmetic import Multiply
from backlit.tensor import Tensor, TensorLike, record

__all__ = ["DropoutMask", "dropout"]


class DropoutMask(Op):
    """A mask of the shape of ``x``: 0 with probability ``rate``, else ``1 / (1 - rate)``.

    A constant to everything downstream: it has no gradient.
    """

    symbol = "mask"
    formula = Words("0 with probability rate, else 1 / (1 - rate), drawn anew for every call")
    gradients = {"x": None}
    examples = (
        Example(([1.0, -2.0],), [1.0, 1.0], dout=[3.0, 4.0], gradients=(None,),
                options={"rate": 0.0, "rng": np.random.default_rng(0)}),
    )  # fmt: skip
    refusals = (
        Refusal((np.zeros(2),), ("rate", "1.0"), {"rate": 1.0, "rng": np.random.default_rng(0)}),
    )
    differentiable = False

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng = rate, rng

    def forward(self, x: Any) -> Any:
        kept = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        return kept.astype(x.dtype) / (1 - self.rate)

    def backward(self, dz: Any) -> Any:
        return None

    def refuse(self, x: Any) -> None:
        if not 0 <= self.rate < 1:
            raise ValueRefusedError(
                f"dropout_mask: rate is {self.rate}, but must be at least 0 and below 1."
            )


def dropout(x: TensorLike, rate: float, rng: np.random.Generator) -> Tensor:
    """Set elements to 0 with probability ``rate`` and scale the others up, so the mean stays.

    Parameters
    ----------
    x
        Any shape.
    rate
        The probability of 0, at least 0 and below 1.
    rng
        Draws the mask.

    Raises
    ------
    ValueRefusedError
        If ``rate`` lies outside its range.

    References
    ----------
    N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014), section 4 (here scaled while training, so that inference needs nothing).

    Examples
    --------
    >>> import numpy as np
    >>> import backlit as bl
    >>> y = bl.dropout(bl.tensor(np.ones(1000)), 0.2, np.random.default_rng(0))
    >>> sorted(set(y.numpy().tolist()))
    [0.0, 1.25]
    """
    return record(Multiply(), x, record(DropoutMask(rate, rng), x))
