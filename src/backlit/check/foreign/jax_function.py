"""A function of JAX arrays, with a ``custom_vjp`` or without, as a layer on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from backlit.check.foreign.library import Lazy
from backlit.check.foreign.pair import Outputs, Pair, Template, dressed
from backlit.check.foreign.words import translated
from backlit.check.names import argument_names
from backlit.errors import GraphError, TypeRefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["JaxPair"]

jax = Lazy("jax")

AGREE = 1e-9
"""How far what ``fwd`` returns may be from the function itself, relative to its size."""


class JaxPair(Pair):
    """Forward by calling, backward by ``jax.vjp``, both in float64."""

    @classmethod
    def of(cls, target: Any, inputs: tuple[Any, ...]) -> Self:
        """Adapt a function."""
        if not callable(target):
            raise TypeRefusedError(
                f"check: {type(target).__name__} of JAX can't be checked; pass a function."
            )
        arrays = [hasattr(x, "shape") and hasattr(x, "dtype") for x in inputs]
        template = Template(inputs, arrays)
        given = tuple(_as_array(inputs[i]) for i in template.places)
        name = getattr(target, "__name__", type(target).__name__)
        if not any(x.dtype.kind == "f" for x in given):
            raise TypeRefusedError(f"check: {name} is given no array of floats; pass one.")
        names = argument_names(target, len(inputs))
        shown = getattr(target, "__wrapped__", target)
        bwd = getattr(target, "bwd", None) or shown
        kind: Any = dressed(
            cls, _Named(target, name), [names[i] for i in template.places], shown, bwd
        )
        pair: Self = kind(given, call=target, template=template, run=_Run())
        return pair

    def forward(self, *arrays: Any) -> NDArray[Any]:
        """Call the function itself."""
        run: _Run = self._held["run"]
        run.arrays = [np.array(x) for x in arrays]
        with _in_double(), translated(self.name):
            run.outputs = self._leaves(run.arrays)
            return run.shape.joined(run.outputs)

    def backward(self, dout: Any) -> Any:
        """Return the gradients that JAX finds, one for each array of floats."""
        run: _Run = self._held["run"]
        places = [i for i, x in enumerate(run.arrays) if x.dtype.kind == "f"]

        def of_floats(*floats: Any) -> Any:
            arrays: list[Any] = list(run.arrays)
            for i, x in zip(places, floats, strict=True):
                arrays[i] = x
            return [y for y in jax.tree_util.tree_leaves(self._called(arrays)) if _is_float(y)]

        with _in_double(), translated(self.name):
            outputs, pull = jax.vjp(of_floats, *(jax.numpy.asarray(run.arrays[i]) for i in places))
            self._compare(run, outputs)
            douts = [
                jax.numpy.asarray(part, y.dtype)
                for part, y in zip(run.shape.split(dout), outputs, strict=True)
            ]
            found = iter(pull(douts))
            answer = tuple(
                np.array(next(found)) if i in places else None for i in range(len(run.arrays))
            )
        return answer[0] if len(answer) == 1 else answer

    def _called(self, arrays: list[Any]) -> Any:
        template: Template = self._held["template"]
        return self._held["call"](*template.filled(arrays))

    def _leaves(self, arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
        outputs = jax.tree_util.tree_leaves(self._called([jax.numpy.asarray(x) for x in arrays]))
        floats = [np.array(y) for y in outputs if _is_float(y)]
        if not floats:
            raise TypeRefusedError(f"{self.name} returned no array of floats.")
        return floats

    def _compare(self, run: _Run, outputs: list[Any]) -> None:
        """Compare what ``fwd`` returns with the function.

        Raises
        ------
        GraphError
            If it is something else: gradients would be those of another function.
        """
        for plain, again in zip(run.outputs, outputs, strict=True):
            other = np.asarray(again)
            size = float(np.abs(plain).max(initial=0))
            if plain.shape != other.shape or not np.allclose(
                plain, other, rtol=0, atol=AGREE * size, equal_nan=True
            ):
                raise GraphError(
                    f"{self.name}: fwd returns another output than the function itself; it must "
                    "return the function's own value, and what bwd is to be given."
                )

    def _held_by_twin(self, memo: dict[int, Any]) -> dict[str, Any]:  # noqa: ARG002
        return {**self._held, "run": _Run()}


class _Run:
    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.outputs: list[NDArray[Any]] = []
        self.shape = Outputs()


class _Named:
    """A function's name and place, for the class that stands for it."""

    def __init__(self, target: Any, name: str) -> None:
        self.__name__ = name
        self.__qualname__ = getattr(target, "__qualname__", name)
        self.__module__ = getattr(target, "__module__", __name__)
        self.__doc__ = getattr(target, "__doc__", None)


def _in_double() -> Any:
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return jax.experimental.enable_x64()  # before JAX 0.8


def _as_array(x: Any) -> NDArray[Any]:
    array = np.asarray(x)
    if array.dtype.kind == "c":
        raise TypeRefusedError("check: an input is complex; pass arrays of real numbers.")
    is_float = array.dtype.kind == "f" or _is_float(x)
    return array.astype(np.float64) if is_float else np.array(array)


def _is_float(y: Any) -> bool:
    dtype = y.dtype if hasattr(y, "dtype") else np.asarray(y).dtype
    return bool(jax.numpy.issubdtype(dtype, jax.numpy.floating))
