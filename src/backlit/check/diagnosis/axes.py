"""Transposed, not summed, summed along the wrong axis, averaged."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis

if TYPE_CHECKING:
    from backlit.check.evidence import Evidence, Floats
    from backlit.check.part import Slot

__all__ = [
    "not_transposed_matrix",
    "reduced_wrongly",
    "spread_wrongly",
    "transposed",
    "unsummed",
]


def spread_wrongly(case: Case) -> Diagnosis | None:
    """Try whether the gradient of a sum is spread along another axis than it was summed over."""
    if case.y.size >= case.slot.array.size or not case.y.ndim or case.slot.array.ndim < 2:
        return None
    flipped = permuted(case.evidence, case.slot, case.gradient)
    along = [
        axis
        for axis in range(case.gradient.ndim)
        if case.gradient.shape[axis] > 1 and not np.ptp(case.gradient, axis=axis).any()
    ]
    if flipped is None or not along:
        return None
    return Diagnosis(
        "wrong_axis",
        f"the gradient of the sum is spread along axis {along[0]}, but the sum was taken along "
        "another one",
        0.9,
        "np.expand_dims(dout, axis), with the axis of the sum",
    )


def transposed(case: Case) -> Diagnosis | None:
    """Try the gradient with its axes exchanged."""
    found = permuted(case.evidence, case.slot, case.gradient)
    if found is None:
        return None
    if case.is_got(
        np.broadcast_to(
            case.gradient.ravel()[:1].reshape((1,) * case.gradient.ndim), case.gradient.shape
        )
    ):
        return None
    return Diagnosis(
        "transposed",
        f"{case.d} is the transpose of the right gradient",
        0.96,
        f"{case.d} = {case.d}{found}",
    )


def permuted(evidence: Evidence, slot: Slot, array: Floats) -> str | None:
    """Return how an array is to be transposed to be the right gradient."""
    if not 2 <= array.ndim <= 4:
        return None
    for axes in permutations(range(array.ndim)):
        if axes == tuple(range(array.ndim)):
            continue
        flipped = array.transpose(axes)
        if flipped.shape == slot.shape and evidence.explains(slot, flipped):
            return ".T" if array.ndim == 2 else f".transpose{axes}"
    if array.size == slot.array.size:
        back = array.reshape(slot.shape[::-1]).T if array.shape == slot.shape else None
        if back is not None and evidence.explains(slot, back):
            return f".reshape{slot.shape[::-1]}.T"
    return None


def not_transposed_matrix(case: Case) -> Diagnosis | None:
    """Try ``dout @ W`` for a ``dout @ W.T``."""
    if case.dout.ndim < 2:
        return None
    matrices = [(s.tensor, s.array) for s in case.evidence.part.slots if s.array.ndim == 2]
    for name, matrix in matrices:
        plain, flipped = name, f"{name}.T"
        for wrong, correct, one, other in (
            (f"dout @ {plain}", f"dout @ {flipped}", (case.dout, matrix), (case.dout, matrix.T)),
            (f"dout @ {flipped}", f"dout @ {plain}", (case.dout, matrix.T), (case.dout, matrix)),
            (f"{plain} @ dout", f"{flipped} @ dout", (matrix, case.dout), (matrix.T, case.dout)),
            (f"{flipped} @ dout", f"{plain} @ dout", (matrix.T, case.dout), (matrix, case.dout)),
        ):
            try:
                asked, proper = one[0] @ one[1], other[0] @ other[1]
            except ValueError:
                continue
            if case.is_got(asked) and case.is_right(proper):
                return Diagnosis(
                    "transposed",
                    f"{case.d} is computed with {name} where its transpose belongs: it equals "
                    f"{wrong}, and moving the elements shows {correct}",
                    0.97,
                    f"{case.d} = {correct}",
                )
    return None


def reduced_wrongly(case: Case) -> Diagnosis | None:
    """Try other sums of what the right gradient sums up."""
    return unsummed(case.evidence, case.slot, case.gradient)


def unsummed(evidence: Evidence, slot: Slot, array: Floats) -> Diagnosis | None:
    """Explain a gradient by a sum that is missing, or goes along another axis."""
    for terms in _terms(evidence, slot):
        for kept in _kept_axes(terms.shape, slot.shape):
            over = tuple(a for a in range(terms.ndim) if a not in kept)
            if not over or not evidence.explains(slot, terms.sum(axis=over).reshape(slot.shape)):
                continue
            sums = _Sums(evidence, slot, array, terms, over)
            found = sums.missing() or sums.elsewhere() or sums.of_one_sample()
            if found is not None:
                return found
    return None


@dataclass(frozen=True)
class _Sums:
    """A gradient that has to be the sum of ``terms`` over the axes ``over``."""

    evidence: Evidence
    slot: Slot
    array: Floats
    terms: Floats
    over: tuple[int, ...]

    @property
    def d(self) -> str:
        return f"d{self.slot.tensor}"

    def missing(self) -> Diagnosis | None:
        """Try no sum at all."""
        if not _same(self.array, self.terms):
            return None
        return self._say(
            "not_summed",
            f"{self.slot.tensor} is used for every sample, so its gradient is the sum over them, "
            f"but {self.d} is not summed: it has shape {np.shape(self.array)}, and "
            f"{self.slot.tensor} has shape {self.slot.shape}; sum over axis {_told(self.over)}",
        )

    def elsewhere(self) -> Diagnosis | None:
        """Try sums and means over other axes, and the mean over the right ones."""
        every = tuple(range(self.terms.ndim))
        for axes in _subsets(self.terms.ndim):
            if axes == self.over:
                found = self._mean()
                if found is not None:
                    return found
                continue
            for how, values in (
                ("summed", self.terms.sum(axis=axes)),
                ("averaged", self.terms.mean(axis=axes)),
            ):
                if _same(self.array, values) or (axes == every and _constant(self.array, values)):
                    return self._over_others(axes, how)
        return None

    def of_one_sample(self) -> Diagnosis | None:
        """Try the terms of a single sample."""
        if len(self.over) != 1 or self.terms.shape[self.over[0]] < 2:
            return None
        count = self.terms.shape[self.over[0]]
        for i in range(count):
            if _same(self.array, np.take(self.terms, i, axis=self.over[0])):
                return self._say(
                    "not_summed",
                    f"{self.d} is the gradient of sample {i} alone; it has to be the sum over all "
                    f"{count} of them",
                )
        return None

    def _mean(self) -> Diagnosis | None:
        if not _same(self.array, self.terms.mean(axis=self.over)):
            return None
        counted = int(np.prod([self.terms.shape[a] for a in self.over]))
        return self._say(
            "batch_size" if counted == self.evidence.batch else "mean_for_sum",
            f"{self.d} is the mean over axis {_told(self.over)}, and has to be the sum: it is "
            f"{counted} times too small",
        )

    def _over_others(self, axes: tuple[int, ...], how: str) -> Diagnosis:
        if set(axes) < set(self.over):
            return self._say(
                "not_summed",
                f"{self.d} is {how} over axis {_told(axes)} only; it has to be summed over "
                f"{self.over}, for {self.slot.tensor} is used along all of them",
            )
        return self._say(
            "wrong_axis",
            f"{self.d} is {how} over axis {_told(axes)}, but has to be summed over axis "
            f"{_told(self.over)}",
        )

    def _say(self, code: str, message: str) -> Diagnosis:
        return Diagnosis(code, message, 0.96, f"{self.d} = np.sum(…, axis={_told(self.over)})")


def _told(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


def _terms(evidence: Evidence, slot: Slot) -> list[Floats]:
    """Return what a broadcast parameter's gradient sums up: ``dout`` times what it multiplies."""
    found = []
    if slot.shape != evidence.y.shape:
        slope = evidence.slope(slot, np.ones(slot.shape))
        if not slope.kinked.any():
            found.append(np.round(evidence.dout * slope.value, 14))
        else:
            found.append(evidence.dout * slope.value)
    return [t for t in found if t.ndim]


