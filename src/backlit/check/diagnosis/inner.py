"""A softmax or a normalisation inside of a forward, gone back through along another axis."""

from __future__ import annotations

from functools import partial
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.diagnosis.trace import traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backlit.check.evidence import Floats

    Way = tuple[str, str, Callable[[Floats], Floats]]

__all__ = ["inner_axis"]


def inner_axis(case: Case) -> Diagnosis | None:
    """Find a softmax or a normalisation on the way, and try wrong ways back through it."""
    graph = traced(case)
    if graph is None:
        return None
    nodes = graph.nodes()
    for after in nodes:
        for before in nodes:
            if before is after or before.shape != after.shape or not before.ndim:
                continue
            for code, message, way in _ways(before.data, after.data):
                guess = graph.gradient(case.dout, around=(after, before, way))
                if case.is_got(guess, 1e-6):
                    return Diagnosis(code, f"{case.d}: {message}", 0.93)
    return None


def _ways(x: Floats, y: Floats) -> Iterator[Way]:
    for axis in _axes(x.ndim):
        if _is_softmax(x, y, axis):
            yield from _softmax_ways(y, axis)
        scale = _scale(x, y, axis)
        if scale is not None:
            yield from _norm_ways(y, scale, axis)


def _is_softmax(x: Floats, y: Floats, axis: tuple[int, ...]) -> bool:
    if (y <= 0).any() or not np.allclose(y.sum(axis=axis), 1):
        return False
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.allclose(y, e / e.sum(axis=axis, keepdims=True))


def _softmax_ways(p: Floats, axis: tuple[int, ...]) -> Iterator[Way]:
    for other in [*_axes(p.ndim), ()]:
        if other == axis:
            continue

        def back(d: Floats, other: tuple[int, ...] = other) -> Floats:
            return p * (d - (d * p).sum(axis=other, keepdims=True)) if other else p * d * (1 - p)

        if other:
            yield (
                "wrong_axis",
                (
                    f"in the softmax's backward the sum goes over axis {_told(other)}, and the "
                    f"softmax itself goes over axis {_told(axis)}"
                ),
                back,
            )
        else:
            yield (
                "dropped_use",
                (
                    "the softmax's backward treats each output by itself: the sum over the others "
                    "is missing"
                ),
                back,
            )
    yield "dropped_use", "in the softmax's backward the sum is missing", lambda d: p * d


def _scale(x: Floats, y: Floats, axis: tuple[int, ...]) -> Floats | None:
    """Return what ``x`` less its mean was divided by, if it is one number along the axis."""
    centred = x - x.mean(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        scale = np.sqrt((centred**2).mean(axis=axis) / (y**2).mean(axis=axis))
    scale = np.expand_dims(scale, axis)
    if not np.isfinite(scale).all() or not np.allclose(scale * y, centred, atol=1e-9):
        return None
    variance = x.var(axis=axis, keepdims=True)
    if not np.allclose(scale**2, variance, rtol=1e-2, atol=1e-2):
        return None
    return scale


def _norm_ways(y: Floats, scale: Floats, axis: tuple[int, ...]) -> Iterator[Way]:
    def mean(d: Any, over: tuple[int, ...]) -> Any:
        return d.mean(axis=over, keepdims=True)

    def back(d: Floats, one: tuple[int, ...], two: tuple[int, ...]) -> Floats:
        dx: Floats = (d - mean(d, one) - y * mean(d * y, two)) / scale
        return dx

    for one, two in product(_axes(y.ndim), repeat=2):
        if (one, two) != (axis, axis):
            yield (
                "wrong_axis",
                (
                    f"in the normalisation's backward the means go over axis {_told(one)} and "
                    f"{_told(two)}, and the normalisation itself goes over axis {_told(axis)}"
                ),
                partial(back, one=one, two=two),
            )
    missing = "in the normalisation's backward {} is missing"
    yield (
        "dropped_use",
        missing.format("the way through the mean"),
        lambda d: (d - y * mean(d * y, axis)) / scale,
    )
    yield (
        "dropped_use",
        missing.format("the way through the variance"),
        lambda d: (d - mean(d, axis)) / scale,
    )
    yield (
        "dropped_use",
        missing.format("the way through mean and variance"),
        lambda d: d / scale,
    )


def _axes(ndim: int) -> list[tuple[int, ...]]:
    return [axes for k in range(1, min(ndim, 3) + 1) for axes in combinations(range(ndim), k)]


def _told(axis: tuple[int, ...]) -> str:
    return str(axis[0]) if len(axis) == 1 else str(axis)
