"""While a function is read, large results are stood in for by arrays that take no time to make.

Nothing of a trace depends on values, only on shapes and dtypes. So a large product is not
computed: an array of its shape that repeats one number takes its place, and what is computed from
such arrays alone is one number again. Small arrays hold their values, for whoever looks at them.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["stand_in"]

_LARGE = 50_000
"""Elements."""
_HEAVY = 20_000_000
"""Operations."""
_REDUCTIONS = {"np.sum", "np.max", "np.min", "np.mean", "np.prod", "np.var", "np.std",
               "np.add.reduce", "np.maximum.reduce", "np.minimum.reduce"}  # fmt: skip


def stand_in(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what may stand for the result of a call, or ``None`` if it is to be computed."""
    if name in {"np.matmul", "np.dot"}:
        return _product(*args[:2])
    arrays = [x for x in _arrays(args) if x.size > _LARGE]
    if not arrays or any(any(x.strides) for x in arrays):
        return None
    made: Callable[..., Any] | None = _RULES.get(name)
    if made is None and name in _REDUCTIONS:
        made = _reduced
    if made is None and isinstance(getattr(np, name.removeprefix("np."), None), np.ufunc):
        ufunc = getattr(np, name.removeprefix("np."))
        if ufunc.signature is None:
            return _elementwise(ufunc, args, options)
    return None if made is None else made(*args, **options)


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in _arrays(part)]
    return []


def _flat(like: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return an array of ``shape`` that repeats the first number of ``like``."""
    first = np.asarray(like).ravel()[:1] if np.size(like) <= 1 else like[(0,) * like.ndim]
    return np.broadcast_to(np.asarray(first, dtype or like.dtype).reshape(()), shape)


def _product(x: Any, y: Any) -> Any:
    if min(np.ndim(x), np.ndim(y)) < 2 or x.shape[-1] != y.shape[-2]:
        return None
    shape = (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1])
    if 2 * prod(shape) * x.shape[-1] < _HEAVY:
        return None
    return np.broadcast_to(np.zeros((), np.result_type(x, y)), shape)


def _elementwise(ufunc: np.ufunc, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if options:
        return None
    shape = np.broadcast_shapes(*(np.shape(x) for x in args))
    if prod(shape) <= _LARGE:
        return None
    firsts = [
        x[(0,) * x.ndim].reshape(1) if isinstance(x, np.ndarray) and x.size else x for x in args
    ]
    return np.broadcast_to(ufunc(*firsts).reshape(()), shape)


def _reduced(x: Any, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
    if options:
        return None
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {a % x.ndim for a in axes}
    shape = tuple(1 if i in gone else n for i, n in enumerate(x.shape) if keepdims or i not in gone)
    return np.array(_flat(x, shape)) if prod(shape) <= _LARGE else _flat(x, shape)


def _stacked(xs: Any, axis: int = 0) -> Any:
    axis %= xs[0].ndim + 1
    return _flat(xs[0], (*xs[0].shape[:axis], len(xs), *xs[0].shape[axis:]))


def _joined(xs: Any, axis: int = 0) -> Any:
    axis %= xs[0].ndim
    length = sum(x.shape[axis] for x in xs)
    return _flat(xs[0], (*xs[0].shape[:axis], length, *xs[0].shape[axis + 1 :]))


def _padded(x: Any, width: Any, *_: Any, **__: Any) -> Any:
    pairs = np.broadcast_to(width, (x.ndim, 2)).tolist()
    return _flat(x, tuple(n + a + b for n, (a, b) in zip(x.shape, pairs, strict=True)))


def _where(mask: Any, x: Any, y: Any) -> Any:
    dtype = np.result_type(x, y)
    shape = np.broadcast_shapes(np.shape(mask), np.shape(x), np.shape(y))
    return np.broadcast_to(np.zeros((), dtype), shape) if prod(shape) > _LARGE else None


def _converted(x: Any, dtype: Any) -> Any:
    return _flat(x, x.shape, dtype)


def _whole(op: Any, *xs: Any) -> Any:
    shape = getattr(op, "shape", None)
    return _flat(xs[0], shape) if isinstance(shape, tuple) and prod(shape) > _LARGE else None


_RULES: dict[str, Callable[..., Any]] = {
    "np.stack": _stacked,
    "np.concatenate": _joined,
    "np.pad": _padded,
    "np.where": _where,
    "astype": _converted,
    "whole": _whole,
}
