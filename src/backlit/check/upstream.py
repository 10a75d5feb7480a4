"""The gradient that a check sends back, and the one number that it makes of an output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ShapeError, TypeRefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Upstream"]


class Upstream:
    """An upstream gradient ``dout``, and the number ``Σ dout · output`` that it belongs to.

    Random, so that a gradient that sums to nothing (a softmax's under all ones) can't hide. For
    an output of one number ``dout`` is 2, and the gradients are halved, exactly: a ``backward``
    that ignores ``dout`` is found out, and all others show the numbers that the user knows.

    Parameters
    ----------
    seed
        What decides the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._dout: NDArray[Any] | None = None
        self.magnitude = 0.0

    def start(self, output: Any) -> NDArray[Any]:
        """Return ``dout`` for an output, of its shape.

        Raises
        ------
        TypeRefusedError
            If the output has fewer digits than a slope needs.
        """
        y = np.asarray(output)
        if y.dtype.kind == "f" and y.dtype.itemsize < 8:
            raise TypeRefusedError(
                f"the output is {y.dtype}, though all that went in is float64: something on the "
                f"way converts, and {y.dtype} has too few digits to take slopes from."
            )
        if y.dtype.kind not in "fiub":
            raise TypeRefusedError(f"the output is not made of real numbers but {output!r:.60}.")
        if self._dout is None:
            rng = np.random.default_rng(self._seed)
            self._dout = rng.standard_normal(y.shape) if y.size != 1 else np.full(y.shape, 2.0)
            self.magnitude = float(np.abs(self._dout * y).sum() / self.scale)
        return self._dout.copy()

    def project(self, output: Any) -> float:
        """Return ``Σ dout · output``, halved where ``dout`` is 2.

        Raises
        ------
        ShapeError
            If the output has another shape than at the start.
        """
        dout, y = self._dout, np.asarray(output)
        assert dout is not None, "start() comes first"
        if y.shape != dout.shape:
            raise ShapeError(f"the output had shape {dout.shape}, and now has shape {y.shape}.")
        return float(y.item() if y.size == 1 else np.vdot(dout, y))

    @property
    def scale(self) -> float:
        """What the gradients are to be divided by."""
        assert self._dout is not None, "start() comes first"
        return 2.0 if self._dout.size == 1 else 1.0
