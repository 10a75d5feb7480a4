"""What every layer can do: own parameters, be called, go forwards and backwards."""

from __future__ import annotations

import copy
import inspect
import sys
from abc import ABC, abstractmethod
from textwrap import indent
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from backlit.errors import GraphError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.layers.calls import remembered
from backlit.layers.settings import float_dtype, number
from backlit.quiet import quiet
from backlit.tensor import Tensor, TensorLike, tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from backlit.draw import Figure

    Array = NDArray[Any]

__all__ = ["Layer"]

_T = TypeVar("_T")


class Layer(ABC):
    """Something with parameters that makes a tensor from a tensor.

    A layer of your own sets tensors and other layers as attributes and writes
    ``__call__``; everything else follows from that. Attributes count whether they stand
    alone or in lists, tuples and dicts, however deep. Those whose names begin with an
    underscore are private: what a call saves in ``self._x`` is no parameter.

    Called, a layer extends the graph. It can also be used as in the chapter, by
    :meth:`forward` and :meth:`backward` on plain arrays.

    Examples
    --------
    >>> import numpy as np
    >>> import backlit as bl
    >>> from backlit.layers import Affine, Layer
    >>> class TwoLayerNet(Layer):
    ...     def __init__(self, rng):
    ...         self.affine1 = Affine(4, 3, rng=rng)
    ...         self.affine2 = Affine(3, 2, rng=rng)
    ...
    ...     def __call__(self, x):
    ...         return self.affine2(bl.relu(self.affine1(x)))
    >>> net = TwoLayerNet(np.random.default_rng(0))
    >>> list(net.parameters())
    ['affine1.W', 'affine1.b', 'affine2.W', 'affine2.b']
    >>> net(np.ones((5, 4))).shape
    (5, 2)
    >>> net
    TwoLayerNet(
        affine1: Affine(4, 3)
        affine2: Affine(3, 2)
    )
    """

    training: bool = True
    """Whether it is being trained, as a dropout asks; set by :meth:`train` and :meth:`eval`."""

    _last: tuple[Tensor, Tensor] | None = None
    """Input and output of the last :meth:`forward`."""

    draw: Callable[..., Figure]  # attached by what reads the graph, as Tensor.draw is
    """Draw what it computes, ``net.draw(x)``; with labels, ``net.draw(x, t)``, gradients too."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Let a drawing know what each layer computed."""
        super().__init_subclass__(**options)
        if "__call__" in vars(cls):
            cls.__call__ = remembered(cls.__call__)  # type: ignore[method-assign]

    @abstractmethod
    def __call__(self, x: TensorLike) -> Tensor:
        """Compute the output for ``x``, as a part of the graph if ``x`` is a tensor."""

    def as_input(self, x: TensorLike) -> Tensor:
        """Make ``x`` a tensor that the layer can compute with.

        A tensor that requires a gradient is returned as it is. Anything else is a
        constant, and gets the dtype of the layer's parameters: so a float64 or uint8
        array does not turn a float32 net into a float64 one. Without parameters a
        floating-point dtype stays, and integers become float64. A matrix or another
        array with rules of its own becomes a plain one.

        Raises
        ------
        TypeRefusedError
            If ``x`` is not made of real numbers.
        ValueRefusedError
            If entries of a masked array are masked.
        """
        if isinstance(x, Tensor) and x.requires_grad:
            return x
        value: Any = x.data if isinstance(x, Tensor) else x
        if issubclass(type(value), np.ndarray) and type(value) is not np.ndarray:
            value = _plain(value, type(self).__name__)
        if not hasattr(type(value), "__array_function__") or value.dtype.kind not in "fiub":
            value = tensor(value, requires_grad=False).data
        dtype = self.dtype
        if dtype is None:
            dtype = value.dtype if value.dtype.kind == "f" else np.dtype(np.float64)
        if value.dtype != dtype:
            value = value.astype(dtype)
        elif isinstance(x, Tensor) and value is x.data:
            return x
        return Tensor(value, getattr(x, "name", None), requires_grad=False)

    # The chapter's way

    def forward(self, x: TensorLike) -> Array:
        """Compute the output for an array, and remember the way back for :meth:`backward`.

        Parameters
        ----------
        x
            An array; its values are copied, so changing it later changes nothing here.

        Returns
        -------
        numpy.ndarray
            The output, free for you to write into.

        Examples
        --------
        >>> from backlit.layers import Affine
        >>> layer = Affine.from_arrays([[1.0, 0.0], [0.0, 2.0]], [0.5, 0.5])
        >>> layer.forward([[1.0, 1.0]])
        array([[1.5, 2.5]])
        >>> layer.backward([[1.0, 10.0]])
        array([[ 1., 20.]])
        >>> layer.dW
        array([[ 1., 10.],
               [ 1., 10.]])
        """
        leaf = Tensor(self.as_input(x).data.copy(), "x")
        out = self(leaf)
        if not isinstance(out, Tensor):
            raise TypeRefusedError(_no_tensor(type(self).__name__, out))
        self._last = leaf, out
        return out.data.copy()

    def backward(self, dout: ArrayLike) -> Array:
        """Send ``dout`` back through the last :meth:`forward`.

        The gradients of the parameters are left in ``layer.W.grad``, which can also be
        read as ``layer.dW``. A second call replaces them.

        Parameters
        ----------
        dout
            The gradient of the output, of its shape; not written into.

        Returns
        -------
        numpy.ndarray
            The gradient of the input, of its shape.

        Raises
        ------
        GraphError
            If there was no :meth:`forward`.
        ShapeError
            If ``dout`` has another shape than the output.
        """
        if self._last is None:
            name = type(self).__name__
            raise GraphError(
                f"{name}.backward(dout) goes back through the last {name}.forward(x), but there "
                "was none; call forward(x) first. (After a call on tensors, call backward() on "
                "the loss instead.)"
            )
        x, out = self._last
        x.grad = None
        out.backward(dout)
        return np.zeros_like(x.data) if x.grad is None else x.grad

    def update(self, lr: float) -> None:
        """Take one step of plain gradient descent: ``W -= lr * dW`` for every parameter.

        The arrays themselves are replaced, not written into.

        Parameters
        ----------
        lr
            The learning rate.

        Raises
        ------
        GraphError
            If a parameter has no gradient yet. No parameter is changed then.
        TypeRefusedError
            If ``lr`` is not a number.
        """
        rate = number(lr, "lr", f"{type(self).__name__}.update()")
        parameters = self.parameters()
        missing = [name for name, parameter in parameters.items() if parameter.grad is None]
        if missing:
            raise GraphError(
                f"{type(self).__name__}.update(): {', '.join(missing)} "
                f"{'has' if len(missing) == 1 else 'have'} no gradient yet; "
                "call backward() on the loss first."
            )
        for parameter in parameters.values():
            new = quiet(_descended, parameter.data, rate, parameter.grad)
            parameter.data = np.asarray(new) if isinstance(new, np.generic) else new

    # What it owns

    def children(self) -> dict[str, Layer]:
        """Return the layers that are its attributes, by name."""
        return {name: value for name, value in self._attributes() if isinstance(value, Layer)}

    def parameters(self) -> dict[str, Tensor]:
        """Return what is trained, by dotted names: its own and its children's.

        A parameter is a tensor that was given rather than computed, and that requires a
        gradient. One that several layers share appears once, under its first name. To
        freeze one, set its ``requires_grad`` to ``False``; it stays in :meth:`state`.

        ``tensor(a) * 0.01`` is computed, so no step would ever reach it; a layer's
        ``__init__`` that keeps such a tensor is refused. Write ``tensor(a * 0.01)``.

        Examples
        --------
        >>> from backlit.layers import Affine, ReLU, Sequential
        >>> net = Sequential(Affine(4, 3), ReLU(), Affine(3, 2))
        >>> {name: W.shape for name, W in net.parameters().items()}
        {'affine1.W': (4, 3), 'affine1.b': (3,), 'affine2.W': (3, 2), 'affine2.b': (2,)}
        """
        return {name: W for name, W in self._tensors().items() if W.requires_grad}

    def generators(self) -> dict[str, np.random.Generator]:
        """Return the random generators it draws from while it runs, by dotted names.

        With :meth:`state` they are all that a run needs to go on bit for bit: save
        ``rng.bit_generator.state`` of each, and set it again.

        Examples
        --------
        >>> from backlit.layers import Dropout, Sequential
        >>> list(Sequential(Dropout(0.5, rng=0), Dropout(0.2, rng=1)).generators())
        ['dropout1.rng', 'dropout2.rng']
        """
        return self._find(np.random.Generator)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The dtype of its parameters (of the first one), or ``None`` if it has none."""
        # Asked at every call: a tensor of its own answers without a walk through its children.
        own = next((W for W in vars(self).values() if isinstance(W, Tensor)), None)
        if own is not None:
            return own.dtype
        return next((W.dtype for W in self._tensors().values()), None)

    def state(self) -> dict[str, Array]:
        """Return copies of the values of the parameters, frozen ones included, by dotted names.

        Examples
        --------
        >>> import numpy as np
        >>> from backlit.layers import Affine
        >>> ours, theirs = Affine(3, 2), Affine(3, 2)
        >>> ours.load_state(theirs.state())
        >>> np.array_equal(ours.W.data, theirs.W.data)
        True
        """
        return {name: W.data.copy() for name, W in self._tensors().items()}

    def load_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Take over the values that :meth:`state` returned. Each keeps the layer's dtype.

        Parameters
        ----------
        state
            One array per parameter, by dotted name.

        Raises
        ------
        ValueRefusedError
            If a name is missing or is not a parameter's.
        ShapeError
            If an array has another shape than its parameter.
        TypeRefusedError
            If an array is not made of real numbers.

        Nothing is changed if anything is refused.
        """
        known = self._tensors()
        where = f"{type(self).__name__}.load_state()"
        for words, names in (
            ("lacks", [name for name in known if name not in state]),
            ("has, besides what the layer knows,", [name for name in state if name not in known]),
        ):
            if names:
                raise ValueRefusedError(
                    f"{where}: the state {words} {', '.join(map(str, names))}; the layer's "
                    f"parameters are {', '.join(known) or 'none'}."
                )
        new = {}
        for name, W in known.items():
            value = np.asarray(state[name])
            if value.dtype.kind not in "fiub":
                raise TypeRefusedError(
                    f"{where}: {name} has dtype {value.dtype}, but must be real numbers."
                )
            if value.shape != W.shape:
                raise ShapeError(
                    f"{where}: {name} has shape {value.shape} in the state, but {W.shape} here; "
                    "build the layer with the sizes it was saved with."
                )
            new[name] = value.astype(W.dtype)
        for name, W in known.items():
            W.data = new[name]

    # Modes and copies

    def train(self, mode: bool = True) -> Self:
        """Switch it and all inside it to training (or, with ``False``, to evaluation)."""
        for _, layer in self._walk():
            layer.training = mode
        return self

    def eval(self) -> Self:
        """Switch it and all inside it to evaluation."""
        return self.train(mode=False)

    def astype(self, dtype: DTypeLike) -> Self:
        """Return a copy whose parameters have another dtype, without gradients.

        Generators are copied too: both draw the same from here on.

        Raises
        ------
        TypeRefusedError
            If ``dtype`` is not a floating-point dtype.

        Examples
        --------
        >>> from backlit.layers import Affine
        >>> Affine(3, 2).astype("float64").W.dtype
        dtype('float64')
        """
        wanted = float_dtype(dtype, f"{type(self).__name__}.astype()")
        converted = copy.deepcopy(self)
        for W in converted._tensors().values():  # noqa: SLF001
            W.data = W.data.astype(wanted)
            W.grad = None
        return converted

    # Python's protocols

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and isinstance(value, (Tensor, dict, list, tuple)):
            for inner, part in _unpacked(name, value):
                if isinstance(part, Tensor) and part.requires_grad:
                    if part.op is not None:
                        _refuse_computed(self, inner, part.op.name)
                    elif part.name is None:
                        part.name = inner  # by which it is known for a parameter once frozen
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        parameter = vars(self).get(name[1:]) if name.startswith("d") else None
        if isinstance(parameter, Tensor):
            if parameter.grad is None:
                raise GraphError(
                    f"{type(self).__name__}.{name} is the gradient of {name[1:]}, and there is "
                    "none yet; call backward() first."
                )
            return parameter.grad
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}", name=name, obj=self
        )

    def __getstate__(self) -> dict[str, Any]:
        # The graph of the last forward belongs to that call, not to the layer.
        return {name: value for name, value in vars(self).items() if name != "_last"}

    def __repr__(self) -> str:
        members = [
            f"{name}: {value!r}" if isinstance(value, Layer) else f"{name}: {value.shape}"
            for name, value in self._attributes()
            if isinstance(value, (Layer, Tensor))
        ]
        if members:
            lines = indent("\n".join(members), "    ")
            return f"{type(self).__name__}(\n{lines}\n)"
        options = inspect.signature(type(self)).parameters
        told = [f"{name}={vars(self)[name]!r}" for name in options if name in vars(self)]
        return f"{type(self).__name__}({', '.join(told)})"

    def _attributes(self) -> Iterator[tuple[str, Any]]:
        """Yield its public attributes, and what stands in lists, tuples and dicts among them."""
        for name, value in vars(self).items():
            if not name.startswith("_"):
                yield from _unpacked(name, value)

    def _walk(self) -> Iterator[tuple[str, Layer]]:
        """Yield it and all layers inside it, each once, with the prefix of its names."""
        seen: set[int] = set()
        waiting: list[tuple[str, Layer]] = [("", self)]
        while waiting:
            prefix, layer = waiting.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            yield prefix, layer
            children = layer.children().items()
            waiting.extend((f"{prefix}{name}.", child) for name, child in reversed(children))

    def _find(self, kind: type[_T]) -> dict[str, _T]:
        """Return the attributes of a type, its own and its children's, each object once."""
        found: dict[int, tuple[str, _T]] = {}
        for prefix, layer in self._walk():
            for name, value in layer._attributes():  # noqa: SLF001
                if isinstance(value, kind):
                    found.setdefault(id(value), (prefix + name, value))
        return dict(found.values())

    def _tensors(self) -> dict[str, Tensor]:
        # What a call computed without a graph looks like a constant, but has no name.
        found = {
            name: x
            for name, x in self._find(Tensor).items()
            if x.op is None and (x.requires_grad or x.name is not None)
        }
        for name, x in found.items():
            if x.name is None:  # it was appended to a list, say, which sets no attribute
                x.name = name
        return found


