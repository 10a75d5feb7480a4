"""Affine layers, and softmax with cross entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit import ops
from backlit.gallery.hold import held, hold_gradients, shows
from backlit.op import Op
from backlit.tensor import tensor

if TYPE_CHECKING:
    from backlit.draw import Figure
    from backlit.gallery.setting import Setting

__all__ = ["batch", "loss_simplified", "loss_whole", "vector"]

_W = [[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]]
_B = [0.5, 1.0, 1.5]


def vector(setting: Setting) -> Figure:
    """Draw an affine layer for one vector."""
    X, W, B = tensor([1.0, 2.0], "X"), tensor(_W, "W"), tensor(_B, "B")
    Y = ops.matmul(X, W) + B
    held("Y", Y.data, [1.5, 3, 9.5])
    dY = [1.0, 2.0, 3.0]
    hold_gradients(Y, {X: [7, 11], W: [[1, 2, 3], [2, 4, 6]], B: dY}, dY)
    return shows(
        setting.draw(Y, "Y", dout=dY, formulas=True),
        [1, 2, *np.ravel(_W), *_B, 1, 2, 8, 1.5, 3, 9.5],
        [7, 11, 1, 2, 3, 2, 4, 6, *dY, *dY, *dY],
    )


def batch(setting: Setting) -> Figure:
    """Draw the same for two vectors."""
    rows = [[1.0, 2.0], [3.0, 4.0]]
    X, W, B = tensor(rows, "X"), tensor(_W, "W"), tensor(_B, "B")
    Y = ops.affine(X, W, B)
    y = [[1.5, 3, 9.5], [3.5, 5, 19.5]]
    held("Y", Y.data, y)
    dY = [[1.0, 0.0, 1.0], [0.0, 2.0, 1.0]]
    dX, dW, dB = [[3, 3], [2, 5]], [[1, 6, 4], [2, 8, 6]], [1, 2, 2]
    hold_gradients(Y, {X: dX, W: dW, B: dB}, dY)
    return shows(
        setting.draw(Y, "Y", dout=dY, formulas=True),
        [*np.ravel(rows), *np.ravel(_W), *_B, *np.ravel(y)],
        [*np.ravel(dX), *np.ravel(dW), *dB, *np.ravel(dY)],
    )


_P = np.array([0.3, 0.2, 0.5])
_T = np.array([0.0, 1.0, 0.0])


def loss_whole(setting: Setting) -> Figure:
    """Draw softmax and cross entropy node by node."""
    a = tensor(np.log(3 * _P), "a")
    e = ops.exp(a)
    y = e / ops.sum(e)
    y.name = "y"
    t = tensor(_T, "t", requires_grad=False)
    L = -ops.sum(t * ops.log(y))
    held("L", L.item(), -np.log(0.2))
    hold_gradients(L, {a: _P - _T})
    # Back through ×(−1), Σ, ×, log, /, and Σ and exp: what is sent at each.
    ones, back = np.ones(3), -_T / _P
    through_sum, through_quotient = ones / 3, back / 3
    return shows(
        setting.draw(L, "L"),
        [*np.log(3 * _P), *(3 * _P), 3, *_P, *np.log(_P), *_T, *(_T * np.log(_P)), np.log(0.2),
         -np.log(0.2)],
        [1, -1, *-ones, *-_T, *back, *through_quotient, 1 / 3, *through_sum,
         *(through_sum + through_quotient), *(_P - _T)],
    )  # fmt: skip


class CrossEntropy(Op):
    """The cross entropy of probabilities and a one-hot answer.

    Nets use it together with softmax, as one op, which is exact where a probability is tiny.
    """

    symbol = "cross entropy"
    formula = "-np.sum(t * np.log(y))"
    gradients = {"y": "-dz * t / y", "t": None}  # noqa: RUF012 - a card's

    def forward(self, y: Any, t: Any) -> Any:
        """Return the loss."""
        self.y, self.t = y, t
        return -np.sum(t * np.log(y))

    def backward(self, dz: Any) -> Any:
        """Return the gradients."""
        return -dz * self.t / self.y, None


def loss_simplified(setting: Setting) -> Figure:
    """Draw them as two layers."""
    a = tensor(np.log(3 * _P), "a")
    t = tensor(_T, "t", requires_grad=False)
    y = ops.softmax(a)
    y.name = "y"
    L = CrossEntropy()(y, t)
    held("L", L.item(), -np.log(0.2))
    hold_gradients(L, {y: [0, -5, 0], a: _P - _T})
    return shows(
        setting.draw(L, "L", formulas=True),
        [*np.log(3 * _P), *_P, *_T, -np.log(0.2)],
        [0.3, -0.8, 0.5, 0, -5, 0, 1],
    )
