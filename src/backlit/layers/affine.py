"""The affine layer, also called dense, linear or fully connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from backlit.errors import ShapeError
from backlit.layers.init import Normal, initialiser
from backlit.layers.layer import Layer
from backlit.layers.settings import float_dtype, generator, size
from backlit.ops import affine
from backlit.tensor import tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from backlit.layers.init import InitialiserLike
    from backlit.tensor import Tensor, TensorLike

__all__ = ["Affine"]


class Affine(Layer):
    """``x @ W + b``, with the weight ``W`` and the bias ``b`` as parameters.

    Shapes: ``x`` is ``(N, D)``, one vector ``(D,)`` or any ``(..., D)``; ``W`` is ``(D, M)``;
    ``b`` is ``(M,)``, zeros at first; the output is ``(..., M)``.

    Parameters
    ----------
    size_in
        The number of inputs, D.
    size_out
        The number of outputs, M.
    init
        How ``W`` begins: an initialiser of :mod:`backlit.layers.init`, its name (``"he"``,
        ``"xavier"``), or a function of ``(shape, rng)``. 0.01 times the standard normal
        distribution if left out.
    rng
        Draws ``W``: a generator, or a seed for one. Give all layers of a net one generator;
        one seed would give layers of one shape the same weights.
    dtype
        The dtype of the parameters.

    Raises
    ------
    TypeRefusedError
        If a size is not a whole number, or ``dtype`` is not a floating-point one.
    ValueRefusedError
        If a size is below 1.
    ShapeError
        When called with an ``x`` that does not fit; for images, proposes a ``Flatten``.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import Affine
    >>> layer = Affine(784, 50, rng=0)
    >>> layer(np.zeros((100, 784))).shape
    (100, 50)
    >>> layer.W.shape, layer.b.shape, layer.W.dtype
    ((784, 50), (50,), dtype('float32'))
    """

    W: Tensor
    b: Tensor

    def __init__(
        self,
        size_in: int,
        size_out: int,
        *,
        init: InitialiserLike | None = None,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        shape = size(size_in, "size_in", "Affine"), size(size_out, "size_out", "Affine")
        dtype = float_dtype(dtype, "Affine")
        draw = initialiser(Normal() if init is None else init)
        values = np.asarray(draw(shape, generator(rng, "Affine")))
        if values.shape != shape:
            raise ShapeError(
                f"Affine: the initialiser returned an array of shape {values.shape} for W, "
                f"but was asked for {shape}."
            )
        self.W = tensor(values, "W", dtype=dtype)
        self.b = tensor(np.zeros(shape[1]), "b", dtype=dtype)

    @classmethod
    def from_arrays(cls, W: ArrayLike, b: ArrayLike, *, dtype: DTypeLike | None = None) -> Self:
        """Make the layer from a weight ``(D, M)`` and a bias ``(M,)`` that exist. They are copied.

        Parameters
        ----------
        W, b
            The values.
        dtype
            The dtype of the parameters; that of ``W`` if left out.

        Raises
        ------
        ShapeError
            If the shapes do not fit each other.
        TypeRefusedError
            If they are not made of real numbers.

        Examples
        --------
        >>> from backlit.layers import Affine
        >>> Affine.from_arrays([[1.0], [3.0]], [0.5]).forward([1.0, 2.0])
        array([7.5])
        """
        if dtype is not None:
            dtype = float_dtype(dtype, "Affine.from_arrays()")
        weight = tensor(W, "W", dtype=dtype)
        bias = tensor(b, "b", dtype=weight.dtype)
        if weight.ndim != 2 or bias.shape != weight.shape[1:]:
            raise ShapeError(
                f"Affine.from_arrays(): W has shape {weight.shape} and b has shape {bias.shape}, "
                "but must have shapes (D, M) and (M,)."
            )
        layer = cls.__new__(cls)
        layer.W, layer.b = weight, bias
        return layer

    def __call__(self, x: TensorLike) -> Tensor:
        """Return ``x @ W + b``, ``(..., M)`` for an ``x`` of shape ``(..., D)``."""
        return affine(self.as_input(x), self.W, self.b)

    @property
    def size_in(self) -> int:
        """The number of inputs, D."""
        return self.W.shape[0]

    @property
    def size_out(self) -> int:
        """The number of outputs, M."""
        return self.W.shape[1]

    def __repr__(self) -> str:
        dtype = "" if self.W.dtype == np.float32 else f", dtype={self.W.dtype.name!r}"
        return f"Affine({self.size_in}, {self.size_out}{dtype})"
