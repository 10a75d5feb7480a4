"""Walking the history of a tensor: in order, and backwards."""

from __future__ import annotations

from heapq import heappop, heappush, heappushpop
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import GraphError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.op import Op
    from backlit.tensor import Tensor

__all__ = ["history", "propagate", "unbroadcast"]

_order = attrgetter("op.order")


def history(root: Tensor) -> list[Tensor]:
    """Return every tensor that an op made and ``root`` depends on, users before what they use.

    Iterative, so a chain of any length is walked. An op is created after all that it
    uses; its serial number is therefore a topological order, and sorting by it is
    linear on the long chains that the search has already put in order.
    """
    if root.op is None:
        return []
    found = {root.op}
    nodes = []
    stack = [root]
    while stack:
        node = stack.pop()
        nodes.append(node)
        for x in node.op.inputs:  # type: ignore[union-attr]
            if x.op is not None and x.op not in found:
                found.add(x.op)
                stack.append(x)
    nodes.sort(key=_order, reverse=True)
    return nodes


def propagate(  # noqa: C901, PLR0912  (every call would cost each op)
    root: Tensor,
    dout: Any,
    pull: Callable[[Tensor, Any], Any] | None = None,
    *,
    retain: bool = False,
) -> dict[Tensor, Any]:
    """Send ``dout`` back from ``root`` by the chain rule.

    Sums over several uses of a tensor are made here, and broadcasting is undone
    here, so that no op contains either.

    Parameters
    ----------
    root
        The tensor to start from.
    dout
        The gradient of ``root``: an array, or a tensor for derivatives that can be
        differentiated again.
    pull
        ``pull(node, dz)`` returns the gradients of the inputs of ``node.op``, in another
        reading than on arrays, where it is ``node.op.backward(dz)``.
    retain
        Whether to return the gradients of all intermediate tensors too, and not only
        of the leaves and of those that asked with ``retain_grad()``.

    Returns
    -------
    dict
        The gradient of each leaf (and retained tensor). Entries may share memory.
    """
    if root.op is None:
        return {root: dout}
    waiting: dict[Op, Any] = {root.op: dout}
    arrived: dict[Tensor, Any] = {}
    # Whatever used a tensor was recorded after it, so the latest op that waits has its whole
    # gradient: nothing that is still to come can add to it.
    latest: list[tuple[int, Tensor]] = []
    summed: set[Tensor] = set()
    node: Tensor | None = root
    while node is not None:
        op: Op = node.op  # type: ignore[assignment]
        dz = waiting.pop(op)
        if retain or node.retains_grad:
            arrived[node] = dz
        gradients = op.backward(dz) if pull is None else pull(node, dz)
        if type(gradients) is not tuple:
            gradients = () if gradients is None else (gradients,)
        inputs = op.inputs
        if len(gradients) != len(inputs):
            raise _miscounted(op, gradients)
        node = None  # the latest of its inputs, which in a chain is the next to go on from
        for x, dx in zip(inputs, gradients, strict=False):
            if dx is None or not x.requires_grad:
                continue
            like = x.data
            try:
                fits = dx.shape == like.shape and dx.dtype is like.dtype
            except AttributeError:  # a plain number, from an op written by hand
                fits = False
            fitted = dx if fits else _fitted(dx, like, op)
            source = x.op
            if source is None:
                known = arrived.get(x)
                if known is None:
                    arrived[x] = fitted
                elif x in summed:  # the sum is nobody else's, so it is added to in place
                    known += fitted
                else:
                    arrived[x] = known = known + fitted
                    if type(known) is np.ndarray:
                        summed.add(x)
            elif source in waiting:
                waiting[source] = waiting[source] + fitted
            else:
                waiting[source] = fitted
                if node is None:
                    node = x
                else:
                    heappush(latest, (-source.order, x))
        if latest:
            node = (
                heappop(latest)[1]
                if node is None
                else heappushpop(latest, (-node.op.order, node))[1]  # type: ignore[union-attr]
            )
    return arrived


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``gradient`` over the axes along which an input of ``shape`` was repeated.

    Examples
    --------
    >>> unbroadcast(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> unbroadcast(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    added = len(gradient.shape) - len(shape)
    repeated = tuple(
        axis
        for axis, size in enumerate(gradient.shape)
        if axis < added or (shape[axis - added] == 1 and size != 1)
    )
    return gradient.sum(axis=repeated).reshape(shape) if repeated else gradient


def _fitted(gradient: Any, like: Any, op: Op) -> Any:
    """Give ``gradient`` the shape and dtype of the input ``like``, or say what is wrong with it."""
    if not hasattr(gradient, "shape"):  # a plain number, from an op written by hand
        gradient = np.asarray(gradient)
    given = gradient.shape
    if given != like.shape:
        try:
            fits = np.broadcast_shapes(given, like.shape) == given
        except ValueError:
            fits = False
        if not fits:
            raise ShapeError(
                f"{op.name}.backward returned a gradient of shape {given} for an input of shape "
                f"{like.shape}; return one of the input's shape (or the shape it was broadcast to)."
            )
        gradient = unbroadcast(gradient, like.shape)
    return gradient if gradient.dtype is like.dtype else gradient.astype(like.dtype)


def _miscounted(op: Op, gradients: tuple[Any, ...]) -> GraphError:
    returned = f"{len(gradients)} gradient{'s'[: len(gradients) != 1]}"
    if not gradients:
        returned = "None (is its return missing?)"
    return GraphError(
        f"{op.name}.backward returned {returned} for {len(op.inputs)} "
        f"input{'s'[: len(op.inputs) != 1]}; return a tuple with one entry per input, None where "
        "there is no gradient."
    )
