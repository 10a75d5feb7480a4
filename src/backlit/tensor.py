"""A tensor: an array with a history."""

from __future__ import annotations

import operator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from backlit.errors import GraphError, ShapeError, TypeRefusedError
from backlit.graph import propagate
from backlit.op import quick
from backlit.quiet import mute, quiet, unmute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backlit.draw import Figure, WhatIf
    from backlit.draw.asking import Asking
    from backlit.op import Op

__all__ = ["Tensor", "TensorLike", "apply", "implements", "no_grad", "record", "tensor"]

Array: TypeAlias = NDArray[Any]

_not_recording: ContextVar[int] = ContextVar("not_recording", default=0)
next_order = count(1).__next__
"""Gives the next number in the order of all recorded calls."""
_blank = object.__new__
_asarray = np.asarray
_ndarray = np.ndarray
_NUMBERS = (np.generic, int, float)

_IMPLEMENTATIONS: dict[Any, Callable[..., Any]] = {}
"""What a NumPy function, ufunc or operator does to tensors; filled in by :mod:`backlit.ops`."""

_OPERATORS = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "truediv",
    np.power: "pow", np.matmul: "matmul", np.negative: "neg", np.absolute: "abs",
}  # fmt: skip
"""The operators that are NumPy functions."""

_F = TypeVar("_F", bound="Callable[..., Any]")


def implements(*numpy_functions: Any) -> Callable[[_F], _F]:
    """Make the decorated function what ``numpy_functions`` call when they meet a tensor."""

    def register(function: _F) -> _F:
        for numpy_function in numpy_functions:
            _IMPLEMENTATIONS[numpy_function] = function
            operator_name = _OPERATORS.get(numpy_function)
            if operator_name is not None:  # found at once, without NumPy's dispatch
                setattr(Tensor, f"__{operator_name}__", function)
                setattr(Tensor, f"__r{operator_name}__", lambda y, x: function(x, y))
        return function

    return register


