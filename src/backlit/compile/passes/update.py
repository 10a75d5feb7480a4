"""The update of a large matrix is part of the product that is its gradient."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from backlit.compile.blas import is_reachable
from backlit.compile.node import Node, Program
from backlit.compile.threads import blas_threads, chosen_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["with_updates_fused"]

_LARGE, _SPREAD = 100_000, 20_000
"""Smaller matrices stay in the cache, so a second pass over them costs less than the call. After a
product with several threads a part of it lies in another core's cache, and the pass costs more."""


def with_updates_fused(program: Program, threads: int | None = None) -> Program:
    """Replace ``W - x @ y``, where it is the new ``W``, by one call that does both.

    It stands where the product stood, so nothing may read the old ``W`` after that. From which
    size on depends on the number of BLAS threads, ``None`` for as many as suit the program.
    """
    alone = (chosen_threads(program, threads) or blas_threads()) == 1
    fused = {product: new for new, product in _updates(program, _LARGE if alone else _SPREAD)}
    if not fused:
        return program
    known: dict[Node, Node] = {}
    nodes: list[Node] = []
    for node in program.nodes:
        if node in fused:
            new = fused[node]
            operands = (new.operands[0], *node.operands)
            known[new] = replace(new, function="subtract_product", operands=operands, options={})
            nodes.append(known[new])
        elif node not in known:
            nodes.append(node)
    return Program(nodes, program.results, program.states, program.gradients).rebound(known)


def _updates(program: Program, least: int) -> Iterator[tuple[Node, Node]]:
    """Yield new values of matrices from a size on, each with the product that is subtracted."""
    position = {node: i for i, node in enumerate(program.nodes)}
    readers: dict[Node, list[Node]] = {}
    for node in program.nodes:
        for x in node.reads():
            readers.setdefault(x, []).append(node)
    outside = {*program.results, *program.gradients.values()}
    for W, new in program.states.items():
        if new.function != "np.subtract" or new.operands[0] is not W or new in outside:
            continue
        product = new.operands[1]
        if not isinstance(product, Node) or product.function != "np.dot" or product in outside:
            continue
        alike = product.shape == W.shape and product.dtype == W.dtype == new.dtype
        late = [
            x
            for x in readers[W]
            if x is not new and _last(x, readers, position) >= position[product]
        ]
        if (
            alike
            and len(W.shape) == 2
            and prod(W.shape) >= least
            and readers[product] == [new]
            and new not in readers
            and not late
            and is_reachable(W.dtype)
        ):
            yield new, product


def _last(node: Node, readers: dict[Node, list[Node]], position: dict[Node, int]) -> int:
    """Return where a value is read last, or made; a view of it counts as the value itself."""
    views = {"np.transpose", "np.swapaxes", "np.reshape"}
    later = [position[x] for x in readers.get(node, [])] if node.function in views else []
    return max([position[node], *later])
