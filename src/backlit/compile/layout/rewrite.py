"""Puts kernels in the place of chains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backlit.compile.layout import choose
from backlit.compile.layout.kernel import Backward, Forward
from backlit.compile.layout.match import found
from backlit.compile.layout.specs import Conv, Dense, Norm
from backlit.compile.layout.splice import read, spliced
from backlit.compile.node import Node, Place

if TYPE_CHECKING:
    from backlit.compile.layout.kernel import Layout
    from backlit.compile.node import Program

__all__ = ["rewritten"]


def rewritten(program: Program, threads: int | None = None) -> Program:
    """Return the program with kernels where they pay; the same program if nowhere."""
    layouts = [choose.layout_of(chain, threads) for chain in found(program)]
    each = [(layout.chain, _replaced(layout)) for layout in layouts if layout is not None]
    while each:
        together = {old: new for _, taken in each for old, new in taken.items()}
        # Where others read what happens inside, the plain form would have to run as well.
        seen = read(program, together)
        hidden = [(chain, taken) for chain, taken in each if seen.isdisjoint(chain.inside())]
        if len(hidden) == len(each):
            # Effects, such as draws, must stay in order; the last chain is the likely offender.
            whole = spliced(program, together)
            if whole is not None:
                return whole
            hidden.pop()
        each = hidden
    return program


_PARAMETERS = {Conv: ("W", "b"), Dense: ("W", "b"), Norm: ("gamma", "beta")}


def _replaced(layout: Layout) -> dict[Node, Node]:
    """Return the new node for every value of a chain that others read."""
    chain = layout.chain
    place = Place("forward", chain.name, "batch innermost", chain.output.place.call)
    parameters = tuple(node for step in chain.steps for node in step.parameters)
    forward = Node("kernel", (chain.x, *parameters), value=Forward(layout), place=place)
    output = _part(forward, 0, chain.output)
    taken = {chain.output: output}
    norms = [step.calls[0] for step in chain.steps if isinstance(step.link, Norm)]
    for number, call in enumerate(norms):
        for i, name in enumerate(("mean", "variance")):
            node = call.saved[name]
            taken[node] = _part(forward, 1 + 2 * number + i, node, f"{node.place.name}_{name}")
    if not chain.training:
        return taken
    matrices = tuple(step.parameters[0] for step in chain.steps if step.parameters)
    # It reads what the way there keeps, and so comes after it.
    operands = (chain.d_output, output, *matrices)
    back = replace(place, phase="backward")
    backward = Node("kernel", operands, value=Backward(layout), place=back)
    number = 0
    for step in chain.steps:
        gradients = step.backwards[0].results[1:]
        for i, name in enumerate(_PARAMETERS.get(type(step.link), ())[: len(step.parameters)]):
            gradient = gradients[i] if i < len(gradients) else None
            if gradient is not None:
                taken[gradient] = _part(backward, number, gradient, f"d_{step.names[0]}_{name}")
            number += 1
    if chain.d_x is not None:
        taken[chain.d_x] = _part(backward, number, chain.d_x, f"d_{chain.steps[0].names[0]}_x")
    return taken


def _part(kernel: Node, number: int, old: Node, name: str = "") -> Node:
    return Node(
        "part", (kernel, number), shape=old.shape, dtype=old.dtype, place=old.place, name=name
    )
