"""One call of an op by hand: forwards now, backwards later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import GraphError, ShapeError
from backlit.graph import unbroadcast
from backlit.quiet import quiet

if TYPE_CHECKING:
    from backlit.op import Op

__all__ = ["Call", "own"]


class Call:
    """What a layer holds between its ``forward`` and its ``backward``.

    Parameters
    ----------
    layer
        The layer's name, for messages.
    """

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self._op: Op | None = None
        self._shapes: tuple[tuple[int, ...], ...] = ()
        self._shape: tuple[int, ...] = ()

    def forward(self, op: Op, *inputs: Any) -> Any:
        """Run a fresh ``op``, and keep it if that goes well."""
        out = op.run(*inputs)
        self._op = op
        self._shapes, self._shape = tuple(map(np.shape, inputs)), np.shape(out)
        return own(out)

    def backward(self, dout: Any) -> tuple[Any, ...]:
        """Return a gradient per input, of its shape, each an array of its own.

        Raises
        ------
        GraphError
            If there was no ``forward``.
        ShapeError
            If ``dout`` is neither of the output's shape nor one number.
        """
        if self._op is None:
            raise GraphError(
                f"{self._layer}.backward(dout) goes back through the last {self._layer}.forward, "
                "but there was none; call forward first."
            )
        if np.shape(dout) not in {self._shape, ()}:
            raise ShapeError(
                f"{self._layer}.backward: dout has shape {np.shape(dout)}, but the output of "
                f"{self._layer}.forward had shape {self._shape}."
            )
        if self._shape:
            dout = np.broadcast_to(dout, self._shape)
        gradients = quiet(self._op.backward, dout)
        entries = gradients if isinstance(gradients, tuple) else (gradients,)
        return tuple(
            own(gradient if np.shape(gradient) == shape else unbroadcast(gradient, shape))
            for gradient, shape in zip(entries, self._shapes, strict=True)
            if gradient is not None
        )


def own(value: Any) -> Any:
    """Return an array as a copy that nobody else holds, and anything else as it is."""
    return np.array(value) if isinstance(value, np.ndarray) else value
