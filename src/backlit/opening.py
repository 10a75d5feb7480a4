"""The second reading: ``forward`` and ``backward`` read on tensors open an op into simpler ones."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from backlit.errors import GraphError
from backlit.graph import propagate
from backlit.tensor import Tensor, TensorLike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backlit.op import Op

__all__ = ["grad", "opened"]


@overload
def grad(y: Tensor, xs: Tensor, dout: TensorLike | None = None) -> Tensor: ...
@overload
def grad(y: Tensor, xs: Sequence[Tensor], dout: TensorLike | None = None) -> tuple[Tensor, ...]: ...
def grad(y: Tensor, xs: Any, dout: Any = None) -> Any:
    """Return the gradient of ``y`` with respect to ``xs``, to be differentiated again if wanted.

    Every op is opened on the way: its ``forward`` and ``backward`` are read on tensors.
    Nothing is left in ``.grad``.

    Parameters
    ----------
    y
        The output.
    xs
        A tensor that ``y`` depends on, or a sequence of them (intermediate ones too).
    dout
        The gradient of ``y``, of its shape; 1 if left out.

    Returns
    -------
    Tensor or tuple of Tensor
        One per ``x``, of its shape; zeros where ``y`` does not depend on ``x``.

    Raises
    ------
    GraphError
        If ``y`` has no history.
    ShapeError
        If ``dout`` has another shape than ``y``.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor(3.0)
    >>> slope = bl.grad(x**3, x)
    >>> slope.item()
    27.0
    >>> bl.grad(slope, x).item()
    18.0
    """
    upstream = y._upstream(dout)  # noqa: SLF001
    start = dout if isinstance(dout, Tensor) else Tensor(upstream, requires_grad=False)
    gradients = propagate(y, start, _open_backward, retain=True)
    wanted = (xs,) if isinstance(xs, Tensor) else tuple(xs)
    found = tuple(
        gradients.get(x, Tensor(np.zeros_like(x.data), requires_grad=False)) for x in wanted
    )
    return found[0] if isinstance(xs, Tensor) else found


def opened(y: Tensor) -> Tensor:
    """Open the op that computed ``y``: return ``y`` again, as a graph of simpler ops.

    Raises
    ------
    GraphError
        If no op computed ``y``.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.graph import history
    >>> y = bl.sigmoid(bl.tensor(0.0))
    >>> [node.op.symbol for node in reversed(history(bl.opened(y)))]
    ['×(−1)', 'exp', '+', '/']
    """
    if y.op is None:
        raise GraphError(f"{y!r} was not computed by an op, so there is none to open.")
    if not y.op.opens:
        raise GraphError(f"{y.op.name} has no inside made of simpler ops; it does not open.")
    output: Tensor = _reread(y.op)[1]
    return output


def _reread(op: Op) -> tuple[Op, Any]:
    """Read ``op.forward`` again on tensors; return a copy that saved tensors, and the output."""
    fresh = copy.copy(op)
    output = fresh.forward(*op.inputs)
    return fresh, output


def _open_backward(y: Tensor, dz: Tensor) -> Any:
    """Read ``backward`` on tensors."""
    op: Op = y.op  # type: ignore[assignment]
    if not op.opens:
        return op.backward(dz)
    fresh, output = _reread(op)
    if not np.array_equal(output.data, y.data, equal_nan=True):
        raise GraphError(
            f"an input of {op.name} was changed since the op was applied (by an optimiser's step, "
            "say), so its derivative can't be opened; call grad() before, or compute anew."
        )
    # Where the op saved its own output, the derivative of that is the op's own: shorter than
    # the inside's, and finite where a part of the inside overflows.
    for name, value in vars(fresh).items():
        if value is output:
            setattr(fresh, name, y)
    return fresh.backward(dz)
