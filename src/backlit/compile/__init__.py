"""The third reading: a whole train step as one program of NumPy calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.later import later

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.compile.compiled import Compiled
    from backlit.compile.refusal import CompileWarning
else:
    __getattr__, __dir__ = later(
        globals(),
        {"CompileWarning": "backlit.compile.refusal", "Compiled": "backlit.compile.compiled"},
    )

__all__ = ["CompileWarning", "Compiled", "compile"]


def compile(
    function: Callable[..., Any], *, keep_gradients: bool = False, threads: int | None = None
) -> Compiled:
    """Make one program of a train step: forward, backward and update.

    At the first call, and again for arguments of another shape or dtype, the function is read
    twice on stand-ins for arrays. What it does to them becomes a plain Python function of NumPy
    calls with fixed buffers, which is what runs; ``step.source`` is its text. Results are those
    of the function itself, to rounding.

    Whatever the function reaches is followed: nets, optimisers with their schedules, random
    generators in ops, arrays, settings. If one is replaced or set anew the program notices.
    What can't be made a program, such as a branch on a computed value, runs eagerly, with a
    :class:`CompileWarning` that names the line and a way out.

    Parameters
    ----------
    function
        Takes arrays, tensors and plain values, and returns tensors, arrays, or tuples, lists
        and dicts of them.
    keep_gradients
        Leave the gradients of updated parameters in ``.grad``. Otherwise these are ``None``
        after a step: they need not exist.
    threads
        How many threads a step uses: NumPy's BLAS, or as many parts of a batch of images. Left
        out, the BLAS gets one for each 3.5 million operations of the largest product.

    Returns
    -------
    Compiled
        Called like the function. Tensors that it returns have no history. Parameters are
        updated in place, in arrays of the program's own: what ``W.data`` was before the first
        call is never changed, what it is afterwards changes with every step.

    Raises
    ------
    TypeRefusedError
        If ``function`` is not one, or ``threads`` no whole number.
    ValueRefusedError
        If ``threads`` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import backlit as bl
    >>> from backlit.layers import Affine
    >>> from backlit.optim import SGD
    >>> net = Affine(3, 2, rng=0)
    >>> optimizer = SGD(net.parameters(), lr=0.1)
    >>> @bl.compile
    ... def step(x, t):
    ...     loss = bl.softmax_cross_entropy(net(x), t)
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> x, t = np.eye(3, dtype=np.float32), np.array([0, 1, 1])
    >>> first, *_, last = [step(x, t).item() for _ in range(100)]
    >>> last < first / 2
    True
    >>> "np.dot(x, W" in step.source
    True
    """
    if not callable(function) or isinstance(function, type):
        raise TypeRefusedError(f"compile() takes a function, but got {function!r:.60}.")
    if threads is not None:
        if type(threads) is not int:
            raise TypeRefusedError(f"compile(): threads must be a whole number, not {threads!r}.")
        if threads < 1:
            raise ValueRefusedError(f"compile(): threads must be at least 1, not {threads}.")
    # What follows is large, and whoever imports the library may never need it.
    from backlit.compile.compiled import Compiled  # noqa: PLC0415

    return Compiled(function, keep_gradients=keep_gradients, threads=threads)
