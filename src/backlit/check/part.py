"""What the check needs to know of anything that goes forwards and backwards.

This is the seam for adapters: whatever offers a :class:`Part` can be checked, attributed and
diagnosed, be it a layer by hand, a net with ``loss`` and ``gradient``, a pair of functions, or
something of another framework.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from backlit.check.budget import Budget

__all__ = ["NOTHING", "Back", "Broken", "Part", "Slot", "Written"]


class _Nothing:
    """Stands for a gradient that is nowhere."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


@dataclass(eq=False)
class Slot:
    """A tensor to differentiate by.

    Parameters
    ----------
    layer, tensor
        The names under which it is reported.
    array
        The live float64 array. Moving it moves what :meth:`Part.output` returns.
    role
        ``input`` or ``parameter``.
    dtype
        What the user's own was.
    optional
        Whether it may lack a gradient: the labels of a loss, which happen to be floats.
    """

    layer: str
    tensor: str
    array: NDArray[Any]
    role: str = "input"
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float64))
    optional: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self.array.shape


@dataclass(frozen=True)
class Written:
    """An array that user code wrote into: its name, when, and the first element that changed."""

    what: str
    name: str
    phase: str
    index: tuple[int, ...] | None
    before: float = 0.0
    after: float = 0.0


@dataclass
class Back:
    """What one run forwards and backwards gave.

    Parameters
    ----------
    output
        What forward returned.
    dout
        What was sent back.
    gradients
        For each slot what backward gave, as it came; :data:`NOTHING` where there was none.
    written
        What was written into on the way.
    dout_after
        ``dout`` as backward left it.
    aliases
        Slots whose gradient shares memory with ``dout``.
    root
        The object that was run, with all that it holds now.
    """

    output: NDArray[Any]
    dout: NDArray[Any]
    gradients: dict[Slot, Any]
    written: list[Written] = field(default_factory=list)
    dout_after: NDArray[Any] | None = None
    aliases: list[Slot] = field(default_factory=list)
    root: Any = None
    returned: Any = None


class Broken(Exception):  # noqa: N818 - it says what the user's code is, and is never shown
    """User code raised, or returned what nothing can be done with.

    Parameters
    ----------
    phase
        ``forward`` or ``backward``, or the name of the method.
    error
        What was raised; ``None`` where something useless was returned.
    message
        What is wrong, where nothing was raised.
    """

    def __init__(self, phase: str, error: BaseException | None = None, message: str = "") -> None:
        super().__init__(message or str(error))
        self.phase, self.error, self.message = phase, error, message


class Part(ABC):
    """Something with a forward, a backward, and tensors to differentiate by.

    Attributes
    ----------
    name
        What to call it in the report.
    slots
        The tensors.
    calls
        How often forward has been run.
    budget
        What every run is counted against.
    outputs
        How many numbers forward returns.
    fixed_dout
        The only upstream gradient that it knows (1 for a loss with ``backward(dout=1)``, or for
        a net with ``gradient``); ``None`` if it takes any.
    inputs
        All arguments by name, labels and options too.
    """

    name: str
    slots: list[Slot]
    calls: int = 0
    budget: Budget | None = None
    outputs: int = 1
    fixed_dout: float | None = None
    floor: float = 0.0
    """The size of the numbers that the output is made of, where that is larger than the output."""
    inputs: dict[str, Any]

    def spend(self) -> None:
        """Count a run of forward, which is about to be made.

        Raises
        ------
        Spent
            If none is left.
        """
        if self.budget is not None:
            self.budget.spend()
        self.calls += 1

    @abstractmethod
    def output(self) -> NDArray[Any]:
        """Run forward where the slots' arrays are now, on random numbers that are always the same.

        Raises
        ------
        Broken
            If the user's code raises or returns no numbers.
        """

    @abstractmethod
    def back(self, dout: NDArray[Any], **options: Any) -> Back:
        """Run forward and backward on a fresh copy, where the slots' arrays are now.

        Parameters
        ----------
        dout
            The upstream gradient, of the output's shape.
        options
            ``twice``: run backward again and return what it gives then. ``between``: called
            after forward and before backward. ``guarded``: backward gets a copy of ``dout`` for
            each use of it. A part ignores those that make no sense for it.

        Raises
        ------
        Broken
            If the user's code raises or returns nothing of use.
        """

    def complex_output(self, slot: Slot, array: NDArray[Any]) -> Any:  # noqa: ARG002
        """Run forward with complex numbers in the place of a slot's array.

        Returns
        -------
        object
            What forward made of them, whatever that is; ``None`` if it can't be tried.
        """
        return None

    def method(self, phase: str) -> Callable[..., Any] | None:  # noqa: ARG002
        """Return the user's method, to show its source."""
        return None

    def reads(self, values: dict[str, Any]) -> NDArray[Any]:  # noqa: ARG002
        """Run forward with other inputs, by name.

        Raises
        ------
        Broken
            If that is not possible.
        """
        raise Broken("forward", message="can't be run with other inputs")
