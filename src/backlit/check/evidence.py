"""What is known of a part's gradients: what backward said, and what moving the tensors shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backlit.check.complex_step import sharpened, worth_it
from backlit.check.numerical import EPS
from backlit.check.part import NOTHING, Back, Part, Slot
from backlit.check.rounding import rounded_to
from backlit.check.slopes import ENOUGH, Direction, Slope, directional

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backlit.check.taylor import Remainder

__all__ = ["Evidence", "Sample", "as_gradient", "upstream"]

Floats: TypeAlias = NDArray[np.float64]

FEW = 64
"""A tensor of so many elements is compared element by element."""
LIGHT = 5_000
"""A part with so many numbers is run in no time."""
SAMPLE = 40
"""So many elements of a larger one are looked at, when it is wrong."""
NOTHING_AT_ALL = 1e-60
"""A difference so small is none: a gate that is shut, which rounding leaves ajar."""
ROUNDING_OF_SUMS = 1e-11
"""What cancels to 0 in theory leaves so much behind, relatively (a bias before a batch norm)."""
WIDE = 100_000
"""Where there are more outputs, a smaller sample has to do."""
MEMORY = 8_000_000
"""How many slopes of outputs are held at a time."""
TRUST = 30
"""How many times the estimated error of a slope is granted."""


@dataclass
class Sample:
    """Some elements of a tensor: which, their slopes for one ``dout``, and how sure these are.

    ``low`` and ``high`` are where a right gradient may lie: one point, but a range on a kink.
    """

    index: NDArray[np.intp]
    expected: Floats
    error: Floats
    low: Floats
    high: Floats
    columns: Floats
    """The slope of every output for each element, ``(elements, outputs)``."""

    @property
    def kinked(self) -> NDArray[np.bool_]:
        """Which elements lie on a kink."""
        return self.high > self.low


@dataclass
class Evidence:
    """One part, examined.

    Parameters
    ----------
    part
        What is examined.
    here
        Its output.
    dout
        The upstream gradient that was sent back.
    back
        What came of it.
    tolerance
        The largest relative error that passes.
    """

    part: Part
    here: NDArray[Any]
    dout: Floats
    back: Back
    tolerance: float
    rng: np.random.Generator
    _columns: dict[tuple[Slot, int], Slope] = field(default_factory=dict)
    _backs: dict[bytes, Back] = field(default_factory=dict)
    doubted: list[Slot] = field(default_factory=list)
    """Tensors that pass, though their gradient is off by more than rounding explains."""
    by_complex_step: set[Slot] = field(default_factory=set)
    """Tensors some of whose slopes were taken by a complex step."""
    remainders: dict[Slot, Remainder] = field(default_factory=dict)
    """How a Taylor remainder fell, where that decided."""
    _for_real: set[Slot] = field(default_factory=set)
    _chosen: dict[Slot, list[int]] = field(default_factory=dict)

    @property
    def y(self) -> Floats:
        """The output, in float64."""
        return np.asarray(self.here, np.float64)

    @property
    def few(self) -> int:
        """How large a tensor may be to be compared element by element: less where runs are dear."""
        whole = sum(slot.array.size for slot in self.part.slots) + self.dout.size
        return FEW if whole <= LIGHT else FEW // 8

    @property
    def batch(self) -> int:
        """How many samples there are: the length of the first input's first axis."""
        for x in self.part.inputs.values():
            if isinstance(x, np.ndarray) and x.ndim:
                return len(x)
        return 1

    def got(self, slot: Slot) -> Floats | None:
        """Return the gradient that backward gave, if it is an array of the right shape."""
        array, complaint = as_gradient(self.back.gradients.get(slot, NOTHING), slot.shape)
        return None if complaint else array

    def raw(self, slot: Slot) -> Any:
        """Return the gradient as it came."""
        return self.back.gradients.get(slot, NOTHING)

    def slope(
        self,
        slot: Slot,
        direction: Direction,
        *,
        thorough: bool = False,
        enough: float = ENOUGH,
    ) -> Slope:
        """Return how the outputs change along a direction."""
        found = directional(
            self.part.output,
            slot.array,
            direction,
            self.here,
            thorough=thorough,
            eps=self.eps,
            floor=self.part.floor,
            enough=enough,
        )
        if slot in self._for_real or self.eps > EPS or not worth_it(found, thorough=thorough):
            return found
        better = sharpened(found, self.part, slot, direction, self.y)
        if better is None:
            self._for_real.add(slot)
            return found
        self.by_complex_step.add(slot)
        return better

    @property
    def kind(self) -> type[np.floating[Any]]:
        """The dtype that the output is rounded to."""
        kinds = (np.float16, np.float32, np.float64)
        return next(k for k in kinds if float(np.finfo(k).eps) <= self.eps * 1.01)

    @cached_property
    def eps(self) -> float:
        """How finely the output is rounded: as its dtype is, or as coarser ones on the way."""
        return rounded_to(self.part, self.here)

    def column(self, slot: Slot, element: int) -> Slope:
        """Return how the outputs change with one element; remembered."""
        key = (slot, element)
        if key not in self._columns:
            if sum(s.value.size for s in self._columns.values()) > MEMORY:
                self._columns.clear()
            self._columns[key] = self.slope(slot, element)
        return self._columns[key]

    def negligible(self, slot: Slot) -> float:
        """Return how small a slope is rounding: nothing beside the output over the tensor."""
        size = float(np.sqrt(np.mean(np.square(slot.array)))) if slot.array.size else 0.0
        return ROUNDING_OF_SUMS * float(np.sum(np.abs(self.dout * self.y))) / max(size, 1e-2)

    def look_closer(self, slot: Slot, element: int) -> None:
        """Take the slope of one element again, down all steps."""
        self._columns[slot, element] = self.slope(slot, element, thorough=True)

    def sample(
        self, slot: Slot, dout: Floats | None = None, elements: Iterable[int] | None = None
    ) -> Sample:
        """Return the slopes of some elements, of all if they are few."""
        dout = self.dout if dout is None else dout
        index = np.array(list(elements) if elements is not None else self.chosen(slot), int)
        slopes = [self.column(slot, int(i)) for i in index]
        n = len(index)
        columns = np.array([s.value for s in slopes]).reshape(n, dout.size)
        errors = np.array([s.error for s in slopes]).reshape(n, dout.size)
        kinked = np.array([s.kinked for s in slopes]).reshape(n, dout.size)
        flat = dout.ravel()
        with np.errstate(all="ignore"):
            expected = columns @ flat
            error = np.where(kinked, 0.0, errors) @ np.abs(flat)
            left = np.array([s.left for s in slopes]).reshape(n, dout.size) * flat
            right = np.array([s.right for s in slopes]).reshape(n, dout.size) * flat
            middle = columns * flat
            # One-sided slopes have three digits.
            loose = 1e-3 * np.maximum(np.abs(left), np.abs(right))
            error += np.where(kinked, loose, 0.0).sum(axis=1) / TRUST
            low = np.where(kinked, np.minimum(left, right), middle).sum(axis=1)
            high = np.where(kinked, np.maximum(left, right), middle).sum(axis=1)
        smooth = ~kinked.any(axis=1)
        low, high = np.where(smooth, expected, low), np.where(smooth, expected, high)
        return Sample(index, expected, TRUST * error + self.negligible(slot), low, high, columns)

    def chosen(self, slot: Slot) -> list[int]:
        """Choose which elements to look at: all of a few, some of many."""
        if slot.array.size <= (FEW if self.dout.size <= WIDE else self.few):
            return list(range(slot.array.size))
        if slot not in self._chosen:  # the same ones from now on: what is sampled is compared
            known = {i for s, i in self._columns if s is slot}
            count = max(8, min(SAMPLE, SAMPLE * WIDE // max(1, self.dout.size)))
            rng = np.random.default_rng(0)
            drawn = rng.choice(slot.array.size, min(count, slot.array.size), replace=False)
            self._chosen[slot] = sorted({*known, *(int(i) for i in drawn)})
        return self._chosen[slot]

    def include(self, slot: Slot, elements: list[int]) -> None:
        """Have these elements among those that are looked at."""
        self._chosen[slot] = sorted({*self.chosen(slot), *elements})

    def back_of(self, dout: Floats) -> Back:
        """Run forward and backward with another ``dout``; remembered."""
        key = np.ascontiguousarray(dout).tobytes()
        if key not in self._backs:
            self._backs[key] = self.part.back(dout)
        return self._backs[key]

    def judge(self, sample: Sample, gradient: Floats) -> tuple[Floats, Floats]:
        """Return what each element should have been, and its relative error."""
        got = gradient.ravel()[sample.index]
        with np.errstate(all="ignore"):
            expected = np.where(
                sample.kinked, np.clip(got, sample.low, sample.high), sample.expected
            )
            difference = np.abs(expected - got)
            size = np.maximum(np.abs(expected), np.abs(got))
            # What is nothing beside the rest, or what the slope leaves uncertain, counts little.
            size = np.maximum(size, 0.03 * np.abs(sample.expected).max(initial=0.0))
            errors = difference / (size + sample.error / self.tolerance)
            errors = np.where(difference <= NOTHING_AT_ALL, 0.0, errors)
        return expected, np.where(np.isfinite(errors), errors, np.inf)

    def explains(self, slot: Slot, prediction: Any, tolerance: float = 1e-5) -> bool:
        """Tell whether a prediction of the right gradient is what moving the tensor shows."""
        array = np.asarray(prediction)
        if array.shape != slot.shape or array.dtype.kind not in "fiub":
            return False
        sample = self.sample(slot)
        return close(array.ravel()[sample.index], sample, tolerance)


def close(values: Floats, sample: Sample, tolerance: float = 1e-5) -> bool:
    """Tell whether values are the expected ones, as far as these are known."""
    with np.errstate(all="ignore"):
        expected = np.clip(values, sample.low, sample.high)
        expected = np.where(sample.kinked, expected, sample.expected)
        scale = np.abs(sample.expected).max(initial=0.0)
        allowed = tolerance * np.maximum(np.abs(expected), 1e-3 * scale) + sample.error
        return bool((np.abs(values - expected) <= allowed).all())


def as_gradient(gradient: Any, shape: tuple[int, ...]) -> tuple[Floats, str]:
    """Return a gradient as an array, or what keeps it from being one of this tensor."""
    nothing = np.empty(0)
    if gradient is NOTHING:
        return nothing, "backward left no gradient"
    if gradient is None:
        return nothing, "its gradient is None"
    try:
        array = np.asarray(gradient)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            return nothing, f"its gradient is not made of real numbers but is {gradient!r:.60}"
    if array.dtype.kind not in "fiub":
        return nothing, f"its gradient is not made of real numbers but is {gradient!r:.60}"
    if array.shape != shape:
        return nothing, f"its gradient has shape {array.shape}, but it has shape {shape}"
    return array.astype(np.float64), ""


def upstream(part: Part, here: NDArray[Any], rng: np.random.Generator) -> Floats:
    """Draw an upstream gradient of an output's shape; 1 for an output of one number."""
    if np.size(here) == 1:
        value = 1.0 if part.fixed_dout is None else part.fixed_dout
        return np.full(np.shape(here), value)
    return rng.standard_normal(np.shape(here))
