"""Arrays as text in a page."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Precision", "fits", "packed", "packed_length", "rounded"]

Precision: TypeAlias = Literal["float32", "float16"]


def packed(arrays: Iterable[NDArray[Any]], precision: Precision) -> str:
    """Write arrays one after another as little-endian numbers in base64.

    Examples
    --------
    >>> packed([np.array([1.0, -2.0])], "float16")
    'ADwAwA=='
    """
    kind = np.dtype(precision).newbyteorder("<")
    return b64encode(b"".join(array.astype(kind).tobytes() for array in arrays)).decode()


def packed_length(count: int, precision: Precision) -> int:
    """Return how many characters :func:`packed` makes of so many numbers.

    Examples
    --------
    >>> packed_length(2, "float16") == len(packed([np.zeros(2)], "float16"))
    True
    """
    return 4 * -(-count * np.dtype(precision).itemsize // 3)


def rounded(array: NDArray[Any], precision: Precision, name: str) -> NDArray[np.float32]:
    """Round numbers as :func:`packed` does.

    Raises
    ------
    ValueRefusedError
        If one is not finite, or becomes so.

    Examples
    --------
    >>> rounded(np.array([0.1]), "float16", "W")
    array([0.09997559], dtype=float32)
    """
    whole = _converted(array, precision)
    if not np.isfinite(whole).all():
        what = "holds numbers that are not finite; train the net again with a smaller rate"
        if np.isfinite(array).all():
            what = f"holds numbers too large for {precision}; the largest is {abs(array).max():g}"
        raise ValueRefusedError(f"board: {name} {what}.")
    return whole


def fits(array: NDArray[Any], precision: Precision) -> bool:
    """Return whether every number is finite when rounded.

    Examples
    --------
    >>> fits(np.array([65504.0]), "float16"), fits(np.array([1e5]), "float16")
    (True, False)
    """
    return bool(np.isfinite(_converted(array, precision)).all())


def _converted(array: NDArray[Any], precision: Precision) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return array.astype(precision).astype(np.float32)
