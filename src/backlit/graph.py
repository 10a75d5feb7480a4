"""Walking the history of a tensor: in order, and backwards."""

from __future__ import annotations

from heapq import heappop, heappush, heappushpop
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import GraphError, ShapeError
from backlit.op import trusted

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


def propagate(  # noqa: C901, PLR0912, PLR0915  (every call would cost each op)
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
    node, op, dz = root, root.op, dout
    known_cards = trusted if pull is None else {}
    arrived: dict[Tensor, Any] = {}
    sums: dict[Tensor, Any] = {}  # those of `arrived` that were added up here: nobody else's
    # Whatever used a tensor was recorded after it, so the latest op that is reached has its whole
    # gradient: nothing that is still to come can add to it. Along a chain that is the op of the
    # one input; only where paths part do others wait.
    waiting: dict[Op, Any] = {}
    latest: list[tuple[int, Tensor]] = []
    while True:
        if retain or node.retains_grad:
            arrived[node] = dz
        gradients = op.backward(dz) if pull is None else pull(node, dz)
        inputs = op.inputs
        count = known_cards.get(type(op))
        if count == 1:
            gradients = (gradients,)
        elif count == 2:
            a, b = inputs[0].data, inputs[1].data
            if a.shape != b.shape or a.dtype is not b.dtype:
                gradients = _fitting(gradients, op)
        else:
            gradients = _fitting(gradients, op)
        following: Op | None = None
        i = -1
        for x in inputs:  # counted by hand, as a `zip` for each op costs more than the loop
            i += 1
            dx = gradients[i]
            if dx is None or not x.requires_grad:
                continue
            source = x.op
            if source is None:
                total = sums.get(x)
                if total is not None:
                    total += dx
                elif x in arrived:
                    arrived[x] = total = arrived[x] + dx
                    if type(total) is np.ndarray:
                        sums[x] = total
                else:
                    arrived[x] = dx
            elif source is following:
                dz = dz + dx
            elif source in waiting:
                waiting[source] = waiting[source] + dx
            elif following is None:
                node, following, dz = x, source, dx
            else:
                waiting[source] = dx
                heappush(latest, (-source.order, x))
        if latest:
            if following is None:
                node = heappop(latest)[1]
            else:
                waiting[following] = dz
                node = heappushpop(latest, (-following.order, node))[1]
            op = node.op  # type: ignore[assignment]
            dz = waiting.pop(op)
        elif following is None:
            return arrived
        else:
            op = following


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


def _fitting(gradients: Any, op: Op) -> list[Any]:
    """Give each gradient that is asked for the form of its input, or say what is wrong with it."""
    if type(gradients) is not tuple:
        gradients = () if gradients is None else (gradients,)
    if len(gradients) != len(op.inputs):
        raise _miscounted(op, gradients)
    return [
        dx if dx is None or not x.requires_grad else _fitted(dx, x.data, op)
        for x, dx in zip(op.inputs, gradients, strict=True)
    ]


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
