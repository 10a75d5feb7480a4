"""What another library's code is checked as: a layer by hand on NumPy arrays."""

from __future__ import annotations

import inspect
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Outputs", "Pair", "Template", "dressed"]


class Pair:
    """A layer in the chapter's style: ``forward`` and ``backward`` on arrays, ``W`` beside ``dW``.

    Parameters
    ----------
    given
        The arrays it is to be called with.
    held
        What it needs of its library. The check copies and moves what it finds in attributes, so
        this is kept where it does not look.
    """

    def __init__(self, given: tuple[Any, ...], **held: Any) -> None:
        self._held = MappingProxyType({"given": given, **held})

    @property
    def given(self) -> tuple[Any, ...]:
        """The arrays it is to be called with."""
        arrays: tuple[Any, ...] = self._held["given"]
        return arrays

    @property
    def name(self) -> str:
        """What to call it."""
        return type(self).__name__

    def forward(self, *arrays: Any) -> NDArray[Any]:
        """Compute the output."""
        raise NotImplementedError

    def backward(self, dout: Any) -> Any:
        """Return the gradients of the arrays, by the library's own way."""
        raise NotImplementedError

    def __deepcopy__(self, memo: dict[int, Any]) -> Pair:
        import copy  # noqa: PLC0415 - the name is too good for a module of this package

        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for name, value in vars(self).items():
            if name != "_held":
                setattr(twin, name, copy.deepcopy(value, memo))
        twin._held = MappingProxyType(self._held_by_twin(memo))
        return twin

    def _held_by_twin(self, memo: dict[int, Any]) -> dict[str, Any]:  # noqa: ARG002
        return dict(self._held)


class Template:
    """The arguments of a call, some of them arrays to be moved, the others fixed.

    Parameters
    ----------
    arguments
        As they were given.
    moved
        Which of them are arrays to be moved.
    """

    def __init__(self, arguments: Sequence[Any], moved: Sequence[bool]) -> None:
        self.places = [i for i, moves in enumerate(moved) if moves]
        self._arguments = list(arguments)

    def filled(self, arrays: Sequence[Any]) -> list[Any]:
        """Return the arguments with these arrays in their places."""
        arguments = list(self._arguments)
        for i, array in zip(self.places, arrays, strict=True):
            arguments[i] = array
        return arguments


class Outputs:
    """Several arrays as one: what is differentiated is one array."""

    def __init__(self) -> None:
        self._shapes: list[tuple[int, ...]] = []

    def joined(self, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return a single array as it is, several laid end to end."""
        self._shapes = [x.shape for x in arrays]
        if len(arrays) == 1:
            return arrays[0]
        return np.concatenate([x.ravel() for x in arrays])

    def split(self, dout: Any) -> list[NDArray[Any]]:
        """Undo :meth:`joined` for a gradient, without copying it."""
        whole = np.asarray(dout, np.float64)
        if len(self._shapes) == 1:
            return [whole.reshape(self._shapes[0])]
        ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes])[:-1]
        parts = np.split(whole, ends)
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]


def dressed(
    kind: type[Pair],
    target: Any,
    names: Sequence[str],
    forward: Any = None,
    backward: Any = None,
) -> type[Pair]:
    """Return a class that is called and looks like the user's, for names and source lines.

    Parameters
    ----------
    kind
        What it derives from.
    target
        The user's class or function.
    names
        What the arrays are called.
    forward, backward
        The user's own, whose source is to be shown.
    """
    self_ = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)

    def method(name: str, arguments: Sequence[str], shown: Any) -> Any:
        original = getattr(kind, name)

        def run(self: Any, *given: Any) -> Any:
            return original(self, *given)

        run.__name__ = name
        signature = [inspect.Parameter(each, self_.kind) for each in arguments]
        run.__signature__ = inspect.Signature([self_, *signature])  # type: ignore[attr-defined]
        if shown is not None:
            run.__wrapped__ = shown  # type: ignore[attr-defined]
        return run

    name = getattr(target, "__name__", type(target).__name__)
    contents = {
        "__module__": getattr(target, "__module__", __name__),
        "__qualname__": getattr(target, "__qualname__", name),
        "__doc__": getattr(target, "__doc__", None),
        "forward": method("forward", _valid(names), forward),
        "backward": method("backward", ["dout"], backward),
    }
    return type(name, (kind,), contents)


def _valid(names: Sequence[str]) -> list[str]:
    """Return names that a signature can hold, each once."""
    valid: list[str] = []
    for i, name in enumerate(names):
        fits = name.isidentifier() and name not in valid and name != "self"
        valid.append(name if fits else f"input_{i}")
    return valid
