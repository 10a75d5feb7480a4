"""What a case of the corpus is: how to build it, and what a check has to say about it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

Names = str | tuple[str, ...] | None
Built = tuple[Any, tuple[Any, ...], dict[str, Any]]

CODES = frozenset(
    """
    transposed sign factor batch_size not_summed wrong_axis mean_for_sum dropped_use dout_ignored
    dout_overwritten input_overwritten parameter_overwritten aliases_dout stale_state
    backward_twice softmax_axis softmax_twice mask_reversed mask_at_zero mask_new
    derivative_at_output derivative_at_input local_derivative swapped_inputs missing wrong_shape
    wrong_dtype integer_arithmetic label_broadcast misspelt overflow not_deterministic
    stale_parameter wrong_order raised element unknown
    """.split()  # noqa: SIM905 - a list of 37 lines
)


@dataclass(frozen=True)
class Case:
    """One layer or net, right or wrong.

    Parameters
    ----------
    name
        The family and what is special about it.
    build
        Makes ``(target, inputs, options)`` afresh, always with the same numbers, for
        ``bl.check(target, *inputs, **options)``.
    layer, tensor
        Where the mistake is; of several names each is right. ``None`` for a healthy case, and for
        a fault that is not about one tensor (any is then taken).
    diagnosis
        The code of the mistake; ``None`` for a healthy case.
    also
        Codes that say the same thing as honestly.
    needs
        The package that it can't be built without.
    style
        How it is written: ``layer``, ``net``, ``functions``, ``tensors``, ``torch``.
    """

    name: str
    build: Callable[[], Built]
    layer: Names = None
    tensor: Names = None
    diagnosis: str | None = None
    also: tuple[str, ...] = ()
    needs: str = ""
    style: str = "layer"

    def __post_init__(self) -> None:
        unknown = {self.diagnosis, *self.also} - {None} - CODES
        assert not unknown, f"{self.name}: there is no diagnosis {unknown}"
        assert (self.layer is None) == (self.diagnosis is None), self.name

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.diagnosis is None

    @property
    def missing(self) -> str:
        """The package that it needs and that is not there."""
        return self.needs if self.needs and find_spec(self.needs) is None else ""

    def names_layer(self, layer: str) -> bool:
        """Whether ``layer`` is, or contains, a right name."""
        return any(name in layer for name in _names(self.layer))

    def names_tensor(self, tensor: str) -> bool:
        """Whether ``tensor`` is a right name."""
        return self.tensor is None or tensor in _names(self.tensor)


class Family:
    """The cases of one file, in their order.

    Examples
    --------
    >>> family = Family("affine")
    >>> @family.right()
    ... def nothing_wrong():
    ...     return print, (), {}
    >>> family.cases[0].name
    'affine: nothing wrong'
    """

    def __init__(self, name: str, *, style: str = "layer", needs: str = "") -> None:
        self.name, self.style, self.needs = name, style, needs
        self.cases: list[Case] = []

    def right(self, *, style: str = ""):
        """Register a builder of something healthy."""
        return self._register(style=style)

    def wrong(
        self,
        layer: Names,
        tensor: Names,
        diagnosis: str,
        *also: str,
        style: str = "",
    ):
        """Register a builder of a mistake."""
        return self._register(
            layer=layer, tensor=tensor, diagnosis=diagnosis, also=also, style=style
        )

    def _register(self, *, style: str, **expected: Any):
        def register(build: Callable[[], Built]) -> Callable[[], Built]:
            name = f"{self.name}: {build.__name__.replace('_', ' ').strip()}"
            case = Case(name, build, needs=self.needs, style=style or self.style, **expected)
            self.cases.append(case)
            return build

        return register


def normal(seed: int, *shape: int) -> np.ndarray:
    """Return numbers from a normal distribution, the same for the same seed."""
    return np.random.default_rng(seed).standard_normal(shape)


def classes(seed: int, n: int, c: int) -> np.ndarray:
    """Return ``n`` labels below ``c``, the first ones all different."""
    rng = np.random.default_rng(seed)
    t = rng.integers(0, c, n)
    k = min(n, c)
    t[:k] = rng.permutation(c)[:k]
    return t


def one_hot(t: np.ndarray, c: int) -> np.ndarray:
    """Return a row for every label, with a one in it."""
    return np.eye(c)[t]


def _names(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names or ()
