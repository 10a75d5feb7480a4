"""The links of a chain as they are written down: sizes and settings, no memory."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import prod
from typing import TYPE_CHECKING, Any

from backlit.compile.layout.convolution import Convolution
from backlit.compile.layout.dense import DenseProduct, Flattening
from backlit.compile.layout.geometry import Geometry, Pads, Pair, Pooled
from backlit.compile.layout.normalization import Normalization
from backlit.compile.layout.pooling import AveragePooling, MaxPooling
from backlit.compile.layout.winograd import Winograd

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from backlit.compile.layout.scratch import Scratch
    from backlit.compile.layout.stage import Stage

__all__ = [
    "AvgPool", "Conv", "Dense", "Flat", "Image", "Link", "MaxPool", "Norm", "written",
]  # fmt: skip

Image = tuple[int, int, int]
_NONE: Pads = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Conv:
    """A convolution, then max pooling without overlap, bias and ReLU, as far as wanted."""

    filters: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pads = _NONE
    dilation: Pair = (1, 1)
    pool: Pair = (1, 1)
    relu: bool = False
    bias: bool = True

    def geometry(self, image: Image) -> Geometry:
        """Return the sizes for images ``(C, H, W)``."""
        return Geometry(
            image, self.filters, self.kernel, self.stride, self.padding, self.dilation, self.pool
        )

    def output(self, image: Image) -> Image:
        """Return ``(C, H, W)`` of the output."""
        return (self.filters, *self.geometry(image).output)

    def build(
        self,
        image: Image,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        training: bool,
        descends: bool,
    ) -> Stage:
        """Make the stage."""
        geometry = self.geometry(image)
        kind = Winograd if geometry.saves else Convolution
        return kind(
            geometry, batch, dtype, scratch,
            relu=self.relu, bias=self.bias, training=training, descends=descends,
        )  # fmt: skip


@dataclass(frozen=True)
class Norm:
    """Batch normalisation by the batch's own statistics, then ReLU if wanted."""

    relu: bool = False

    def output(self, image: Image) -> Image:
        """Return ``(C, H, W)`` of the output."""
        return image

    def build(
        self,
        image: Image,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        training: bool,
        descends: bool,  # noqa: ARG002  (as all links)
    ) -> Stage:
        """Make the stage."""
        return Normalization(image, batch, dtype, scratch, relu=self.relu, training=training)


@dataclass(frozen=True)
class MaxPool:
    """Max pooling of any kind."""

    size: Pair
    stride: Pair
    padding: Pads = _NONE
    dilation: Pair = (1, 1)

    def output(self, image: Image) -> Image:
        """Return ``(C, H, W)`` of the output."""
        return (image[0], *self.geometry(image).output)

    def geometry(self, image: Image) -> Pooled:
        """Return the sizes for images ``(C, H, W)``."""
        return Pooled(image, self.size, self.stride, self.padding, self.dilation)

    def build(
        self,
        image: Image,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        training: bool,
        descends: bool,
    ) -> Stage:
        """Make the stage."""
        return MaxPooling(
            self.geometry(image), batch, dtype, scratch, training=training, descends=descends
        )


@dataclass(frozen=True)
class AvgPool:
    """Average pooling of any kind."""

    size: Pair
    stride: Pair
    padding: Pads = _NONE
    padding_counts: bool = True

    def output(self, image: Image) -> Image:
        """Return ``(C, H, W)`` of the output."""
        return (image[0], *self.geometry(image).output)

    def geometry(self, image: Image) -> Pooled:
        """Return the sizes for images ``(C, H, W)``."""
        return Pooled(image, self.size, self.stride, self.padding)

    def build(
        self,
        image: Image,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        training: bool,
        descends: bool,
    ) -> Stage:
        """Make the stage."""
        return AveragePooling(
            self.geometry(image), batch, dtype, scratch,
            padding_counts=self.padding_counts, training=training, descends=descends,
        )  # fmt: skip


@dataclass(frozen=True)
class Flat:
    """All numbers of an image in one column, which is an image of height and width 1."""

    def output(self, image: Image) -> Image:
        """Return ``(C, H, W)`` of the output."""
        return (prod(image), 1, 1)

    def build(
        self,
        image: Image,
        batch: int,
        dtype: DTypeLike,  # noqa: ARG002  (as all links)
        scratch: Scratch,  # noqa: ARG002
        *,
        training: bool,  # noqa: ARG002
        descends: bool,  # noqa: ARG002
    ) -> Stage:
        """Make the stage."""
        return Flattening(image, batch)


@dataclass(frozen=True)
class Dense:
    """An affine map of columns, then ReLU if wanted."""

    size_out: int
    relu: bool = False

    def output(self, image: Image) -> Image:  # noqa: ARG002  (as all links)
        """Return ``(C, H, W)`` of the output."""
        return (self.size_out, 1, 1)

    def build(
        self,
        image: Image,
        batch: int,
        dtype: DTypeLike,
        scratch: Scratch,
        *,
        training: bool,
        descends: bool,  # noqa: ARG002  (as all links)
    ) -> Stage:
        """Make the stage."""
        return DenseProduct(
            image[0], self.size_out, batch, dtype, scratch, relu=self.relu, training=training
        )


Link = Conv | Norm | MaxPool | AvgPool | Flat | Dense


def written(link: Link) -> str:
    """Return a link as source, without the settings that are as ever.

    Examples
    --------
    >>> written(Conv(32, (3, 3), relu=True))
    'Conv(32, (3, 3), relu=True)'
    """
    parts: list[str] = []
    for number, field in enumerate(fields(link)):
        value: Any = getattr(link, field.name)
        if value != field.default:
            first = number < 2 and not isinstance(value, bool)
            parts.append(repr(value) if first else f"{field.name}={value!r}")
    return f"{type(link).__name__}({', '.join(parts)})"
