"""A chain of stages for a part of the batch, and all parts of a batch."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.dense import Flattening
from backlit.compile.layout.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from backlit.compile.layout.specs import Image, Link
    from backlit.compile.layout.stage import Stage

__all__ = ["Chain", "chains"]


class Chain:
    """Stages, each of which writes where the next one reads.

    Parameters
    ----------
    part
        Which images of the batch are its own.
    image
        ``(C, H, W)`` of the input.
    dtype
        Of all numbers.
    links
        What to compute.
    scratch
        Memory that the stages use in turn.
    training
        Whether there is a way back.
    descends
        Whether the gradient of the input is computed, too.

    Attributes
    ----------
    images
        Which images of the batch are its own.
    x, d_x
        The input and its gradient, ``(H, C, W, N)``.
    out, d_out
        The output and its gradient, ``(H, C, W, N)``.
    """

    def __init__(
        self,
        part: slice,
        image: Image,
        dtype: DTypeLike,
        links: Sequence[Link],
        scratch: Scratch,
        *,
        training: bool = True,
        descends: bool = False,
    ) -> None:
        self.images = part
        batch = part.stop - part.start
        images = [image]
        self.stages: list[Stage] = []
        for link in links:
            wanted = training and (descends or bool(self.stages))
            self.stages.append(
                link.build(images[-1], batch, dtype, scratch, training=training, descends=wanted)
            )
            images.append(link.output(images[-1]))
        shapes = [(height, channels, width, batch) for channels, height, width in images]
        self.out = np.empty(shapes[-1], dtype)
        following = self.out
        for stage in reversed(self.stages):
            stage.out = following
            if isinstance(stage, Flattening):
                stage.x = stage.image_of(following)
            following = stage.x
        self.x = following
        if training:
            self._way_back(shapes, dtype, descends)

    def _way_back(self, shapes: list[Any], dtype: DTypeLike, descends: bool) -> None:
        """Give gradients their memory: a stage reads one block and writes the other."""
        inward = [isinstance(stage, Flattening) for stage in self.stages]
        block_of = [0]
        for flat in reversed(inward):
            block_of.insert(0, block_of[0] if flat else 1 - block_of[0])
        read = [i for i in range(len(shapes)) if i or descends]
        blocks = [
            np.empty(max((prod(shapes[i]) for i in read if block_of[i] == k), default=0), dtype)
            for k in (0, 1)
        ]
        gradients = [
            blocks[block_of[i]][: prod(shape)].reshape(shape) if i in read else None
            for i, shape in enumerate(shapes)
        ]
        for i, stage in enumerate(self.stages):
            if isinstance(stage, Flattening):
                gradients[i] = stage.image_of(gradients[i + 1])
        for stage, d_x, d_out in zip(self.stages, gradients, gradients[1:], strict=False):
            stage.d_x, stage.d_out = d_x, d_out
        self.d_x, self.d_out = gradients[0], gradients[-1]

    def __getitem__(self, number: int) -> Any:
        """Return a stage."""
        return self.stages[number]


def chains(
    batch: int,
    parts: int,
    threads: int,
    image: Image,
    dtype: DTypeLike,
    *links: Link,
    training: bool = True,
    descends: bool = False,
) -> list[Chain]:
    """Return a chain for each part of a batch.

    Parameters
    ----------
    batch, parts
        How many images, and in how many parts, as equal as can be.
    threads
        How many run at once: so many have scratch memory of their own.
    image, dtype, links, training, descends
        As for :class:`Chain`.

    Examples
    --------
    >>> from backlit.compile.layout.specs import Conv
    >>> one, other = chains(5, 2, 2, (1, 28, 28), np.float32, Conv(8, (3, 3), pool=(2, 2)))
    >>> one.x.shape, other.out.shape
    ((28, 1, 28, 3), (13, 8, 13, 2))
    """
    sizes = [batch // parts + (i < batch % parts) for i in range(parts)]
    stops = np.cumsum(sizes).tolist()
    slices = [slice(stop - size, stop) for size, stop in zip(sizes, stops, strict=True)]
    settings = {"training": training, "descends": descends}
    measured = Scratch()
    for size in set(sizes):
        Chain(slice(0, size), image, dtype, links, measured, **settings)
    scratch = [Scratch(measured.needed) for _ in range(min(threads, parts))]
    return [
        Chain(part, image, dtype, links, scratch[i % len(scratch)], **settings)
        for i, part in enumerate(slices)
    ]
