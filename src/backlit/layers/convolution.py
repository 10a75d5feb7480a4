"""Convolutional layers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from backlit.errors import ShapeError, ValueRefusedError
from backlit.layers.init import He, initialiser
from backlit.layers.layer import Layer
from backlit.layers.settings import float_dtype, generator, size
from backlit.ops import conv1d, conv2d
from backlit.ops.windows import pairs, per_axis, spans
from backlit.tensor import tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from backlit.layers.init import InitialiserLike
    from backlit.ops.windows import Pairs
    from backlit.tensor import Tensor, TensorLike

__all__ = ["Conv1d", "Conv2d", "Convolution"]


class Convolution(Layer):
    """What convolutional layers share; a subclass says over how many axes the window moves."""

    W: Tensor
    b: Tensor | None
    axes: ClassVar[int]
    """The number of axes after the batch and the channels."""
    function: ClassVar[Callable[..., Tensor]]
    """The function of :mod:`backlit.ops`."""

    def __init__(
        self,
        size_in: int,
        size_out: int,
        kernel: int | Sequence[int],
        *,
        stride: int | Sequence[int] = 1,
        padding: str | int | Sequence[int | Sequence[int]] = "valid",
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        init: InitialiserLike | None = None,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        name = type(self).__name__
        channels, filters = size(size_in, "size_in", name), size(size_out, "size_out", name)
        groups = size(groups, "groups", name)
        if channels % groups or filters % groups:
            raise ValueRefusedError(
                f"{name}: groups={groups} must divide size_in={channels} and size_out={filters}."
            )
        shape = (filters, channels // groups, *per_axis(kernel, self.axes, "kernel", name))
        dtype = float_dtype(dtype, name)
        draw = initialiser(He() if init is None else init)
        values = np.asarray(draw(shape, generator(rng, name)))
        if values.shape != shape:
            raise ShapeError(
                f"{name}: the initialiser returned an array of shape {values.shape} for W, "
                f"but was asked for {shape}."
            )
        self.W = tensor(values, "W", dtype=dtype)
        self.b = tensor(np.zeros(filters), "b", dtype=dtype) if bias else None
        self._place(stride, padding, dilation, groups)

    @classmethod
    def from_arrays(
        cls,
        W: ArrayLike,
        b: ArrayLike | None = None,
        *,
        stride: int | Sequence[int] = 1,
        padding: str | int | Sequence[int | Sequence[int]] = "valid",
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        dtype: DTypeLike | None = None,
    ) -> Self:
        """Make the layer from filters and biases that exist. They are copied.

        Parameters
        ----------
        W, b
            The values: ``(F, C / groups, ...)`` and ``(F,)``; no bias if left out.
        stride, padding, dilation, groups
            As in the constructor.
        dtype
            The dtype of the parameters; that of ``W`` if left out.

        Raises
        ------
        ShapeError
            If the shapes do not fit each other.
        TypeRefusedError
            If they are not made of real numbers.
        """
        name = f"{cls.__name__}.from_arrays()"
        weight = tensor(W, "W", dtype=None if dtype is None else float_dtype(dtype, name))
        bias = None if b is None else tensor(b, "b", dtype=weight.dtype)
        fits = bias is None or bias.shape == weight.shape[:1]
        if weight.ndim != cls.axes + 2 or not weight.size or not fits:
            of_b = "no b" if bias is None else f"b has shape {bias.shape}"
            raise ShapeError(
                f"{name}: W has shape {weight.shape} and {of_b}, but W must have "
                f"{cls.axes + 2} axes, (F, C / groups, ...), and b one entry per filter, (F,)."
            )
        layer = cls.__new__(cls)
        layer.W, layer.b = weight, bias
        layer._place(  # noqa: SLF001
            stride, padding, dilation, size(groups, "groups", name)
        )
        if layer.size_out % layer.groups:
            raise ValueRefusedError(
                f"{name}: groups={groups} must divide the {layer.size_out} filters of W."
            )
        return layer

    def __call__(self, x: TensorLike) -> Tensor:
        """Convolve ``x`` with the filters."""
        x = self.as_input(x)
        parts = (x, self.W) if self.b is None else (x, self.W, self.b)
        return type(self).function(
            *parts,
            stride=self.stride,
            padding=self._ends(x.shape),
            dilation=self.dilation,
            groups=self.groups,
        )

    @property
    def size_in(self) -> int:
        """The number of channels of the input."""
        return self.W.shape[1] * self.groups

    @property
    def size_out(self) -> int:
        """The number of filters, which is that of the output's channels."""
        return self.W.shape[0]

    @property
    def kernel(self) -> tuple[int, ...]:
        """The lengths of the window."""
        return self.W.shape[2:]

    def _place(self, stride: Any, padding: Any, dilation: Any, groups: int) -> None:
        name = type(self).__name__
        self.stride = per_axis(stride, self.axes, "stride", name)
        self.dilation = per_axis(dilation, self.axes, "dilation", name)
        self.groups = groups
        self.padding: str | Pairs
        if not isinstance(padding, str):
            self.padding = pairs(padding, self.axes, name)
        elif padding in {"same", "valid"}:
            self.padding = padding
        else:
            raise ValueRefusedError(
                f"{name}: padding must be 'same', 'valid', a number or one for each axis, not "
                f"{padding!r}."
            )

    def _ends(self, shape: tuple[int, ...]) -> Pairs | int:
        if self.padding == "valid":
            return 0
        if self.padding != "same":
            return self.padding  # type: ignore[return-value]
        covered = spans(self.kernel, self.dilation)
        missing = (
            # With stride 1 the output is as long as the input; else it has one place per stride.
            max((-(-n // s) - 1) * s + span - n, 0)
            for n, s, span in zip(shape[2:], self.stride, covered, strict=False)
        )
        ends = tuple((m // 2, m - m // 2) for m in missing)
        return ends if len(ends) == self.axes else 0  # the op says what is wrong with the shape

    def __repr__(self) -> str:
        told = [str(self.size_in), str(self.size_out), short(self.kernel)]
        told += [
            f"{name}={short(value)}"
            for name, value in (("stride", self.stride), ("dilation", self.dilation))
            if prod(value) != 1
        ]
        if isinstance(self.padding, str):
            told += [f"padding={self.padding!r}"] * (self.padding != "valid")
        elif any(map(any, self.padding)):
            told.append(f"padding={ends_in_short(self.padding)}")
        told += [f"groups={self.groups}"] * (self.groups > 1)
        told += ["bias=False"] * (self.b is None)
        told += [f"dtype={self.W.dtype.name!r}"] * (self.W.dtype != np.float32)
        return f"{type(self).__name__}({', '.join(told)})"


class Conv2d(Convolution):
    """Windows of weights moved over images, with the weight ``W`` and the bias ``b`` as parameters.

    Shapes: ``x`` is ``(N, C, H, W)``; ``W`` is ``(F, C / groups, KH, KW)``; ``b`` is ``(F,)``,
    zeros at first; the output is ``(N, F, OH, OW)``.

    Parameters
    ----------
    size_in
        The number of channels of the input, C.
    size_out
        The number of filters, F, which is that of the output's channels.
    kernel
        The size of the window: one number, or ``(height, width)``.
    stride
        By how much the window moves: one number, or ``(down, right)``.
    padding
        Zeros around the images: ``"valid"``, none; ``"same"``, as many as make the output as
        large as the input (divided by the stride, rounded up), an odd one below or on the
        right; one number; ``(vertical, horizontal)``; or ``((top, bottom), (left, right))``.
    dilation
        The distance between neighbouring elements of the window in the image.
    groups
        Into how many groups channels and filters are split; each sees its own channels alone.
    bias
        Whether there is a ``b``.
    init
        How ``W`` begins, as for :class:`Affine`; He's rule if left out.
    rng
        Draws ``W``: a generator, or a seed for one. Give all layers of a net one generator.
    dtype
        The dtype of the parameters.

    Raises
    ------
    TypeRefusedError
        If a size is not a whole number, or ``dtype`` is not a floating-point one.
    ValueRefusedError
        If a size is out of range, or groups do not divide the channels.
    ShapeError
        When called with an ``x`` that does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import Conv2d
    >>> layer = Conv2d(1, 32, 3, padding="same", rng=0)
    >>> layer
    Conv2d(1, 32, 3, padding='same')
    >>> layer(np.zeros((100, 1, 28, 28))).shape
    (100, 32, 28, 28)
    >>> layer.W.shape, layer.b.shape
    ((32, 1, 3, 3), (32,))
    """

    axes = 2
    function = staticmethod(conv2d)


class Conv1d(Convolution):
    """Windows of weights moved along signals, with the weight ``W`` and the bias ``b``.

    Shapes: ``x`` is ``(N, C, L)``; ``W`` is ``(F, C / groups, K)``; ``b`` is ``(F,)``, zeros at
    first; the output is ``(N, F, OL)``.

    Parameters
    ----------
    size_in, size_out, kernel, stride, padding, dilation, groups, bias, init, rng, dtype
        As for :class:`Conv2d`, with one length instead of two; padding that differs at the two
        ends is ``((left, right),)``.

    Raises
    ------
    TypeRefusedError, ValueRefusedError, ShapeError
        As for :class:`Conv2d`.

    Examples
    --------
    >>> from backlit.layers import Conv1d
    >>> differences = Conv1d.from_arrays([[[-1.0, 1.0]]])
    >>> differences.forward([[[1.0, 2.0, 4.0]]])
    array([[[1., 2.]]])
    """

    axes = 1
    function = staticmethod(conv1d)


def short(lengths: tuple[int, ...]) -> str:
    """Write one number for all axes, where they have the same."""
    return str(lengths[0]) if len(set(lengths)) == 1 else str(lengths)


def ends_in_short(padding: Pairs) -> str:
    """Write a padding as briefly as it can be given."""
    if any(before != after for before, after in padding):
        return str(padding)
    return short(tuple(before for before, _ in padding))
