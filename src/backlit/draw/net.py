"""Drawing a net from an input, and from its labels too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.draw import draw
from backlit.errors import TypeRefusedError
from backlit.ops import softmax_cross_entropy
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.draw.figure import Figure
    from backlit.layers import Layer
    from backlit.tensor import TensorLike

__all__ = ["draw_net"]


def draw_net(
    net: Layer,
    x: TensorLike,
    t: TensorLike | None = None,
    loss: Callable[[Tensor, Any], Tensor] | None = None,
    **options: Any,
) -> Figure:
    """Draw what the net computes from ``x``; with ``t`` its loss and all gradients too.

    The net is run as in evaluation, so no dropout draws anything; it is left as it was.

    Parameters
    ----------
    net
        The layer or net.
    x
        Its input.
    t
        The labels, as ``loss`` takes them.
    loss
        Makes one number of the output and ``t``; the cross-entropy of the softmax if left out.
    options
        As for :func:`backlit.draw.draw`: ``fold="layer"``, ``unfold="affine2"``,
        ``direction="down"`` and others.

    Returns
    -------
    Figure
        As by :func:`backlit.draw.draw`.

    Raises
    ------
    TypeRefusedError
        If ``loss`` is no function, or comes without ``t``.
    BacklitError
        What the net or the loss raises.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import Affine, ReLU, Sequential
    >>> net = Sequential(Affine(4, 3, rng=0), ReLU(), Affine(3, 2, rng=1))
    >>> figure = net.draw(np.ones((5, 4)), [0, 1, 0, 1, 0], fold="layer", values=False)
    >>> [line.split("  ")[0] for line in str(figure).splitlines()][-2:]
    ['#3 = affine2(#2)', 'loss = softmax loss(#3, t)']
    """
    if loss is not None and (t is None or not callable(loss)):
        wrong = "labels t" if t is None else f"a function for loss, not {type(loss).__name__}"
        raise TypeRefusedError(f"{type(net).__name__}.draw: a loss needs {wrong}.")
    modes = [(layer, layer.training) for _, layer in net._walk()]  # noqa: SLF001
    given = _called(net.as_input(x), "x")
    net.eval()
    try:
        y = net(given)
    finally:
        for layer, training in modes:
            layer.training = training
    if t is None:
        return draw(_called(y, "y"), **options)
    labels = t if isinstance(t, Tensor) else Tensor(np.asarray(t), requires_grad=False)
    lost = (loss or softmax_cross_entropy)(y, _called(labels, "t"))
    return draw(_called(lost, "loss"), **options)


def _called(x: Any, name: str) -> Any:
    """Return a tensor that has a name: its own, or else this one. The user's stays as it is."""
    if not isinstance(x, Tensor) or x.name is not None:
        return x
    if x.op is None and x.requires_grad:
        return x
    again = Tensor(x.data, name, requires_grad=x.requires_grad)
    again.op, again.call = x.op, x.call
    return again