@final
class Tensor:
    """An array that remembers how it was computed.

    Use :func:`tensor` to make one. NumPy's operators and functions work on it and
    record a graph; :meth:`backward` sends a gradient back through that graph.

    Parameters
    ----------
    data
        The array itself, not copied.
    name
        What to call it in drawings and messages.
    requires_grad
        Whether :meth:`backward` computes a gradient for it.

    Attributes
    ----------
    data : numpy.ndarray
        The value.
    grad : numpy.ndarray or None
        The gradient that the last ``backward`` left, of the same shape and dtype.
    name : str or None
        The user's name for it.
    op : Op or None
        The op that computed it; ``None`` for a leaf, which was given.
    requires_grad : bool
        Whether it takes part in differentiation.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor([1.0, 2.0], "x")
    >>> y = (x**2).sum()
    >>> y
    tensor(5.0, op='sum')
    >>> y.backward()
    >>> x.grad
    array([2., 4.])
    """

    # Defaults live on the class, so that an op's output is made with the fewest stores.
    name: str | None = None
    grad: Array | None = None
    op: Op | None = None
    requires_grad: bool = False
    retains_grad: bool = False
    call: tuple[Any, int, Any] | None = None
    """The call of a layer that it came out of; see :mod:`backlit.layers.calls`."""

    def __init__(self, data: Array, name: str | None = None, *, requires_grad: bool = True) -> None:
        self.data = data
        self.op = None  # stored, though it is the default: the walk back reads it for each use
        if name is not None:
            self.name = name
        if requires_grad:
            self.requires_grad = True

    # What it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as of an array."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the elements."""
        return self.data.dtype

    def numpy(self) -> Array:
        """Return the value as an array, without the history (not a copy)."""
        return self.data

    def item(self) -> float:
        """Return the value of a tensor of one element as a Python number.

        Raises
        ------
        ShapeError
            If it has more than one element, or none.
        """
        if self.data.size != 1:
            raise ShapeError(
                f"item() takes a tensor of one element, but {self._label()} has shape "
                f"{self.shape}; take one element first, or use numpy()."
            )
        return self.data.item()  # type: ignore[no-any-return]

    def detach(self) -> Tensor:
        """Return a tensor of the same value (shared, not copied) without history or gradient."""
        return Tensor(self.data, self.name, requires_grad=False)

    # Backpropagation

    def backward(
        self,
        dout: ArrayLike | None = None,
        *,
        accumulate: bool = False,
        retain_grads: bool = False,
    ) -> None:
        """Compute the gradient of every leaf this tensor depends on, and leave it in ``leaf.grad``.

        Parameters
        ----------
        dout
            The gradient of this tensor, of its shape: the upstream gradient of the
            chain rule. 1 if left out, which needs a tensor of one element.
        accumulate
            Add to the gradients that are there, instead of replacing them.
        retain_grads
            Keep the gradients of all intermediate tensors too. (One tensor's is kept
            by :meth:`retain_grad`.)

        Raises
        ------
        GraphError
            If nothing that this tensor depends on requires a gradient.
        ShapeError
            If ``dout`` has another shape, or is left out where it can't be.

        Examples
        --------
        >>> import backlit as bl
        >>> x = bl.tensor([1.0, 2.0])
        >>> y = x * 3.0
        >>> y.backward(dout=[1.0, 10.0])
        >>> x.grad
        array([ 3., 30.])
        """
        upstream = self._upstream(dout)
        gradients = quiet(_pull_through_arrays, self, upstream, retain_grads)
        # An entry may be the caller's own array, a view, or an array that another
        # entry shares; whoever gets it may write into it, so each is made its own.
        taken = {id(upstream)}
        for leaf, gradient in gradients.items():
            own = _as_array(gradient)
            if own.base is not None or id(own) in taken:
                own = own.copy()
            taken.add(id(own))
            leaf.grad = leaf.grad + own if accumulate and leaf.grad is not None else own

    def retain_grad(self) -> None:
        """Ask every later :meth:`backward` to keep this intermediate tensor's gradient."""
        self.retains_grad = True

    def _upstream(self, dout: Any) -> Array:
        if not self.requires_grad:
            raise GraphError(
                f"{self._label()} has no history to go back through: it was computed from arrays "
                "alone, detached, or under no_grad(). Make what you want gradients of with "
                "backlit.tensor(...) before computing with it."
            )
        if dout is None:
            if self.data.size != 1:
                raise ShapeError(
                    f"backward() without dout starts from one number, but {self._label()} has "
                    f"shape {self.shape}; pass dout of that shape, or sum() it first."
                )
            return np.ones_like(self.data)
        given = dout.data if isinstance(dout, Tensor) else dout
        upstream = given if hasattr(type(given), "__array_function__") else np.asarray(given)
        if upstream.shape != self.shape:
            raise ShapeError(
                f"dout has shape {upstream.shape}, but {self._label()} has shape {self.shape}; "
                "the upstream gradient has the shape of what it is the gradient of."
            )
        return upstream.astype(self.dtype, copy=False)

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            implementation = _IMPLEMENTATIONS.get(ufunc)
            if implementation is not None:
                return implementation(*inputs)
            if ufunc in _VALUE_UFUNCS:
                return quiet(ufunc, *map(_value, inputs))
        raise _not_differentiable(ufunc.__name__, method, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        implementation = _IMPLEMENTATIONS.get(func)
        if implementation is not None:
            try:
                return implementation(*args, **kwargs)
            except TypeError as error:
                if "unexpected keyword argument" not in str(error):
                    raise
                raise TypeRefusedError(
                    f"np.{func.__name__} on tensors does not take that option. ({error})"
                ) from None
        if func in _VALUE_FUNCTIONS:
            values = {key: _value(value) for key, value in kwargs.items()}
            return func(*map(_value, args), **values)
        raise _not_differentiable(func.__name__, "__call__", {})

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self.requires_grad:
            raise TypeRefusedError(
                f"{self._label()} would lose its history as an array. For its value use "
                ".numpy(); to compute with it use np.stack or np.concatenate, or an op."
            )
        return np.array(self.data, dtype=dtype, copy=copy)

    __apply_op__: Callable[..., Tensor]  # how an op that is called on tensors is applied

    # What reads the graph lives above it, and is attached there.
    draw: Callable[..., Figure]
    """Draw the graph that computed it. See :func:`backlit.draw`."""
    why: Asking
    """Explain its gradient by the chain rule, in numbers: ``x.why()``, or ``W.why[3, 7]`` for one
    element. See :func:`backlit.why`."""
    what_if: Callable[..., WhatIf]
    """Compare what a gradient promises with what happens. See :func:`backlit.what_if`."""

    # Operators; each is the NumPy function of its name, put here by `implements`

    __add__: Callable[..., Tensor]
    __radd__: Callable[..., Tensor]
    __sub__: Callable[..., Tensor]
    __rsub__: Callable[..., Tensor]
    __mul__: Callable[..., Tensor]
    __rmul__: Callable[..., Tensor]
    __truediv__: Callable[..., Tensor]
    __rtruediv__: Callable[..., Tensor]
    __pow__: Callable[..., Tensor]
    __rpow__: Callable[..., Tensor]
    __matmul__: Callable[..., Tensor]
    __rmatmul__: Callable[..., Tensor]
    __neg__: Callable[..., Tensor]
    __abs__: Callable[..., Tensor]

    def __pos__(self) -> Tensor:
        return self

    def __getitem__(self, index: Any) -> Tensor:
        return _call(operator.getitem, self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeRefusedError(
            f"{self._label()} can't be written into: its old value may be needed on the way back. "
            "Use np.where(mask, new, x), or build the array first and make a tensor of it."
        )

    # Comparisons have no gradient: they give plain NumPy booleans

    def __lt__(self, other: Any) -> Any:
        return np.less(self.data, _value(other))

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self.data, _value(other))

    def __gt__(self, other: Any) -> Any:
        return np.greater(self.data, _value(other))

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self.data, _value(other))

    def __eq__(self, other: object) -> Any:
        return np.equal(self.data, _value(other))

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self.data, _value(other))

    __hash__ = object.__hash__

    # Methods of arrays; each is the NumPy function of its name

    @property
    def T(self) -> Tensor:
        """The tensor with its axes reversed."""
        return _call(np.transpose, self)

    def transpose(self, *axes: Any) -> Tensor:
        """Permute the axes; reverse them if none are given."""
        return _call(np.transpose, self, _sequence(axes) if axes else None)

    def reshape(self, *shape: Any) -> Tensor:
        """Give the elements another shape of the same size; one entry may be -1."""
        return _call(np.reshape, self, _sequence(shape))

    def squeeze(self, axis: Any = None) -> Tensor:
        """Drop axes of length 1."""
        return _call(np.squeeze, self, axis)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Sum over ``axis``, or over everything."""
        return _call(np.sum, self, axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Average over ``axis``, or over everything."""
        return _call(np.mean, self, axis, keepdims=keepdims)

    def var(self, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
        """Variance over ``axis``, or over everything; divided by the count less ``ddof``."""
        return _call(np.var, self, axis, keepdims=keepdims, ddof=ddof)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Take the largest element along ``axis``, or of all."""
        return _call(np.max, self, axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Take the smallest element along ``axis``, or of all."""
        return _call(np.min, self, axis, keepdims=keepdims)

    def clip(self, low: Any = None, high: Any = None) -> Tensor:
        """Limit the elements to ``low`` … ``high``."""
        return _call(np.clip, self, low, high)

    def astype(self, dtype: DTypeLike) -> Tensor:
        """Convert to another floating-point dtype; the gradient is converted back."""
        return _call("astype", self, dtype)

    # Python's protocols

    def __len__(self) -> int:
        if not self.data.ndim:
            raise TypeRefusedError(f"{self._label()} is a single number and has no length.")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self) -> str:
        if self.data.ndim:
            value = np.array2string(self.data, separator=", ", prefix="tensor(", threshold=100)
        else:
            value = str(self.data[()])  # all digits: 220.00000000000003, not 220.
        details = [f"name={self.name!r}"] if self.name is not None else []
        if self.op is not None:
            details.append(f"op={self.op.name!r}")
        elif not self.requires_grad:
            details.append("requires_grad=False")
        return f"tensor({', '.join([value, *details])})"

    def _label(self) -> str:
        """Name it in a message, as the user would recognise it."""
        if self.name is not None:
            return f"tensor {self.name!r}"
        return f"the output of {self.op.name}" if self.op is not None else "a tensor"


