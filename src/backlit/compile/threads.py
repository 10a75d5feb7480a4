"""How many threads NumPy's BLAS uses while a program runs, and a pool for other work.

Two threads finish a large product sooner, and a small one later. So each program has the number
that suits its products; it is set before a step and put back after.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from backlit.compile.node import Program

__all__ = [
    "blas_threads",
    "chosen_threads",
    "cores",
    "limited",
    "one_blas_thread",
    "pool",
    "set_threads",
]

PRODUCTS = {"np.dot", "np.matmul", "subtract_product"}
_SHARE = 3_500_000
"""Operations of the largest product for each thread. Two threads save a quarter of the time of a
product of 7 million; shares that are smaller are done before the threads have met. It is not tried
out, as the last bits depend on the number of threads, and equal runs should end with equal bits."""


def blas_threads() -> int:
    """Return how many threads NumPy's BLAS may use now; 1 if its BLAS is unknown."""
    library = numpy_blas()
    return 1 if library is None else int(library.get_num_threads())


def chosen_threads(program: Program, asked: int | None = None) -> int | None:
    """Return the number of BLAS threads for a program; ``None`` for as many as there may be.

    Where its batches are cut into parts with a Python thread each, these count. Otherwise it is
    the number ``asked`` for, or what suits the program.
    """
    wanted = [
        int(node.value.blas_threads)
        for node in program.nodes
        if node.function == "kernel" and getattr(node.value, "blas_threads", None)
    ]
    if wanted:
        return min(wanted)
    if asked is not None:
        return asked
    products = [node for node in program.nodes if node.function in PRODUCTS]
    useful = max(1, max(map(product_flops, products), default=0) // _SHARE)
    return None if useful >= blas_threads() else useful


def product_flops(node: Any) -> int:
    """Return the additions and multiplications of a product.

    Examples
    --------
    >>> from backlit.compile.node import Node
    >>> x, W = Node("input", shape=(100, 784)), Node("input", shape=(784, 50))
    >>> product_flops(Node("np.dot", (x, W), shape=(100, 50)))
    7840000
    """
    inner = node.operands[-2].shape[-1:] or (1,)
    return 2 * int(np.prod(node.shape)) * inner[0]


def set_threads(threads: int | None) -> int | None:
    """Let NumPy's BLAS use ``threads`` threads; return how many it had, ``None`` if unchanged.

    What it returns puts it back. ``None`` changes nothing.
    """
    library = None if threads is None else numpy_blas()
    if library is None:
        return None
    before: int = library.get_num_threads()
    if before == threads:
        return None
    library.set_num_threads(threads)
    return before


@contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """Let NumPy's BLAS use ``threads`` threads (``None``: as many as now), and then as before."""
    before = set_threads(threads)
    try:
        yield
    finally:
        set_threads(before)


def one_blas_thread() -> Any:
    """Let NumPy's BLAS use one thread, for work that has threads of its own."""
    return limited(1)


@cache
def pool() -> ThreadPoolExecutor:
    """Return the pool that all programs share; it has as many threads as there are cores."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  (`import backlit` stays light)

    return ThreadPoolExecutor(cores(), thread_name_prefix="backlit")


def cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def numpy_blas() -> Any:
    """Return the library that NumPy multiplies with.

    Others that are loaded, as by SciPy, are left as they are.
    """
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415  (`import backlit` stays light)

    found = [
        library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"
    ]
    own = [library for library in found if f"{os.sep}numpy" in library.filepath]
    return next(iter(own or found), None)
