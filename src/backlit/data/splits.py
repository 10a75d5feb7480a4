"""What a dataset is: samples with labels, some to train on and some to test with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Split:
    """Samples and their labels, in the same order; ``x, t = split`` takes them apart.

    Parameters
    ----------
    x
        Samples, ``(N, ...)``; a list becomes an array.
    t
        Labels, ``(N,)``, or one-hot, ``(N, C)``; likewise.

    Raises
    ------
    ShapeError
        If ``x`` and ``t`` differ in length, or one of them in the lengths within it.

    Examples
    --------
    >>> import numpy as np
    >>> split = Split(np.zeros((3, 4)), np.array([2, 0, 1]))
    >>> split
    Split(x: (3, 4) float64, t: (3,) int64)
    >>> len(split)
    3
    """

    x: NDArray[Any]
    t: NDArray[Any]

    def __post_init__(self) -> None:
        for name in ("x", "t"):
            try:
                object.__setattr__(self, name, np.asarray(getattr(self, name)))
            except ValueError as error:
                raise ShapeError(f"Split: {name} makes no array ({error}).") from None
        same_length(self.x, self.t, "Split")

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        yield self.x
        yield self.t

    def __repr__(self) -> str:
        x, t = self
        return f"Split(x: {x.shape} {x.dtype}, t: {t.shape} {t.dtype})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset:
    """A named dataset with its two splits.

    Parameters
    ----------
    name
        What people call it.
    classes
        The name of each class; label ``i`` is ``classes[i]``.
    train
        What to train on.
    test
        What to test with, and nothing else.

    Examples
    --------
    >>> import numpy as np
    >>> half = Split(np.zeros((2, 4)), np.array([0, 1]))
    >>> Dataset("toy", ("off", "on"), train=half, test=half)
    Dataset(toy: 2 classes, 2 to train on, 2 to test with)
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name}: {len(self.classes)} classes, "
            f"{len(self.train)} to train on, {len(self.test)} to test with)"
        )


def same_length(x: NDArray[Any], t: NDArray[Any], who: str) -> None:
    """Refuse samples and labels that cannot be paired.

    Raises
    ------
    ShapeError
        If either has no first axis, or the two differ in length.
    """
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t):
        raise ShapeError(
            f"{who}: x of shape {x.shape} and t of shape {t.shape} cannot be paired; "
            "both need the same length, one label to a sample."
        )
