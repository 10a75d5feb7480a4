"""Finds chains of layers that can run with the batch innermost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.compile.layout.specs import AvgPool, Conv, Dense, Flat, MaxPool, Norm
from backlit.ops import Affine, AvgPool2d, BatchNorm, Conv2d, MaxPool2d, Mean, Relu, Reshape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backlit.compile.layout.specs import Image, Link
    from backlit.compile.node import Call, Node, Program

__all__ = ["Found", "Step", "found"]

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass
class Step:
    """A link of a chain, and the calls that it stands for."""

    link: Link
    calls: list[Call]
    backwards: list[Call] = field(default_factory=list)
    """Their ways back, in the order of :attr:`calls`."""

    @property
    def parameters(self) -> tuple[Node, ...]:
        """The nodes of weights and biases."""
        return self.calls[0].operands[1:]

    @property
    def output(self) -> Node:
        """The node of its result."""
        return _output(self.calls[-1])

    @property
    def names(self) -> list[str]:
        """What its calls are called: layers by their names, else ops by theirs."""
        return [_output(call).place.name or call.op.name for call in self.calls]


@dataclass
class Found:
    """A chain in a program: steps of which each reads the one before, and nobody else does."""

    steps: list[Step]

    @property
    def x(self) -> Node:
        """What goes into it."""
        return self.steps[0].calls[0].operands[0]

    @property
    def name(self) -> str:
        """Where it begins and ends."""
        names = [name for step in self.steps for name in step.names]
        return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"

    @property
    def image(self) -> Image:
        """``(C, H, W)`` of what goes into it."""
        channels, height, width = self.x.shape[1:]
        return channels, height, width

    @property
    def batch(self) -> int:
        """The number of images."""
        return self.x.shape[0]

    @property
    def dtype(self) -> Any:
        """Of all numbers."""
        return self.x.dtype

    @property
    def output(self) -> Node:
        """What comes out."""
        return self.steps[-1].output

    @property
    def training(self) -> bool:
        """Whether there is a way back."""
        return bool(self.steps[0].backwards)

    @property
    def d_x(self) -> Node | None:
        """The gradient of :attr:`x`, if the program computes it."""
        return self.steps[0].backwards[0].results[0] if self.training else None

    @property
    def d_output(self) -> Node:
        """The gradient of :attr:`output`."""
        return self.steps[-1].backwards[-1].operands[0]

    def inside(self) -> Iterator[Node]:
        """Yield the values that nobody else should read."""
        for step in self.steps:
            yield from (_output(call) for call in step.calls)

    def links(self) -> Iterator[tuple[Link, Image]]:
        """Yield links, each with the size of what it reads."""
        image = self.image
        for step in self.steps:
            yield step.link, image
            image = step.link.output(image)


def found(program: Program) -> list[Found]:
    """Return the chains of a program, each of which begins with a convolution."""
    search = _Search(program)
    chains = []
    for call in program.calls:
        if call.phase == "forward" and call not in search.taken and type(call.op) is Conv2d:
            chains += search.chains(call)
    return chains


class _Search:
    def __init__(self, program: Program) -> None:
        self.kept = set(program.kept())
        self.taken: set[Call] = set()
        self.readers: dict[Node, list[Call]] = {}
        self.ways_back: dict[int, list[Call]] = {}
        for call in program.calls:
            if call.phase == "forward":
                for x in call.operands:
                    self.readers.setdefault(x, []).append(call)
            else:
                self.ways_back.setdefault(id(call.op), []).append(call)

    def chains(self, first: Call) -> list[Found]:
        """Return the chain that a convolution begins, cut where the way back begins or ends."""
        steps: list[Step] = []
        call: Call | None = first
        while call is not None and (step := self._step(call)) is not None:
            steps.append(step)
            self.taken.update(step.calls)
            call = self._next(step.calls[-1])
        cut: list[Found] = []
        for step in steps:
            step.backwards = self._backwards(step)
            if cut and self._continues(cut[-1].steps[-1], step):
                cut[-1].steps.append(step)
            else:
                cut.append(Found([step]))
        for chain in cut:
            while type(chain.steps[-1].link) is Flat and len(chain.steps) > 1:
                chain.steps.pop()  # a view, where nothing follows
        return [chain for chain in cut if type(chain.steps[0].link) is Conv]

    def _next(self, call: Call) -> Call | None:
        """Return the only reader of a call's output, if it reads it as its images."""
        output = _output(call)
        readers = self.readers.get(output, [])
        if output in self.kept or len(readers) != 1 or readers[0].operands[0] is not output:
            return None
        return readers[0] if readers[0] not in self.taken else None

    def _step(self, call: Call) -> Step | None:  # noqa: PLR0911  (by kind)
        op: Any = call.op
        kind: type = type(call.op)
        x, output = call.operands[0], _output(call)
        fits = all(y.dtype == x.dtype for y in (*call.operands, output))
        if kind is Affine and fits and len(x.shape) == 2:
            relu = self._following(call, Relu)
            return Step(
                Dense(output.shape[1], relu=relu is not None), [call, relu] if relu else [call]
            )
        if kind is Reshape and fits and output.shape == (x.shape[0], prod(x.shape[1:])):
            return Step(Flat(), [call])
        if not fits or len(x.shape) != 4 or x.dtype not in _FLOATS or 0 in output.shape:
            return None
        if kind is Conv2d and op.groups == 1:
            return self._convolution(call)
        if kind is BatchNorm:
            relu = self._following(call, Relu)
            return Step(Norm(relu=relu is not None), [call, relu] if relu else [call])
        if kind is MaxPool2d:
            return Step(MaxPool(op.size, op.stride, op.padding, op.dilation), [call])
        if kind is Mean and _over_images(op.axis):
            return Step(AvgPool(x.shape[2:], x.shape[2:]), [call])
        if kind is AvgPool2d:
            return Step(AvgPool(op.size, op.stride, op.padding, op.count_include_pad), [call])
        return None

    def _convolution(self, call: Call) -> Step:
        op: Any = call.op
        filters, _, *kernel = call.operands[1].shape
        link = Conv(
            filters, (kernel[0], kernel[1]), op.stride, op.padding, op.dilation,
            bias=len(call.operands) == 3,
        )  # fmt: skip
        calls = [call]
        while (following := self._following(calls[-1], Relu, MaxPool2d)) is not None:
            after: Any = following.op
            if type(following.op) is Relu and not link.relu:
                link = replace(link, relu=True)
            elif type(following.op) is MaxPool2d and link.pool == (1, 1) and _apart(after):
                link = replace(link, pool=after.size)
            else:
                break
            calls.append(following)
        return Step(link, calls)

    def _following(self, call: Call, *kinds: type) -> Call | None:
        following = self._next(call)
        return following if following is not None and type(following.op) in kinds else None

    def _backwards(self, step: Step) -> list[Call]:
        """Return the ways back of a step's calls if they form a chain, else nothing."""
        ways = [self.ways_back.get(id(call.op), []) for call in step.calls]
        if any(len(way) != 1 for way in ways):
            return []
        only = [way[0] for way in ways]
        linked = all(
            later.results[0] is not None and later.results[0] is earlier.operands[0]
            for earlier, later in pairwise(only)
        )
        return only if linked else []

    def _continues(self, before: Step, step: Step) -> bool:
        if not before.backwards or not step.backwards:
            return not before.backwards and not step.backwards and not self._goes_back(before, step)
        d = step.backwards[0].results[0]
        return d is not None and d is before.backwards[-1].operands[0]

    def _goes_back(self, *steps: Step) -> bool:
        return any(id(call.op) in self.ways_back for step in steps for call in step.calls)


def _output(call: Call) -> Node:
    output = call.results[0]
    assert output is not None
    return output


def _over_images(axis: Any) -> bool:
    """Tell whether an axis means height and width."""
    return isinstance(axis, tuple) and sorted(one % 4 for one in axis) == [2, 3]


def _apart(op: Any) -> bool:
    """Tell whether the windows of a pooling neither overlap nor reach into padding."""
    return bool(op.stride == op.size and op.padding == ((0, 0), (0, 0)) and op.dilation == (1, 1))