TensorLike: TypeAlias = Tensor | ArrayLike
"""A tensor, or what NumPy can make an array of (a constant, then)."""


def tensor(
    value: TensorLike,
    name: str | None = None,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = True,
) -> Tensor:
    """Make a tensor to compute with and to take gradients of.

    Parameters
    ----------
    value
        A number, a nested list, an array or a tensor. It is copied.
    name
        What to call it in drawings and messages.
    dtype
        The floating-point dtype; the array's own if it has one, else float64.
    requires_grad
        Whether it gets a gradient. Only then are integers converted to floats.

    Raises
    ------
    TypeRefusedError
        If ``value`` is not made of real numbers.

    Examples
    --------
    >>> import backlit as bl
    >>> apple, number, tax = bl.tensor(100, "apple"), bl.tensor(2, "number"), bl.tensor(1.1, "tax")
    >>> price = apple * number * tax
    >>> price.backward()
    >>> print(apple.grad, number.grad, tax.grad)
    2.2 110.00000000000001 200.0
    """
    data = _real_array(value.data if isinstance(value, Tensor) else value, "tensor()")
    if dtype is None and requires_grad and data.dtype.kind != "f":
        dtype = np.float64
    if dtype is not None and requires_grad and np.dtype(dtype).kind != "f":
        raise TypeRefusedError(
            f"tensor() was asked for dtype {np.dtype(dtype)}, but a gradient needs a "
            "floating-point dtype; use float32 or float64, or requires_grad=False."
        )
    # `astype` copies; unlike `np.array` it is also what a trace knows.
    copied = data.astype(data.dtype if dtype is None else dtype, subok=False)
    return Tensor(copied, name, requires_grad=requires_grad)


