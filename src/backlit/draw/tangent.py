"""How one output of an op moves with one input: a column of its Jacobian, or a mix of columns."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import BacklitError, ValueRefusedError
from backlit.graph import unbroadcast
from backlit.opening import grad
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.op import Op

__all__ = ["pushed"]

_MOST = 4096
"""The most outputs of an op whose ``backward`` can't be differentiated, and is called for each."""


def pushed(op: Op, position: int, tangent: NDArray[Any], output: NDArray[Any]) -> NDArray[Any]:
    """Return how ``output`` moves when the input at ``position`` moves along ``tangent``.

    An op knows the way back only. But what it sends back is linear in what it is given, and
    the derivative of that by the given is the way forward.

    Raises
    ------
    ValueRefusedError
        If the op's ``backward`` can't be read on tensors, and its output is large.
    """
    if output.size == 1:
        return np.full(output.shape, _sent_back(op, position, np.ones_like(output), tangent))
    try:
        return _twice_back(op, position, tangent, output)
    except (BacklitError, TypeError, ValueError, AttributeError):
        # An op written by hand may do in backward what tensors don't.
        return _one_by_one(op, position, tangent, output)


def _sent_back(op: Op, position: int, dz: NDArray[Any], tangent: NDArray[Any]) -> float:
    gradients = op.backward(dz)
    dx = gradients[position] if type(gradients) is tuple else gradients
    if dx is None:
        return 0.0
    return float(np.sum(unbroadcast(np.asarray(dx), tangent.shape) * tangent))


def _twice_back(op: Op, position: int, tangent: NDArray[Any], output: NDArray[Any]) -> NDArray[Any]:
    again = copy.copy(op)
    again.inputs = tuple(Tensor(x.data, requires_grad=x.requires_grad) for x in op.inputs)
    z = Tensor(output)
    z.op = again
    dz = Tensor(np.ones_like(output))
    dx = grad(z, again.inputs[position], dout=dz)
    moved = (dx * tangent).sum()
    return grad(moved, dz).data if moved.requires_grad else np.zeros_like(output)


def _one_by_one(op: Op, position: int, tangent: NDArray[Any], output: NDArray[Any]) -> NDArray[Any]:
    if output.size > _MOST:
        raise ValueRefusedError(
            f"why: the backward of {op.name} can't be read on tensors, and asking it for each of "
            f"its {output.size:,} outputs would take long; at most {_MOST:,} are asked for."
        )
    result = np.zeros(output.size, output.dtype)
    for i in range(output.size):
        one = np.zeros(output.size, output.dtype)
        one[i] = 1
        result[i] = _sent_back(op, position, one.reshape(output.shape), tangent)
    return result.reshape(output.shape)
