"""Many steps in one call: what it is given is looked at before the first, results are stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Stacked", "checked"]

_NUMBERS = (np.ndarray, np.generic, int, float, complex)


def checked(
    rows: ArrayLike, arrays: Sequence[ArrayLike], name: str
) -> tuple[NDArray[np.intp], list[NDArray[Any]]]:
    """Return the rows of batches, ``(S, B)``, and the arrays, or say what is wrong with them.

    Raises
    ------
    TypeRefusedError
        If ``rows`` are not whole numbers, or there are no arrays.
    ShapeError
        If ``rows`` has other than two axes or no step, or an array has no axis.
    ValueRefusedError
        If an array has no such row.

    Examples
    --------
    >>> rows, (x,) = checked([[0, 2]], [[5.0, 6.0, 7.0]], "step")
    >>> x[rows]
    array([[5., 7.]])
    """
    samples = [np.asarray(array) for array in arrays]
    try:
        batches = np.asarray(rows)
    except ValueError:
        raise ShapeError(
            f"{name}.over: rows has batches of different lengths, but must be (steps, batch); give "
            "those of each length a call of their own."
        ) from None
    if not samples:
        raise TypeRefusedError(
            f"{name}.over: it takes rows and the arrays they are rows of, as in over(rows, x, t)."
        )
    if batches.ndim != 2 or not len(batches):
        raise ShapeError(
            f"{name}.over: rows has shape {batches.shape}, but must be (steps, batch), with the "
            "rows of a batch for each of one or more steps. A single batch is rows[np.newaxis]; "
            "a smaller last one needs a call of its own."
        )
    if batches.dtype.kind not in "iu":
        raise TypeRefusedError(
            f"{name}.over: rows must be whole numbers, the rows of a batch for each step, but "
            f"these are of dtype {batches.dtype}."
        )
    least, greatest = (batches.min(), batches.max()) if batches.size else (0, -1)
    for i, array in enumerate(samples, 1):
        if array.ndim == 0:
            raise ShapeError(
                f"{name}.over: array {i} is a single number and has no rows; let the function "
                "reach what is the same in every step by itself."
            )
        if least < 0 or greatest >= len(array):
            raise ValueRefusedError(
                f"{name}.over: array {i} has {len(array)} rows, counted from 0, but rows holds "
                f"numbers from {least} to {greatest}."
            )
    return batches.astype(np.intp, copy=False), samples


class Stacked:
    """The results of some steps, stacked.

    Parameters
    ----------
    steps
        How many there will be, S.
    name
        Of the function, for messages.

    Examples
    --------
    >>> results = Stacked(2, "step")
    >>> results.add({"loss": np.float64(0.5), "note": None})
    >>> results.add({"loss": np.float64(0.25), "note": None})
    >>> results.whole()
    {'loss': array([0.5 , 0.25]), 'note': None}
    """

    def __init__(self, steps: int, name: str) -> None:
        self.steps, self.name = steps, name
        self.count = 0
        self.arrays: list[NDArray[Any]] = []
        """For each number or array in a result, those of all steps, ``(S, ...)``."""
        self._form: Any = None

    def add(self, result: Any) -> None:
        """Take the result of the next step.

        Raises
        ------
        TypeRefusedError
            If it has parts that can't be stacked, or parts of another kind than those before.
        ShapeError
            If an array in it has another shape than in those before.
        """
        parts: list[Any] = []
        form = self._read(result, parts)
        if self.count == 0:
            self._form = form
            self.arrays = [np.empty((self.steps, *a.shape), a.dtype) for a in parts]
        elif form != self._form:
            raise TypeRefusedError(
                f"{self.name}.over: step {self.count + 1} returned another structure than those "
                "before it, so they can't be stacked; call the steps one by one."
            )
        for i, (array, part) in enumerate(zip(self.arrays, parts, strict=True)):
            if part.shape != array.shape[1:]:
                raise ShapeError(
                    f"{self.name}.over: step {self.count + 1} returned an array of shape "
                    f"{part.shape} where those before it had {array.shape[1:]}, so they can't be "
                    "stacked; call the steps one by one."
                )
            # Run eagerly, a step may return 0 and the next 0.5.
            self.arrays[i] = array.astype(np.result_type(array, part), copy=False)
        self.put(parts)

    def put(self, parts: Sequence[Any]) -> None:
        """Take the numbers and arrays of the next step's result, which are as those before."""
        count = self.count
        for array, part in zip(self.arrays, parts, strict=False):
            array[count] = part
        self.count = count + 1

    def whole(self) -> Any:
        """Return what one step returns, with all steps' numbers and arrays in each one's place."""
        return _written(self._form, iter(self.arrays))

    def _read(self, value: Any, parts: list[Any]) -> Any:
        """Return the structure of a result; its numbers and arrays are appended to ``parts``."""
        if type(value) is dict:
            return {key: self._read(part, parts) for key, part in value.items()}
        if type(value) in {tuple, list}:
            return type(value)(self._read(part, parts) for part in value)
        if value is None:
            return None
        array = value.data if type(value) is Tensor else value
        if not isinstance(array, _NUMBERS):
            raise TypeRefusedError(
                f"{self.name}.over: what steps return is stacked, so it must be made of tensors, "
                f"arrays and numbers, but the first returned a {type(value).__name__}."
            )
        parts.append(np.asarray(array))
        return Ellipsis


def _written(form: Any, arrays: Any) -> Any:
    if type(form) is dict:
        return {key: _written(part, arrays) for key, part in form.items()}
    if type(form) in {tuple, list}:
        return type(form)(_written(part, arrays) for part in form)
    return next(arrays) if form is Ellipsis else form
