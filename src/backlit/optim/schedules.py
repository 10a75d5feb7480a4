"""Learning rates that change from step to step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import cos, pi

from backlit.errors import TypeRefusedError
from backlit.optim.settings import count, not_negative, positive

__all__ = ["Constant", "Cosine", "Schedule", "Step", "WarmUp"]


class Schedule(ABC):
    """The learning rate as a function of the step, and of nothing else.

    So a run that was interrupted finds its rate again from the number of its step. A schedule
    of your own derives from this and writes ``__call__``.

    Examples
    --------
    >>> from backlit.optim import Schedule
    >>> class Inverse(Schedule):
    ...     def __call__(self, step):
    ...         return 0.1 / (1 + step)
    >>> [Inverse()(step) for step in range(3)]
    [0.1, 0.05, 0.03333333333333333]
    """

    @abstractmethod
    def __call__(self, step: int) -> float:
        """Return the rate of a step, counted from 0."""


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every step.

    Parameters
    ----------
    lr
        The rate, 0 or more.

    Raises
    ------
    ValueRefusedError
        If ``lr`` is negative or not finite.

    Examples
    --------
    >>> from backlit.optim import Constant
    >>> Constant(0.1)(1000)
    0.1
    """

    lr: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", not_negative(self.lr, "lr", "Constant"))

    def __call__(self, step: int) -> float:
        """Return the rate."""
        return self.lr


@dataclass(frozen=True)
class Step(Schedule):
    """A rate that falls by a factor at equal distances: ``lr * factor ** (step // every)``.

    Parameters
    ----------
    lr
        The first rate, above 0.
    every
        The number of steps at one rate.
    factor
        What the rate is multiplied by, above 0.

    Raises
    ------
    ValueRefusedError
        If a number lies outside its range.
    TypeRefusedError
        If ``every`` is not a whole number, or another is not a number.

    Examples
    --------
    >>> from backlit.optim import Step
    >>> schedule = Step(0.8, every=100, factor=0.5)
    >>> [schedule(step) for step in (0, 99, 100, 200)]
    [0.8, 0.8, 0.4, 0.2]
    """

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", positive(self.lr, "lr", "Step"))
        object.__setattr__(self, "every", count(self.every, "every", "Step"))
        object.__setattr__(self, "factor", positive(self.factor, "factor", "Step"))

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from ``lr`` down to ``final``, which is reached at step ``steps`` and kept.

    Parameters
    ----------
    lr
        The first rate, above 0.
    steps
        The number of steps of the run.
    final
        The last rate, 0 or more.

    Raises
    ------
    ValueRefusedError
        If a number lies outside its range.
    TypeRefusedError
        If ``steps`` is not a whole number, or another is not a number.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    ICLR 2017, section 3, equation 5, without restarts.

    Examples
    --------
    >>> from backlit.optim import Cosine
    >>> schedule = Cosine(0.1, steps=100)
    >>> [round(schedule(step), 4) for step in (0, 25, 50, 100, 200)]
    [0.1, 0.0854, 0.05, 0.0, 0.0]
    """

    lr: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", positive(self.lr, "lr", "Cosine"))
        object.__setattr__(self, "steps", count(self.steps, "steps", "Cosine"))
        object.__setattr__(self, "final", not_negative(self.final, "final", "Cosine"))

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        done = min(step / self.steps, 1)
        return self.final + (self.lr - self.final) * (1 + cos(pi * done)) / 2


@dataclass(frozen=True)
class WarmUp(Schedule):
    """Another schedule, approached in equal stages: its rate times ``(step + 1) / steps`` at first.

    From step ``steps - 1`` on the rate is the other schedule's own; its steps are not shifted,
    so a run is as long with a warm-up as without.

    Parameters
    ----------
    schedule
        The other schedule, or a rate.
    steps
        The number of steps that it takes to reach it.

    Raises
    ------
    ValueRefusedError
        If ``steps`` is below 1.
    TypeRefusedError
        If ``schedule`` is neither a schedule nor a number, or ``steps`` is not a whole number.

    References
    ----------
    P. Goyal et al., "Accurate, Large Minibatch SGD", arXiv:1706.02677, section 2.2.

    Examples
    --------
    >>> from backlit.optim import Cosine, WarmUp
    >>> schedule = WarmUp(0.4, steps=4)
    >>> [schedule(step) for step in range(6)]
    [0.1, 0.2, 0.30000000000000004, 0.4, 0.4, 0.4]
    >>> WarmUp(Cosine(0.1, steps=100), steps=10)
    WarmUp(schedule=Cosine(lr=0.1, steps=100, final=0.0), steps=10)
    """

    schedule: Schedule
    steps: int

    def __init__(self, schedule: Schedule | float, steps: int) -> None:
        object.__setattr__(self, "schedule", as_schedule(schedule, "WarmUp: schedule"))
        object.__setattr__(self, "steps", count(steps, "steps", "WarmUp"))

    def __call__(self, step: int) -> float:
        """Return the rate of a step."""
        return self.schedule(step) * min((step + 1) / self.steps, 1)


def as_schedule(lr: Schedule | float, name: str) -> Schedule:
    """Return a schedule: the one given, or a constant rate.

    Raises
    ------
    TypeRefusedError
        If it is neither a schedule nor a number; the message begins with ``name``.
    """
    if isinstance(lr, Schedule):
        return lr
    try:
        return Constant(lr)
    except TypeRefusedError:
        raise TypeRefusedError(
            f"{name} must be a number or a Schedule, but is {lr!r}."
            + (" Derive your own from backlit.optim.Schedule." if callable(lr) else "")
        ) from None
