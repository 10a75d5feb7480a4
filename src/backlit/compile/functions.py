"""The NumPy functions that a program can call, and how their arguments are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KNOWN", "VIEWS", "WEIGHING", "spelled"]


def _plain(*args: Any, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, options


def _reduction(a: Any, axis: Any = None, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    unset = {"keepdims": False, "dtype": None, "out": None}
    told = {k: v for k, v in options.items() if k not in unset or v != unset[k]}
    told = {k: v for k, v in told.items() if repr(v) != "<no value>"}
    return (a,), {"axis": axis, **told}


def _reshape(a: Any, shape: Any, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    size = int(np.size(a))
    known = np.empty(size, np.bool_).reshape(shape).shape if -1 in np.atleast_1d(shape) else shape
    return (a, tuple(np.atleast_1d(np.asarray(known, int)).tolist())), options


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (a, a_min, a_max), {}


def _axis(a: Any, axis: Any = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (a,), {"axis": axis}


def _joined(xs: Any, axis: Any = 0) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (tuple(xs),), {"axis": axis}


KNOWN: dict[Any, Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]] = {
    **dict.fromkeys(
        (np.sum, np.mean, np.max, np.min, np.amax, np.amin, np.prod, np.var, np.std, np.any,
         np.all, np.argmax, np.argmin),
        _reduction,
    ),
    np.reshape: _reshape,
    np.squeeze: _axis,
    np.clip: _clip,
    np.concatenate: _joined,
    np.stack: _joined,
    **dict.fromkeys(
        (np.transpose, np.swapaxes, np.moveaxis, np.expand_dims, np.broadcast_to, np.ravel,
         np.where, np.take, np.take_along_axis, np.cumsum, np.cumprod, np.argsort, np.sort,
         np.dot, np.tensordot, np.einsum, np.outer, np.inner, np.flip, np.roll, np.repeat,
         np.tile, np.pad, np.diag, np.tril, np.triu, np.trace, np.round, np.count_nonzero,
         np.isclose),
        _plain,
    ),
}  # fmt: skip
"""Pure functions whose result has a shape that the shapes of their arguments decide."""

WEIGHING = {
    np.shape, np.ndim, np.size, np.result_type, np.zeros_like, np.ones_like,
    np.iscomplexobj, np.isrealobj, np.can_cast, np.min_scalar_type,
}  # fmt: skip
"""They ask for shapes and dtypes, and give what is the same in every step."""

VIEWS = {
    "np.reshape", "np.transpose", "np.swapaxes", "np.moveaxis", "np.expand_dims", "np.squeeze",
    "np.broadcast_to", "np.ravel", "getitem", "np.diag",
}  # fmt: skip
"""Their result may share the memory of their first operand."""

_NAMES = {np.amax: "np.max", np.amin: "np.min"}


def spelled(function: Any) -> str:
    """Return how a NumPy function is written in the source.

    Examples
    --------
    >>> spelled(np.sum)
    'np.sum'
    """
    return _NAMES.get(function, f"np.{function.__name__}")
