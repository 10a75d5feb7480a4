"""What a hypothesis is given, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.evidence import Evidence, Floats, Sample, close
from backlit.check.part import NOTHING, Back, Slot

if TYPE_CHECKING:
    from backlit.check.source import Source

__all__ = ["Case", "Diagnosis", "Hypothesis"]


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that explains the numbers.

    Parameters
    ----------
    code
        Which of the known mistakes.
    message
        In words, for a learner.
    confidence
        How sure, 0 … 1.
    correction
        An expression that would be right, where one is known.
    source
        The line, if a better one is known than that of the gradient.
    tensor
        The tensor, where the mistake is not found at one.
    """

    code: str
    message: str
    confidence: float = 0.9
    correction: str = ""
    source: Source | None = None
    tensor: str = ""


@dataclass
class Case:
    """One tensor whose gradient is wrong.

    Parameters
    ----------
    evidence
        All that is known of its part.
    slot
        The tensor.
    gradient
        What backward gave.
    wrong
        The elements known to be wrong.
    at_kinks_only
        Whether these lie on kinks, all of them.
    """

    evidence: Evidence
    slot: Slot
    gradient: Floats
    wrong: list[int] = field(default_factory=list)
    count: int = 0
    at_kinks_only: bool = False

    @cached_property
    def sample(self) -> Sample:
        """Some elements with their slopes."""
        return self.evidence.sample(self.slot)

    @cached_property
    def expected(self) -> Floats:
        """The slopes of the sample's elements."""
        got = self.got
        return np.where(
            self.sample.kinked,
            np.clip(got, self.sample.low, self.sample.high),
            self.sample.expected,
        )

    @cached_property
    def got(self) -> Floats:
        """The gradient at the sample's elements."""
        return self.gradient.ravel()[self.sample.index]

    @property
    def dout(self) -> Floats:
        """The upstream gradient."""
        return self.evidence.dout

    @property
    def x(self) -> Floats:
        """The tensor itself."""
        return np.asarray(self.slot.array)

    @property
    def y(self) -> Floats:
        """The output."""
        return self.evidence.y

    @property
    def d(self) -> str:
        """What to call the gradient in words."""
        return f"d{self.slot.tensor}"

    def is_right(self, prediction: Any, tolerance: float = 1e-5) -> bool:
        """Tell whether a prediction is the right gradient."""
        array = np.asarray(prediction)
        if array.shape != self.slot.shape or array.dtype.kind not in "fiub":
            return False
        return close(array.ravel()[self.sample.index].astype(float), self.sample, tolerance)

    def is_got(self, prediction: Any, tolerance: float = 1e-6) -> bool:
        """Tell whether a prediction is what backward gave, element for element."""
        array = np.asarray(prediction)
        if array.shape != self.gradient.shape or array.dtype.kind not in "fiub":
            return False
        with np.errstate(all="ignore"):
            scale = np.abs(self.gradient).max(initial=0.0)
            difference = np.abs(array - self.gradient)
            return bool(
                (difference <= tolerance * np.abs(self.gradient) + 1e-9 * scale).all() and scale > 0
            )

    def another(self, seed: int = 1) -> tuple[Floats, Back] | None:
        """Send back another ``dout``; ``None`` if the part knows only one."""
        if self.evidence.part.fixed_dout is not None:
            return None
        rng = np.random.default_rng(seed + 100)
        shape = self.dout.shape
        dout = np.full(shape, 2.0) if self.dout.size == 1 else rng.standard_normal(shape)
        return dout, self.evidence.back_of(dout)

    def got_of(self, back: Back) -> Floats | None:
        """Return this tensor's gradient in another run."""
        value = back.gradients.get(self.slot, NOTHING)
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            return None
        return array if array.shape == self.slot.shape else None

    @cached_property
    def is_elementwise(self) -> bool:
        """Whether each output depends on the element of the input in its place alone."""
        if self.slot.shape != self.y.shape or not self.y.ndim:
            return False
        columns = self.sample.columns.copy()
        rows = np.arange(len(self.sample.index))
        columns[rows, self.sample.index] = 0
        return not columns.any()

    @cached_property
    def local(self) -> Floats:
        """The right local derivative of each element in the sample, if it is elementwise."""
        return self.expected / self.dout.ravel()[self.sample.index]

    @cached_property
    def local_got(self) -> Floats:
        """The local derivative that backward used."""
        return self.got / self.dout.ravel()[self.sample.index]

    @cached_property
    def is_local(self) -> bool:
        """Whether backward multiplies ``dout`` by something that doesn't depend on it."""
        other = self.another()
        if other is None:
            return False
        again = self.got_of(other[1])
        if again is None or again.shape != other[0].shape:
            return False
        with np.errstate(all="ignore"):
            ratio = again.ravel()[self.sample.index] / other[0].ravel()[self.sample.index]
        return bool(np.allclose(ratio, self.local_got, rtol=1e-6, atol=1e-9))


Hypothesis = "Callable[[Case], Diagnosis | None]"
