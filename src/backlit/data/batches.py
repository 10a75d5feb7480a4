"""Samples in batches, in an order that can be resumed at any step."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backlit.data.splits import Split, same_length
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.gather import room, rows_of, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    Augment: TypeAlias = Callable[[NDArray[Any], np.random.Generator], ArrayLike]


_AUGMENTING = 1
"""Sets the random numbers of an augmentation apart from those of the order."""


class Batches:
    """Cut samples into batches, each sample once per epoch.

    The order is a function of ``(seed, epoch)`` and of nothing else, so any batch of any epoch
    can be had at any time: a run that stopped goes on from its step as if it had not.

    Parameters
    ----------
    x
        Samples, ``(N, ...)``.
    t
        Labels, ``(N, ...)``. For a :class:`Split`, write ``Batches(*split, 100, seed=0)``.
    batch_size
        Samples in a batch, B.
    seed
        What decides the order, 0 or more.
    shuffle
        Whether each epoch has an order of its own; otherwise all have the order of ``x``.
    drop_last
        Whether to leave out the last batch of an epoch where it is smaller than the others.
    augment
        ``augment(x, rng)`` returns the samples of a batch, ``(B, ...)``, changed at random: moved,
        mirrored, with noise. ``rng`` is a generator that depends on the seed and the step alone.

    Raises
    ------
    ShapeError
        If ``x`` and ``t`` differ in length, or ``augment`` changes the number of samples.
    ValueRefusedError
        If there are no samples, ``batch_size`` is below 1, ``seed`` is negative, or ``drop_last``
        leaves no batch.
    TypeRefusedError
        If ``batch_size`` or ``seed`` is not a whole number.

    Examples
    --------
    >>> batches = Batches(np.arange(5), np.arange(5), batch_size=2, seed=0)
    >>> [batch.x.tolist() for batch in batches.epoch(0)]
    [[2, 4], [3, 0], [1]]
    >>> batches.batch(1).x.tolist()
    [3, 0]
    """

    def __init__(
        self,
        x: ArrayLike,
        t: ArrayLike,
        batch_size: int,
        *,
        seed: int,
        shuffle: bool = True,
        drop_last: bool = False,
        augment: Augment | None = None,
    ) -> None:
        self._x, self._t = np.asarray(x), np.asarray(t)
        same_length(self._x, self._t, "Batches")
        self.samples = len(self._x)
        if self.samples == 0:
            raise ValueRefusedError("Batches: there are no samples; give at least one.")
        self.batch_size = _whole("batch_size", batch_size, least=1)
        self.seed = _whole("seed", seed, least=0)
        self.shuffle = shuffle
        self.augment = augment
        full, rest = divmod(self.samples, self.batch_size)
        self.steps_per_epoch: int = full if drop_last or not rest else full + 1
        if self.steps_per_epoch == 0:
            raise ValueRefusedError(
                f"Batches: {self.samples} samples do not fill one batch of {self.batch_size}, and "
                "drop_last leaves out the rest; use a smaller batch_size or drop_last=False."
            )
        self._orders: dict[int, NDArray[np.intp]] = {}

    def __len__(self) -> int:
        return self.steps_per_epoch

    def __repr__(self) -> str:
        return (
            f"Batches({self.samples} samples, {self.batch_size} to a batch, "
            f"{self.steps_per_epoch} steps to an epoch, seed {self.seed})"
        )

    def epoch(self, epoch: int) -> Iterator[Split]:
        """Go through the batches of one epoch, counted from 0.

        Returns
        -------
        Iterator[Split]
            ``steps_per_epoch`` batches, as :meth:`batch` gives them.

        Raises
        ------
        ValueRefusedError
            If ``epoch`` is negative.
        TypeRefusedError
            If ``epoch`` is not a whole number.
        """
        first = _whole("epoch", epoch, least=0) * self.steps_per_epoch
        return (self.batch(step) for step in range(first, first + self.steps_per_epoch))

    def batch(self, step: int) -> Split:
        """Give the batch of one step, counted from 0 through all epochs.

        Returns
        -------
        Split
            Fresh arrays, ``(B, ...)``, or fewer than B samples at the end of an epoch.

        Raises
        ------
        ValueRefusedError
            If ``step`` is negative.
        TypeRefusedError
            If ``step`` is not a whole number.
        """
        rows = self.indices(step)
        x, t = rows_of(self._x, rows), rows_of(self._t, rows)
        return Split(self._augmented(x, operator.index(step)), t)

    def stream(self, first: int, last: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Go through the batches of steps ``first`` to ``last - 1``, counted from 0.

        Returns
        -------
        Iterator of (x, t)
            What :meth:`batch` gives, in arrays that later batches are written into: a batch holds
            until the next is asked for.

        Raises
        ------
        ValueRefusedError
            If a step is negative.
        TypeRefusedError
            If a step is not a whole number.

        Examples
        --------
        >>> batches = Batches(np.arange(5), np.arange(5), batch_size=2, seed=0)
        >>> [x.tolist() for x, t in batches.stream(1, 4)]
        [[3, 0], [1], [1, 4]]
        """
        steps = range(_whole("first", first, least=0), _whole("last", last, least=0))
        size = min(self.batch_size, self.samples)
        x, t = (
            taken(array, map(self._rows, steps), room((size, *array.shape[1:]), array.dtype))
            for array in (self._x, self._t)
        )
        return ((self._augmented(next(x), step), next(t)) for step in steps)

    def _augmented(self, x: NDArray[Any], step: int) -> NDArray[Any]:
        if self.augment is None:
            return x
        changed = np.asarray(self.augment(x, np.random.default_rng([self.seed, step, _AUGMENTING])))
        if len(changed) != len(x):
            raise ShapeError(
                f"Batches: augment was given {len(x)} samples and returned an array of shape "
                f"{changed.shape}; it must return as many."
            )
        return changed

    def indices(self, step: int) -> NDArray[np.intp]:
        """Tell which samples are in the batch of one step, ``(B,)``, in order.

        Raises
        ------
        ValueRefusedError
            If ``step`` is negative.
        TypeRefusedError
            If ``step`` is not a whole number.
        """
        return self._rows(_whole("step", step, least=0)).copy()

    def _rows(self, step: int) -> NDArray[np.intp]:
        epoch, place = divmod(step, self.steps_per_epoch)
        start = place * self.batch_size
        return self._order(epoch)[start : start + self.batch_size]

    def _order(self, epoch: int) -> NDArray[np.intp]:
        """Shuffle the samples for an epoch, or remember how they were, for the last two epochs."""
        if not self.shuffle:
            epoch = 0
        order = self._orders.pop(epoch, None)
        if order is None:
            order = (
                np.random.default_rng([self.seed, epoch]).permutation(self.samples)
                if self.shuffle
                else np.arange(self.samples)
            )
            while len(self._orders) > 1:
                del self._orders[next(iter(self._orders))]
        self._orders[epoch] = order  # last, so the other goes first
        return order


def _whole(name: str, value: Any, *, least: int) -> int:
    """Take a whole number that is large enough."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise TypeRefusedError(f"Batches: {name} must be a whole number, not {value!r}.") from error
    if number < least:
        raise ValueRefusedError(f"Batches: {name} must be at least {least}, not {number}.")
    return number
