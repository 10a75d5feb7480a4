"""IEEE arithmetic without NumPy's warnings.

``exp(1000)`` is ``inf`` and ``0 / 0`` is ``nan``; both are results, and a sigmoid
relies on the first. Ops run muted, so neither prints a warning.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["mute", "quiet", "unmute"]

mute: Callable[[], Any]
"""Turn NumPy's floating-point warnings off in this context; returns a token for `unmute`."""
unmute: Callable[[Any], None]
"""Turn them back to what they were."""

# `np.errstate` builds its state anew at every entry, 1.0 µs; setting a state that was
# built once takes 0.1 µs, which matters when an op takes 0.4. The names are NumPy's
# private ones (2.0 and later); without them the public way serves.
try:
    from numpy._core.umath import _extobj_contextvar, _make_extobj
except ImportError:  # pragma: no cover

    def mute() -> np.errstate:  # noqa: D103
        state = np.errstate(all="ignore")
        state.__enter__()
        return state

    def unmute(state: np.errstate) -> None:  # noqa: D103
        state.__exit__(None, None, None)

else:
    mute = partial(_extobj_contextvar.set, _make_extobj(all="ignore"))
    unmute = _extobj_contextvar.reset


def quiet(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``function(*arguments)`` muted.

    Examples
    --------
    >>> quiet(np.exp, np.array([1000.0]))
    array([inf])
    """
    token = mute()
    try:
        return function(*arguments)
    finally:
        unmute(token)
