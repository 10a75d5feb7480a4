"""The contract of an op: one op is one card, one instance is one call."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from backlit.errors import BacklitError, ShapeError, TypeRefusedError
from backlit.quiet import mute, unmute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from backlit.card import Example, Refusal, Sample
    from backlit.tensor import Tensor

__all__ = ["Op"]

_FLOAT = np.dtype(np.float64)

quick: dict[type[Op], int] = {}
"""Cards of one or two inputs with nothing to do before ``forward``, and how many inputs: they are
run without :meth:`Op.run`. Empty while a function is read, which replaces that."""

trusted: dict[type[Op], int] = {}
"""Elementwise cards, and how many inputs: their gradients fit, if nothing was broadcast."""


class Op(ABC):
    """An operation with a derivative.

    A subclass is a card. It states what it computes (:meth:`forward`), how it
    differentiates (:meth:`backward`), how both are written down, and examples
    worked by hand. It is final: no op inherits from another.

    Both methods are written in NumPy, and the same text is read in several ways:
    on arrays it computes; on tensors it opens into a graph of simpler ops, which is
    how derivatives of derivatives come out. So the text names no array it did not
    receive (``np.zeros_like``, not ``np.zeros``), writes into none, and branches on
    shapes and options but never on values.

    Without any graph an op is used by hand, as a layer with ``forward`` and
    ``backward``. Called, it computes on arrays and extends the graph on tensors.

    Examples
    --------
    >>> from backlit.ops import Multiply
    >>> op = Multiply()
    >>> op.forward(5.0, 10.0)
    50.0
    >>> op.backward(1.3)
    (13.0, 6.5)

    An op of your own:

    >>> import backlit as bl
    >>> class Cube(bl.Op):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**3
    ...
    ...     def backward(self, dz):
    ...         return dz * 3 * self.x**2
    >>> x = bl.tensor(2.0)
    >>> Cube()(x).backward()
    >>> print(x.grad)
    12.0
    """

    symbol: ClassVar[str] = ""
    """What stands in its circle in a drawing; the class's name if empty."""
    formula: ClassVar[str] = ""
    """The output ``z`` as a NumPy expression of inputs and options (or ``Words``)."""
    gradients: ClassVar[Mapping[str, str | None]] = {}
    """For each input, its gradient as an expression of ``dz``, ``z``, inputs and options."""
    examples: ClassVar[tuple[Example, ...]] = ()
    samples: ClassVar[tuple[Sample, ...]] = ()
    refusals: ClassVar[tuple[Refusal, ...]] = ()
    smooth: ClassVar[bool] = True
    """Whether second derivatives exist everywhere that the samples reach."""
    floating: ClassVar[bool] = False
    """Whether integers are made float64 first, where an input has a gradient (a uint8 would
    overflow or wrap round in ``exp`` or a difference)."""
    elementwise: ClassVar[bool] = False
    """Whether output and gradients have the shape and dtype of the inputs, where those are alike.
    (Believed of the cards of this library, which are tested for it; others are looked at.)"""
    opens: ClassVar[bool] = True
    """False for an op whose ``forward`` can't be read on tensors."""
    differentiable: ClassVar[bool] = True
    """False for an op whose output is a constant to everything downstream (a random mask)."""

    refuse: Callable[..., None] | None = None
    """Raises for inputs that ``forward`` would accept but that have no meaning.

    A method that takes what ``forward`` takes, and runs before it when the op is applied.
    Shapes that NumPy itself refuses need nothing here: :meth:`explain` words those.
    """
    inputs: tuple[Tensor, ...] = ()
    """The tensors it was applied to; filled in by the graph."""
    order: int = 0
    """Its place among all recorded calls; an op runs after all whose output it uses."""

    def __init_subclass__(cls) -> None:
        """Hold subclasses to being final."""
        for base in cls.__bases__:
            if base is not Op and issubclass(base, Op):
                message = (
                    f"{cls.__name__} inherits from the op {base.__name__}, but ops are final: "
                    f"derive {cls.__name__} from backlit.Op and write its own forward and backward."
                )
                raise TypeRefusedError(message)
        if cls.__module__.startswith("backlit.ops.") and cls.differentiable:
            count = cls.forward.__code__.co_argcount - 1
            # One input that has a gradient is of floats; of two, the other may be of integers.
            if cls.refuse is None and (count == 1 or (count == 2 and not cls.floating)):
                quick[cls] = count
            if cls.elementwise:
                trusted[cls] = count

    @abstractmethod
    def forward(self, *inputs: Any, **_: Any) -> Any:
        """Compute the output, and save on ``self`` what :meth:`backward` needs."""

    @abstractmethod
    def backward(self, *dz: Any, **_: Any) -> Any:
        """Return the gradient of every input, given the gradient ``dz`` of the output.

        It returns a tuple with one entry per input, ``None`` where there is no
        gradient (or the gradient itself if there is one input). It writes into
        nothing. An entry has the shape that the formula gives; where an input was
        broadcast, the graph sums the entry back to the input's own shape.
        """

    def explain(self, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        """Turn what NumPy raised in ``forward`` into an error for the user."""
        names = self.input_names(len(inputs))
        listed = " and ".join(
            f"{name} has shape {getattr(x, 'shape', ())}"
            for name, x in zip(names, inputs, strict=True)
        )
        kind = TypeRefusedError if isinstance(error, TypeError) else ShapeError
        return kind(f"{self.name}: {listed}, which do not fit {self.describe()}. ({error})")

    def describe(self) -> str:
        """Return the formula, with the options it was made with."""
        options = ", ".join(f"{key}={value!r}" for key, value in self.options().items())
        what = f"`{self.formula}`" if self.formula else "the op"
        return f"{what} with {options}" if options else what

    def options(self) -> dict[str, Any]:
        """Return the constructor's arguments that this instance was made with."""
        kept = vars(self)
        return {key: kept[key] for key in _parameters(type(self).__init__) if key in kept}

    @property
    def name(self) -> str:
        """The class's name, written as its function: ``LeakyRelu`` is ``leaky_relu``."""
        return _snake_case(type(self).__name__)

    @classmethod
    def input_names(cls, count: int) -> tuple[str, ...]:
        """Return the names of ``count`` inputs; ``*xs`` is numbered."""
        names = _parameters(cls.forward)
        if len(names) == count:
            return names
        return tuple(f"{names[0]}[{i}]" for i in range(count))

    def __call__(self, *inputs: Any) -> Any:
        """Apply the op in the reading that its inputs ask for."""
        for x in inputs:
            reading = getattr(type(x), "__apply_op__", None)
            if reading is not None:
                return reading(self, *inputs)
        return self.run(*inputs)

    def run(self, *arrays: Any) -> Any:
        """Compute ``forward`` guarded: bad inputs are refused in words, and no warnings printed."""
        if self.floating:
            arrays = self._as_floats(arrays)
        if self.refuse is not None:
            self.refuse(*arrays)
        token = mute()
        try:
            return self.forward(*arrays)
        except (ValueError, TypeError, IndexError) as error:
            raise self.reworded(error, arrays)  # noqa: B904  (it says itself what it comes from)
        finally:
            unmute(token)

    def reworded(self, error: Exception, arrays: Any) -> Exception:
        """Return what to raise for what ``forward`` raised on arrays."""
        if isinstance(error, BacklitError):
            return error
        explained = self.explain(error, tuple(arrays))
        # What NumPy says of a card's own text is in the message; an op written by hand may have
        # raised for another reason, which its traceback shows.
        explained.__cause__ = None if self.formula else error
        explained.__suppress_context__ = True
        return explained

    def _as_floats(self, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
        for x in arrays:
            if getattr(x, "dtype", _FLOAT).kind in "iub":
                gradients = self.gradients.values()
                return tuple(
                    x.astype(_FLOAT) if x.dtype.kind in "iub" and text is not None else x
                    for x, text in zip(map(np.asarray, arrays), gradients, strict=True)
                )
        return arrays

    def __repr__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in self.options().items())
        return f"{type(self).__name__}({options})"


@cache
def _parameters(function: Any) -> tuple[str, ...]:
    if function is object.__init__:
        return ()
    return tuple(name for name in inspect.signature(function).parameters if name != "self")


@cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