def apply(op: Op, *inputs: Any) -> Tensor:
    """Apply ``op`` to tensors (or what they can be made of), and record the call.

    Parameters
    ----------
    op
        A fresh instance: one instance is one call.
    inputs
        One per argument of ``op.forward``. Arrays and numbers are constants. A Python
        number takes the dtype of the tensor it meets, as in NumPy.

    Returns
    -------
    Tensor
        The output, with a history if any input requires a gradient.

    Raises
    ------
    BacklitError
        If the op refuses the inputs; the message names them with their shapes.
    GraphError
        If this instance was applied before.
    """
    if op.order:
        raise GraphError(
            f"this {op!r} was applied before, and what it saved then is needed on the way back; "
            f"make a new {type(op).__name__} for each call."
        )
    return record(op, *inputs)


def record(op: Op, *inputs: Any) -> Tensor:  # noqa: C901, PLR0912  (calls would cost each op)
    """Apply an op as :func:`apply` does, which is sure to be a fresh instance.

    This and the walk in :mod:`backlit.graph` are what an op costs beside its arithmetic, so the
    plain case, one or two tensors and a card with nothing to prepare, makes as few calls as it can.
    """
    count = quick.get(type(op))
    differentiable = False
    if count == len(inputs):
        if count == 2:
            x, y = inputs
        else:
            x = y = inputs[0]
        differentiable = (
            type(x) is Tensor and type(y) is Tensor and (x.requires_grad or y.requires_grad)
        )
    if differentiable:
        a, b = x.data, y.data
        if not a.ndim:  # NumPy computes with numbers faster than with 0-d arrays
            a = a[()]
            if not b.ndim:
                b = b[()]
        token = mute()
        try:
            out = op.forward(a) if count == 1 else op.forward(a, b)
        except (ValueError, TypeError, IndexError) as error:
            raise op.reworded(error, (a, b)[:count])  # noqa: B904  (as in run)
        finally:
            unmute(token)
    else:
        arrays = []
        for x in inputs:
            if type(x) is not Tensor:
                return record(op, *_tensors(inputs, op))
            arrays.append(x.data)
            differentiable = differentiable or (x.requires_grad and op.differentiable)
        out = op.run(*arrays)
    if type(out) is not _ndarray:
        out = _as_array(out)
        if not hasattr(out, "dtype"):
            raise TypeRefusedError(
                f"{op.name}.forward returned {type(out).__name__}; it must return an array or a "
                f"number{' (is its return missing?)' if out is None else ''}."
            )
    result = _blank(Tensor)
    result.data = out
    op.order = next_order()
    if differentiable and not _not_recording.get():
        op.inputs = inputs
        result.op = op
        result.requires_grad = True
    return result


