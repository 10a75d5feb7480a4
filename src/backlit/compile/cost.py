"""What a program costs, before and after each pass."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from backlit.compile.buffers import elementwise, plan
from backlit.compile.functions import VIEWS
from backlit.compile.passes import PASSES, applied
from backlit.compile.threads import PRODUCTS, product_flops

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.compile.node import Node, Program

__all__ = ["Cost", "Costs", "costs"]


@dataclass(frozen=True)
class Cost:
    """What one step does.

    Attributes
    ----------
    flops
        Additions, multiplications and other operations on floating-point numbers.
    bytes
        What is read and written, if every call reads its operands from memory.
    memory
        Bytes of all buffers.
    calls
        How many calls there are; views are none.
    """

    flops: int
    bytes: int
    memory: int
    calls: int


@dataclass(frozen=True)
class Costs:
    """The cost of a program as it was read, and after each pass; printed, a table.

    Attributes
    ----------
    stages
        The name of each stage, and its cost.
    """

    stages: tuple[tuple[str, Cost], ...]

    @property
    def before(self) -> Cost:
        """The cost without any pass."""
        return self.stages[0][1]

    @property
    def after(self) -> Cost:
        """The cost of the program that runs."""
        return self.stages[-1][1]

    def __str__(self) -> str:
        lines = [f"{'after':24}{'calls':>7}{'Mflop':>12}{'MB moved':>12}{'MB buffers':>12}"]
        for name, cost in self.stages:
            millions = [f"{n / 1e6:12.3f}" for n in (cost.flops, cost.bytes, cost.memory)]
            lines.append(f"{name:24}{cost.calls:7}{''.join(millions)}")
        return "\n".join(lines)

    __repr__ = __str__


def costs(program: Program, threads: int | None = None) -> Costs:
    """Return what a program costs as it was read, and after each pass."""
    stages = [("reading", _cost(program))]
    for improve in PASSES:
        program = applied(improve, program, threads)
        stages.append((_title(improve), _cost(program)))
    return Costs(tuple(stages))


def _cost(program: Program) -> Cost:
    working = [node for node in program.nodes if not _is_free(node)]
    kernels = [node.value for node in working if node.function == "kernel"]
    memory = sum(prod(b.shape) * b.dtype.itemsize for b in plan(program).buffers)
    return Cost(
        flops=sum(map(_flops, working)),
        bytes=sum(map(_bytes, working)),
        memory=memory + sum(kernel.memory for kernel in kernels),
        calls=len(working),
    )


def _is_free(node: Node) -> bool:
    number = node.weak and node.function != "kernel"
    return number or node.function in {*VIEWS, "part", "refuse"}


def _flops(node: Node) -> int:
    if node.function == "kernel":
        return int(node.value.flops)
    if node.function in PRODUCTS:
        return product_flops(node)
    if node.dtype is None or node.dtype.kind not in "fb":
        return 0
    if elementwise(node):
        return prod(node.shape)
    reduces = node.function in {"np.sum", "np.max", "np.min", "np.mean", "np.var", "np.std"}
    return sum(prod(x.shape) for x in node.reads()) if reduces else 0


def _bytes(node: Node) -> int:
    if node.function == "kernel":
        return int(node.value.bytes)
    return sum(_size(x) for x in (node, *node.reads()))


def _size(node: Node) -> int:
    return 0 if node.dtype is None else prod(node.shape) * np.dtype(node.dtype).itemsize


def _title(improve: Callable[[Program], Program]) -> str:
    return improve.__name__.replace("_", " ")