def _unpacked(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value, and what stands in it if it is a list, tuple or dict, however deep."""
    seen: set[int] = set()
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if not isinstance(value, (dict, list, tuple)):
            yield name, value
        elif id(value) not in seen:
            seen.add(id(value))
            yield name, value
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend(reversed([(f"{name}.{key}", item) for key, item in items]))


def _refuse_computed(layer: Layer, name: str, op: str) -> None:
    """Refuse a computed tensor in ``__init__``; a call may keep what it likes."""
    frame = sys._getframe(2)  # noqa: SLF001
    making = frame.f_code.co_name in {"__init__", "__post_init__"}
    if making and frame.f_locals.get("self") is layer:
        raise ValueRefusedError(
            f"{type(layer).__name__}: {name} was computed by {op}, so it would never be trained; "
            "compute with NumPy and make it a tensor last, as in tensor(array * 0.01)."
        )


def _plain(array: Array, name: str) -> Array:
    """Return an array of a subclass of NumPy's as one of NumPy's own, not copied."""
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueRefusedError(
            f"{name}: {np.count_nonzero(array.mask)} entries of the masked array x of shape "
            f"{array.shape} are masked; say what stands in their place, with x.filled(0), say."
        )
    return np.asarray(array)


def _no_tensor(name: str, out: Any) -> str:
    return (
        f"{name} returned {type(out).__name__} where a Tensor is needed; compute with backlit's "
        "functions on the tensor that it is given."
    )


def _descended(W: Any, lr: Any, dW: Any) -> Any:
    return W - lr * dW