def _kept_axes(shape: tuple[int, ...], target: tuple[int, ...]) -> list[tuple[int, ...]]:
    """List which axes of the terms the parameter may have, first as broadcasting aligns them."""
    squeezed = tuple(n for n in target if n != 1)
    aligned = tuple(len(shape) - len(target) + i for i, n in enumerate(target) if n != 1)
    found = [
        axes
        for axes in combinations(range(len(shape)), len(squeezed))
        if tuple(shape[a] for a in axes) == squeezed
    ]
    return sorted(found, key=lambda axes: axes != aligned)


def _subsets(ndim: int) -> list[tuple[int, ...]]:
    return [axes for k in range(1, ndim + 1) for axes in combinations(range(ndim), k)]


def _same(array: Any, values: Floats) -> bool:
    array = np.asarray(array, np.float64)
    if array.size != values.size:
        return False
    if tuple(n for n in array.shape if n != 1) != tuple(n for n in values.shape if n != 1):
        return False
    scale = np.abs(values).max(initial=0.0)
    return bool(scale and np.allclose(array.ravel(), values.ravel(), rtol=1e-6, atol=1e-7 * scale))


def _constant(array: Any, value: Floats) -> bool:
    """Tell whether an array has one number everywhere."""
    array = np.asarray(array, np.float64)
    return bool(array.size > 1 and np.allclose(array, value, rtol=1e-6))
