"""Stand-ins for arrays and numbers, which record what is done to them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike

    from backlit.compile.node import Node
    from backlit.compile.recorder import Recorder
    from backlit.op import Op

__all__ = ["Forbidden", "Number", "Steps", "Trace", "is_trace"]


class Trace(NDArrayOperatorsMixin):
    """An array that flows through a function and records what becomes of it.

    It holds the value that eager execution would hold, so shapes, dtypes and the rules of
    promotion are NumPy's own. Whatever would let that value decide what is computed next, or
    leave the record, raises :class:`Untraceable`.
    """

    __slots__ = ("__weakref__", "node", "recorder", "value")
    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, node: Node, value: Any) -> None:
        self.recorder = recorder
        self.node = node
        self.value = value

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # `isinstance(x, np.ndarray)` must take the branch that it takes for an array.
        return np.ndarray

    # What it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.size(self.value))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""
        return self.value.dtype  # type: ignore[no-any-return]

    @property
    def base(self) -> None:
        """Nobody's memory: a program never writes into a value that is still read."""

    @property
    def T(self) -> Any:
        """The array with its axes reversed."""
        return np.transpose(self)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if any(type(x) is Tensor for x in inputs):
            return NotImplemented
        return self.recorder.ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        return self.recorder.function(function, args, kwargs)

    @staticmethod
    def __apply_op__(op: Op, *inputs: Any) -> Any:
        recorder = next(x.recorder for x in inputs if is_trace(x))
        return recorder.run(op, *inputs)

    # Methods of arrays

    def __getitem__(self, index: Any) -> Any:
        return self.recorder.item(self, index)

    def astype(
        self,
        dtype: DTypeLike,
        *,
        subok: bool = True,  # noqa: ARG002  (as of an array)
        copy: bool = True,
    ) -> Any:
        """Convert to another dtype."""
        if not copy and np.dtype(dtype) == self.dtype:
            return self
        return self.recorder.astype(self, np.dtype(dtype))

    def copy(self, order: str = "C") -> Trace:  # noqa: ARG002  (as of an array)
        """Return itself: no value of a program is ever written into while it is read."""
        return self

    def transpose(self, *axes: Any) -> Any:
        """Permute the axes."""
        return np.transpose(self, _sequence(axes) if axes else None)

    def reshape(self, *shape: Any) -> Any:
        """Give the elements another shape."""
        return np.reshape(self, _sequence(shape))

    def ravel(self) -> Any:
        """Return the elements in one axis."""
        return np.reshape(self, (-1,))

    def squeeze(self, axis: Any = None) -> Any:
        """Drop axes of length 1."""
        return np.squeeze(self, axis)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum over ``axis``."""
        return np.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Average over ``axis``."""
        return np.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Take the largest along ``axis``."""
        return np.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Take the smallest along ``axis``."""
        return np.min(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: Any = None) -> Any:
        """Return where along ``axis`` the largest stands."""
        return np.argmax(self, axis=axis)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """Limit to ``low`` … ``high``."""
        return np.clip(self, low, high)

    def dot(self, other: Any) -> Any:
        """Return the matrix product."""
        return np.dot(self, other)

    # What a program can't hold

    def __bool__(self) -> bool:
        raise self.recorder.refused(
            "branches on a computed value (if, while, and, or, not, assert)",
            "compute both sides and choose with np.where(condition, a, b)",
        )

    def __float__(self) -> float:
        raise self._number()

    __int__ = __index__ = __complex__ = item = tolist = __float__

    def _number(self) -> Exception:
        return self.recorder.refused(
            "takes a computed value as a Python number (float(), int(), item(), printing it)",
            "return the tensor, and read the number outside",
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise self.recorder.refused(
            "gives a traced array to something that needs its values (np.asarray, np.array, "
            "writing it into another array, a function outside NumPy)",
            "compute with NumPy's functions on it alone",
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        raise self.recorder.refused(
            "writes into an array in place", "build a new one with np.where or np.concatenate"
        )

    def __repr__(self) -> str:
        raise self._number()

    def __format__(self, spec: str) -> str:
        raise self._number()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise self._number()

    def __copy__(self) -> Trace:
        return self

    def __deepcopy__(self, memory: Any) -> Trace:
        return self


class Number(Trace):
    """A Python number that differs from step to step, as the learning rate does.

    As NumPy has it, it takes the dtype of the array that it meets; with other Python numbers
    it stays a Python number.
    """

    __slots__ = ()

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, as NumPy would see it alone."""
        return np.asarray(self.value).dtype


def _python(function: Callable[..., Any], symbol: str) -> Any:
    ufunc = {
        "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
    }[symbol]  # fmt: skip

    def forward(self: Number, other: Any) -> Any:
        if type(other) in _PLAIN:
            return self.recorder.python(function, symbol, self, other)
        return ufunc(self, other)

    def reflected(self: Number, other: Any) -> Any:
        if type(other) in _PLAIN:
            return self.recorder.python(function, symbol, other, self)
        return ufunc(other, self)

    return forward, reflected


for _name, _function, _symbol in (
    ("add", operator.add, "+"),
    ("sub", operator.sub, "-"),
    ("mul", operator.mul, "*"),
    ("truediv", operator.truediv, "/"),
    ("pow", operator.pow, "**"),
):
    _forward, _reflected = _python(_function, _symbol)
    setattr(Number, f"__{_name}__", _forward)
    setattr(Number, f"__i{_name}__", _forward)  # numbers are never written into
    setattr(Number, f"__r{_name}__", _reflected)


class Steps(Number):
    """The number of steps that an optimiser has taken; one more is another input."""

    __slots__ = ("offset", "optimizer")

    def __init__(
        self, recorder: Recorder, node: Node, value: int, optimizer: int, offset: int
    ) -> None:
        super().__init__(recorder, node, value)
        self.optimizer = optimizer
        self.offset = offset

    def __add__(self, other: Any) -> Any:
        if type(other) is int:
            return self.recorder.steps(self.optimizer, self.offset + other)
        return Number.__add__(self, other)

    __iadd__ = __add__


class Forbidden:
    """Stands where reading would need what a program does not have; any use is refused."""

    def __init__(self, recorder: Recorder, what: str, way_out: str) -> None:
        vars(self).update(recorder=recorder, what=what, way_out=way_out)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise self.recorder.refused(self.what, self.way_out)

    def __getattr__(self, name: str) -> Any:
        return self._refuse()

    __call__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = _refuse
    __iadd__ = __truediv__ = __neg__ = __len__ = __getitem__ = __iter__ = _refuse
    __bool__ = __float__ = __array__ = __array_ufunc__ = __array_function__ = _refuse


def is_trace(x: Any) -> bool:
    """Tell whether it is a trace (whose ``__class__`` says that it is an array)."""
    return issubclass(type(x), Trace)


_PLAIN = (int, float, Number, Steps)


def _sequence(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values