def _tensors(inputs: tuple[Any, ...], op: Op) -> list[Tensor]:
    return [x if type(x) is Tensor else _constant(x, inputs, op) for x in inputs]


Tensor.__apply_op__ = staticmethod(apply)


def is_recording() -> bool:
    """Tell whether calls are recorded here, outside every :func:`no_grad`."""
    return not _not_recording.get()


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording a history, to save time and memory.

    Examples
    --------
    >>> import backlit as bl
    >>> x = bl.tensor(2.0)
    >>> with bl.no_grad():
    ...     y = x * 3.0
    >>> y.requires_grad
    False
    """
    # A count, not a flag to put back: blocks inside generators may end in any order.
    _not_recording.set(_not_recording.get() + 1)
    try:
        yield
    finally:
        _not_recording.set(max(_not_recording.get() - 1, 0))


_VALUE_UFUNCS = {
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
    np.isfinite, np.isinf, np.isnan, np.sign, np.floor, np.ceil, np.rint, np.signbit,
    np.logical_not, np.logical_and, np.logical_or,
}  # fmt: skip
"""Their derivative is zero wherever it exists, so they give plain arrays."""

_VALUE_FUNCTIONS = {
    np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.count_nonzero,
    np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.result_type,
    np.array_equal, np.allclose, np.isclose, np.all, np.any, np.round, np.array2string,
}  # fmt: skip
"""They ask about values or shapes and give plain arrays, numbers or tuples."""


def _call(numpy_function: Any, *arguments: Any, **options: Any) -> Tensor:
    result: Tensor = _IMPLEMENTATIONS[numpy_function](*arguments, **options)
    return result


def _value(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _sequence(values: tuple[Any, ...]) -> Any:
    """Take ``f(2, 3)`` and ``f((2, 3))`` alike."""
    return values[0] if len(values) == 1 else values


def _pull_through_arrays(root: Tensor, dout: Array, retain: bool) -> dict[Tensor, Any]:
    return propagate(root, dout, retain=retain)


def _as_array(out: Any) -> Any:
    """Make an array of the number that NumPy returns for a 0-d result."""
    return _asarray(out) if isinstance(out, _NUMBERS) else out


def _constant(x: Any, inputs: tuple[Any, ...], op: Op) -> Tensor:
    if type(x) in (int, float):
        for other in inputs:
            if type(other) is Tensor and other.data.dtype.kind == "f":
                # Muted, as 1e300 is inf in float32.
                return Tensor(quiet(np.asarray, x, other.data.dtype), requires_grad=False)
    return Tensor(_real_array(x, op.name), requires_grad=False)


def _real_array(value: Any, taker: str) -> Array:
    if type(value) is np.ndarray:
        data = value
    elif issubclass(type(value), np.ndarray):
        if np.ma.is_masked(value):
            raise TypeRefusedError(
                f"{taker} got an array with masked elements, which have no value; fill them first, "
                "as in x.filled(0.0)."
            )
        data = np.asarray(value)  # a matrix computes by other rules
    elif hasattr(type(value), "__array_function__"):
        data = value
    else:
        try:
            data = np.asarray(value)
        except ValueError as error:
            raise TypeRefusedError(
                f"{taker} takes a number or an array, but got nested lists of unequal lengths. "
                f"({error})"
            ) from None
    if data.dtype.kind not in "fiub":
        raise TypeRefusedError(
            f"{taker} takes real numbers, but got {type(value).__name__} {value!r:.60} "
            f"of dtype {data.dtype}."
        )
    return data


def _not_differentiable(name: str, method: str, options: Any) -> TypeRefusedError:
    what = f"np.{name}" + (f".{method}" if method != "__call__" else "")
    if options:
        what += f" with {', '.join(options)}="
    return TypeRefusedError(
        f"{what} has no op in backlit, so nothing could be sent back through it. For its value "
        "alone use x.numpy(); to differentiate it, write it with other functions or as an op "
        "of your own (a subclass of backlit.Op)."
    )
