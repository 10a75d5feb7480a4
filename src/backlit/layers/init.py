"""Initialisers: the values that weights have before training.

Each is a callable ``(shape, rng) -> array``. So is any function of yours, and a layer takes
both; the names in :data:`NAMES` stand for those with their defaults.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isfinite, prod, sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]
    InitialiserLike: TypeAlias = (
        "Initialiser | str | Callable[[tuple[int, ...], np.random.Generator], Array]"
    )

__all__ = ["NAMES", "Constant", "He", "Initialiser", "Normal", "Xavier", "Zeros", "initialiser"]


class Initialiser(ABC):
    """A rule for the first values of a weight."""

    @abstractmethod
    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return a float64 array of ``shape``, drawn by ``rng``."""


@dataclass(frozen=True)
class Normal(Initialiser):
    """Normally distributed values of mean 0: ``std * rng.standard_normal(shape)``.

    Parameters
    ----------
    std
        The standard deviation; 0.01 is the chapter's.

    Raises
    ------
    ValueRefusedError
        If ``std`` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import init
    >>> W = init.Normal()((784, 50), np.random.default_rng(0))
    >>> print(f"{W.std():.4f}")
    0.0100
    """

    std: float = 0.01

    def __post_init__(self) -> None:
        if not (isfinite(self.std) and self.std >= 0):
            raise ValueRefusedError(f"Normal: std is {self.std}, but must be 0 or more.")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return a float64 array of ``shape``, drawn by ``rng``."""
        return self.std * rng.standard_normal(shape)


@dataclass(frozen=True)
class Xavier(Initialiser):
    """Variance ``2 / (D + M)`` for a weight ``(D, M)``: keeps signals and gradients alike in scale.

    For filters ``(F, C, KH, KW)`` D is ``C · KH · KW`` and M is ``F · KH · KW``. Made for
    activations that are linear around 0: sigmoid, tanh, none.

    Parameters
    ----------
    uniform
        Whether to draw from a uniform distribution instead of a normal one.

    Raises
    ------
    ShapeError
        When called for a shape of less than two axes.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010, section 4.2.1: the variance is equation 12, the uniform
    distribution equation 16.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import init
    >>> W = init.Xavier()((300, 500), np.random.default_rng(0))
    >>> print(f"{W.std():.3f}")
    0.050
    """

    uniform: bool = False

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return a float64 array of ``shape``, drawn by ``rng``."""
        size_in, size_out = _fans(shape, "Xavier")
        return _draw(sqrt(2 / (size_in + size_out)), shape, rng, uniform=self.uniform)


@dataclass(frozen=True)
class He(Initialiser):
    """Variance ``2 / D`` for a weight ``(D, M)``: keeps signals in scale through rectifiers.

    For filters ``(F, C, KH, KW)`` D is ``C · KH · KW``.

    Parameters
    ----------
    uniform
        Whether to draw from a uniform distribution instead of a normal one.

    Raises
    ------
    ShapeError
        When called for a shape of less than two axes.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers", ICCV 2015, section 2.2,
    equation 10 (normal; the uniform distribution of the same variance is common practice).

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import init
    >>> W = init.He(uniform=True)((200, 500), np.random.default_rng(0))
    >>> print(f"{W.std():.3f}")
    0.100
    """

    uniform: bool = False

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return a float64 array of ``shape``, drawn by ``rng``."""
        size_in, _ = _fans(shape, "He")
        return _draw(sqrt(2 / size_in), shape, rng, uniform=self.uniform)


@dataclass(frozen=True)
class Constant(Initialiser):
    """One value everywhere.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import init
    >>> init.Constant(0.5)((2,), np.random.default_rng(0))
    array([0.5, 0.5])
    """

    value: float

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:  # noqa: ARG002
        """Return a float64 array of ``shape``; nothing is drawn."""
        return np.full(shape, self.value, dtype=np.float64)


@dataclass(frozen=True)
class Zeros(Initialiser):
    """Zero everywhere.

    For biases; weights that are all zero get equal gradients and stay equal.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import init
    >>> init.Zeros()((2,), np.random.default_rng(0))
    array([0., 0.])
    """

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:  # noqa: ARG002
        """Return a float64 array of ``shape``; nothing is drawn."""
        return np.zeros(shape)


NAMES: dict[str, Initialiser] = {
    "normal": Normal(),
    "xavier": Xavier(),
    "xavier_uniform": Xavier(uniform=True),
    "glorot": Xavier(),
    "glorot_uniform": Xavier(uniform=True),
    "he": He(),
    "he_uniform": He(uniform=True),
    "kaiming": He(),
    "kaiming_uniform": He(uniform=True),
    "zeros": Zeros(),
}
"""The names that a layer accepts for an initialiser."""


def initialiser(init: InitialiserLike) -> Callable[[tuple[int, ...], np.random.Generator], Array]:
    """Return the initialiser that a name stands for, or the callable that was given.

    Raises
    ------
    ValueRefusedError
        If no initialiser has that name.
    TypeRefusedError
        If it is neither a name nor a callable, or is a class.

    Examples
    --------
    >>> from backlit.layers import init
    >>> init.initialiser("he")
    He(uniform=False)
    """
    if isinstance(init, str):
        if init not in NAMES:
            raise ValueRefusedError(
                f"no initialiser is named {init!r}; the names are {', '.join(NAMES)}."
            )
        return NAMES[init]
    if isinstance(init, type):
        raise TypeRefusedError(f"init is the class {init.__name__}; pass {init.__name__}().")
    if not callable(init):
        raise TypeRefusedError(
            f"init must be a name, an initialiser or a function of (shape, rng), but is {init!r}."
        )
    return init


def _fans(shape: tuple[int, ...], name: str) -> tuple[int, int]:
    """Return how many inputs make one output, and into how many outputs one input goes."""
    if len(shape) < 2:
        raise ShapeError(
            f"{name} counts the inputs and outputs of a weight of shape (D, M) or (F, C, ...), but "
            f"was asked for shape {shape}; use Normal, Zeros or Constant."
        )
    if len(shape) == 2:
        return shape[0], shape[1]
    window = prod(shape[2:])
    return shape[1] * window, shape[0] * window


def _draw(std: float, shape: tuple[int, ...], rng: np.random.Generator, *, uniform: bool) -> Array:
    if uniform:
        bound = sqrt(3) * std
        return rng.uniform(-bound, bound, shape)
    return std * rng.standard_normal(shape)
