"""Whether the layout pays for a chain, and in how many parts and threads, by a model of cost.

The model is of shapes and of the number of cores alone, so one seed gives one result. A stopwatch
would not: parts are summed in another order when their number changes.
"""

from __future__ import annotations

from math import pow as power
from math import prod
from typing import TYPE_CHECKING

from backlit.compile.layout.kernel import Layout
from backlit.compile.layout.specs import Conv, Dense, Flat, Norm
from backlit.compile.threads import blas_threads, cores

if TYPE_CHECKING:
    from backlit.compile.layout.match import Found
    from backlit.compile.layout.specs import Image, Link

__all__ = ["Layout", "inside_time", "layout_of", "parts_of", "plain_time"]

# Nanoseconds, measured on one core of a machine with AVX-512 in float32; a slower machine is
# slower in all of them.
_PRODUCT = 0.024
"""One multiplication and addition inside a matrix product."""
_COPY = 0.8
"""One number of the columns that the plain form makes, each way."""
_PASS = 2.0
"""One number of an output in the plain form, each way: bias, ReLU, pooling."""
_ROW_PASS = 1.2
"""The same with the batch innermost, while the row is in the cache."""
_BORDER = 1.5
"""One number that enters the layout or leaves it."""
_ROW = 6_000.0
"""The calls that one row of an output takes, each way."""
_TILES = 60_000.0
"""The same for two rows in the form with fewer multiplications."""
_START = 30_000.0
"""Handing a function to a thread, and waiting for it."""

_SAVED = 0.9
"""What the form with fewer multiplications takes, its sums included, as a share of all products."""
_LOST = 1.1
"""The same for products of windows, with the copies of these."""

_SHARED = 0.5
"""Two threads finish work in one part of two to this power: they wait for each other's calls."""

_THREADS = 8
"""More threads than this wait for one another to make their calls."""
_IMAGES = 64
"""A part with more images leaves the cache."""
_SURE = 0.75
"""The share of the plain form's time that it must come below: the model errs by as much."""
_LEAST = 6
"""With fewer images rows are too short."""


def layout_of(chain: Found, threads: int | None = None) -> Layout | None:
    """Return how to run a chain, or ``None`` if the plain form is faster.

    Parameters
    ----------
    chain
        What to run.
    threads
        How many there may be; as many as there are cores, and the BLAS uses, if left out.
    """
    # Whoever keeps the BLAS to one thread wants one.
    most = min(cores(), blas_threads()) if threads is None else threads
    allowed = min(most, _THREADS)
    plain = _SURE * plain_time(chain, allowed)
    best: tuple[float, Layout] | None = None
    for count in range(1, allowed + 1):
        parts = parts_of(chain.batch, count)
        if chain.batch // parts < _LEAST:
            continue
        cost = inside_time(chain, parts, count)
        if cost < plain and (best is None or cost < best[0]):
            best = cost, Layout(chain, parts, count)
    return None if best is None else best[1]


def parts_of(batch: int, threads: int) -> int:
    """Return into how many parts to cut a batch: as many for each thread."""
    return threads * max(1, -(-batch // (threads * _IMAGES)))


def _ways(chain: Found, number: int) -> int:
    """Return how many products a convolution takes: forward, to the weights, to the image."""
    if not chain.training:
        return 1
    return 2 if number == 0 and chain.d_x is None else 3


def plain_time(chain: Found, threads: int) -> float:
    """Return the time of the plain form, whose products alone use several threads."""
    total = 0.0
    for number, (link, image) in enumerate(chain.links()):
        ways = _ways(chain, number)
        total += min(ways, 2) * _PASS * _outputs(link, image)
        if isinstance(link, Conv):
            geometry = link.geometry(image)
            columns = image[0] * prod(geometry.kernel) * prod(geometry.convolved)
            if prod(geometry.kernel) == 1:
                columns = 0  # the image's own numbers, in the order in which they lie
            total += ways * (_COPY * columns + _PRODUCT * geometry.products / threads)
        elif isinstance(link, Dense):
            total += ways * _PRODUCT * image[0] * link.size_out / threads
    return total * chain.batch


def inside_time(chain: Found, parts: int, threads: int) -> float:
    """Return the time with the batch innermost."""
    both = 2 if chain.training else 1
    calls, work, summed = 0.0, 0.0, 0.0
    for number, (link, image) in enumerate(chain.links()):
        ways = _ways(chain, number)
        work += min(ways, 2) * _ROW_PASS * _outputs(link, image)
        if isinstance(link, Dense):
            weights = image[0] * link.size_out
            work += ways * _PRODUCT * weights
            summed += _COPY * weights * (parts - 1) * (both - 1)
        elif not isinstance(link, (Conv, Flat)):
            calls += _ROW * link.output(image)[1]
        elif isinstance(link, Conv):
            geometry = link.geometry(image)
            calls += (
                _TILES * geometry.convolved[0] / 2
                if geometry.saves
                else _ROW * geometry.convolved[0]
            )
            share = _SAVED if geometry.saves else _LOST
            work += ways * _PRODUCT * share * geometry.products
    border = prod(chain.image) + 2 * prod(chain.output.shape[1:])
    work += _BORDER * border
    starts = 0
    if threads > 1:
        starts = 1 + sum(isinstance(step.link, Norm) for step in chain.steps)
    calls *= both * parts
    return (
        calls
        + summed
        + work * chain.batch / power(threads, _SHARED)
        + _START * starts * both * threads
    )


def _outputs(link: Link, image: Image) -> int:
    if isinstance(link, Flat):
        return 0  # a view in the plain form
    if isinstance(link, Dense):
        return link.size_out
    if isinstance(link, Conv):
        return link.filters * prod(link.geometry(image).convolved)
    return prod(image)
