"""What a convolution and the pooling after it look like, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

__all__ = ["Geometry", "Pads", "Pair", "Pooled"]

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]


@dataclass(frozen=True)
class Geometry:
    """A convolution, and what is computed with it in one go.

    Attributes
    ----------
    image
        ``(C, H, W)``, without padding.
    filters, kernel, stride, padding, dilation
        Of the convolution; padding as ``((top, bottom), (left, right))``.
    pool
        The window of a max pooling without overlap and padding, ``(1, 1)`` for none.
    """

    image: tuple[int, int, int]
    filters: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pads = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    pool: Pair = (1, 1)

    @property
    def padded(self) -> Pair:
        """The height and width of the image with its padding."""
        return _padded(self.image, self.padding)

    @property
    def span(self) -> Pair:
        """The height and width that the kernel covers."""
        return _span(self.kernel, self.dilation)

    @property
    def convolved(self) -> Pair:
        """The height and width of the convolution's output."""
        return _places(self.padded, self.span, self.stride)

    @property
    def output(self) -> Pair:
        """The height and width after pooling."""
        height, width = self.convolved
        return height // self.pool[0], width // self.pool[1]

    @property
    def products(self) -> int:
        """Multiplications of one image, forward."""
        return prod(self.convolved) * self.filters * self.image[0] * prod(self.kernel)

    @property
    def saves(self) -> bool:
        """Whether the form with fewer multiplications exists, and is faster.

        It adds up several rows for every product, so the products must be large enough.
        """
        return (
            self.kernel == (3, 3)
            and self.flips
            and self.dilation == (1, 1)
            and self.pool in {(1, 1), (2, 2)}
            and min(self.image[0], self.filters) >= _MANY
        )

    @property
    def flips(self) -> bool:
        """Whether the image's gradient is a convolution of the output's, with no stride."""
        return self.stride == (1, 1) and all(
            max(pads) < span for pads, span in zip(self.padding, self.span, strict=True)
        )


@dataclass(frozen=True)
class Pooled:
    """A pooling.

    Attributes
    ----------
    image
        ``(C, H, W)``, without padding.
    size, stride, padding, dilation
        Of the windows; padding as ``((top, bottom), (left, right))``.
    """

    image: tuple[int, int, int]
    size: Pair
    stride: Pair
    padding: Pads = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @property
    def padded(self) -> Pair:
        """The height and width of the image with its padding."""
        return _padded(self.image, self.padding)

    @property
    def apart(self) -> bool:
        """Whether windows neither overlap, nor leave gaps, nor reach into padding."""
        return (
            self.stride == self.size
            and self.padding == ((0, 0), (0, 0))
            and self.dilation == (1, 1)
        )

    @property
    def output(self) -> Pair:
        """The height and width of the output."""
        return _places(self.padded, _span(self.size, self.dilation), self.stride)


_MANY = 16
"""With so many channels and filters the form with fewer multiplications is faster."""


def _padded(image: tuple[int, int, int], padding: Pads) -> Pair:
    return image[1] + sum(padding[0]), image[2] + sum(padding[1])


def _span(kernel: Pair, dilation: Pair) -> Pair:
    return (kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1


def _places(size: Pair, span: Pair, stride: Pair) -> Pair:
    return (size[0] - span[0]) // stride[0] + 1, (size[1] - span[1]) // stride[1] + 1
