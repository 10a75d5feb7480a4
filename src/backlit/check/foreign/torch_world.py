"""Running torch in float64 with the same random numbers each time, and leaving no trace of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.foreign.library import Lazy, library
from backlit.errors import TypeRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Randomness", "as_array", "as_tensor", "in_double", "is_array", "tensors_in"]

torch = Lazy("torch")


class Randomness:
    """Torch's random numbers: the same ones for each forward, and those after it for backward.

    Parameters
    ----------
    start
        The state to start from; that of torch now if left out.
    """

    def __init__(self, start: Any = None) -> None:
        self.start = torch.get_rng_state() if start is None else start
        self._after = self.start
        self._unused = False

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """Start from the same state as always."""
        if self._unused:  # reading and writing the state takes longer than a small layer
            yield
            return
        outside = torch.get_rng_state()
        torch.set_rng_state(self.start)
        try:
            yield
            self._after = torch.get_rng_state()
            self._unused = torch.equal(self._after, self.start)
        finally:
            torch.set_rng_state(outside)

    def leave(self) -> None:
        """Have torch go on from where the last forward ended, as if nothing had been put back."""
        if not self._unused:
            torch.set_rng_state(self._after)

    @contextmanager
    def continued(self) -> Iterator[None]:
        """Go on from where the last forward ended."""
        outside = torch.get_rng_state()
        torch.set_rng_state(self._after)
        try:
            yield
        finally:
            torch.set_rng_state(outside)


@contextmanager
def in_double(*, small: bool = True) -> Iterator[None]:
    """Make new tensors float64, and record gradients whatever the caller's mode is.

    What is small runs in one thread: several would wait for each other longer than they work,
    where other programs run.
    """
    dtype = torch.get_default_dtype()
    if dtype == torch.float64 and torch.is_grad_enabled():
        yield
        return
    threads = torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    try:
        if small:
            torch.set_num_threads(1)
        with torch.inference_mode(mode=False), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        if small:
            torch.set_num_threads(threads)


def is_array(x: Any) -> bool:
    """Tell whether an argument is an array of numbers, whoever's."""
    return isinstance(x, np.ndarray) or (library(x) != "" and hasattr(x, "shape"))


def as_array(x: Any) -> NDArray[Any]:
    """Copy a tensor (or an array) to NumPy, floats as float64.

    Raises
    ------
    TypeRefusedError
        If it is sparse, quantised or complex.
    """
    if library(x) == "torch":
        plain = x.layout == torch.strided and not x.is_quantized
        if not plain or x.is_complex():
            what = "complex" if x.is_complex() else "not a plain tensor in memory"
            raise TypeRefusedError(
                f"check: an input is {what}; pass dense tensors of real numbers."
            )
        x = x.detach().cpu().resolve_neg()
        return np.array((x.double() if x.is_floating_point() else x).numpy())
    array = np.array(x)
    # bfloat16 and its like are of kind V, and know how to become floats.
    small = array.dtype.kind == "f" or (array.dtype.kind == "V" and array.dtype.names is None)
    return array.astype(np.float64) if small else array


def as_tensor(array: Any) -> Any:
    """Return a tensor on an array's own memory, so that what is written into it is seen."""
    array = np.asarray(array)
    ready = array.flags.writeable and all(step >= 0 for step in array.strides)
    return torch.from_numpy(array if ready else array.copy())


def tensors_in(x: Any) -> list[Any]:
    """List the tensors of floats in an output: in tuples, lists and dicts, in their order."""
    if library(x) == "torch" and hasattr(x, "is_floating_point"):
        return [x] if x.is_floating_point() else []
    if isinstance(x, Mapping):
        return [each for value in x.values() for each in tensors_in(value)]
    if isinstance(x, (list, tuple)):
        return [each for value in x for each in tensors_in(value)]
    return []
