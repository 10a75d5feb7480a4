"""How a chain is written into a program: memory once, then its way there and its way back."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from backlit.compile.layout.specs import Conv, Dense, Flat, Norm, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.compile.layout.match import Found, Step

__all__ = ["Backward", "Forward", "Layout"]

_WIDTH = 96


@dataclass
class Layout:
    """A chain, and how it is run.

    Attributes
    ----------
    chain
        What to run.
    parts, threads
        Into how many parts the batch is cut, and how many run at once.
    """

    chain: Found
    parts: int
    threads: int
    name: str = ""
    out: str = ""
    d_x: str = ""

    def preamble(self, fresh: Callable[[str], str]) -> list[str]:
        """Name what the chain needs, and return the lines that make it."""
        chain = self.chain
        self.name, self.out = fresh("chain1"), fresh("chain1_out")
        settings = "" if chain.training else "    training=False,"
        settings = "    descends=True," if chain.d_x is not None else settings
        dtype = f"np.{chain.dtype.name}"
        title = f"# {chain.name} with the batch innermost, (H, C, W, N)"
        if self.parts > 1:
            title += f", in {self.parts} parts"
        lines = [
            title,
            f"{self.name} = chains(",
            f"    {chain.batch}, {self.parts}, {self.threads}, {chain.image}, {dtype},",
            *(f"    {written(step.link)}," for step in chain.steps),
            *([settings] if settings else []),
            ")",
            f"{self.out} = {_innermost(chain.output.shape, dtype)}",
        ]
        if chain.d_x is not None:
            self.d_x = fresh("chain1_d_x")
            lines.append(f"{self.d_x} = {_innermost(chain.x.shape, dtype)}")
        return lines

    def run(self, function: str) -> str:
        """Return the line that calls a function on all parts."""
        return f"in_parts({function}, {self.name}, {self.threads})"


class _Kernel:
    """What a program asks of a kernel."""

    imports: tuple[str, ...] = ()
    results = 0
    linear: tuple[int, ...] = ()

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.fresh: Callable[[str], str] = str

    @property
    def does(self) -> list[str]:
        """The layers that it computes, those of one stage together."""
        return [_what(step) for step in self.layout.chain.steps]

    @property
    def flops(self) -> int:
        """Operations on numbers, those of the products alone."""
        chain = self.layout.chain
        products = 0
        for link, image in chain.links():
            if isinstance(link, Conv):
                products += link.geometry(image).products
            elif isinstance(link, Dense):
                products += image[0] * link.size_out
        return 2 * chain.batch * products

    @property
    def blas_threads(self) -> int | None:
        """How many threads the BLAS should have in the whole step; ``None`` for any number.

        Those of the BLAS go on waiting for more to do after a product, and take time from ours.
        """
        return 1 if self.layout.threads > 1 else None

    @property
    def bytes(self) -> int:
        """Bytes read and written, each activation once each way."""
        chain = self.layout.chain
        sizes = [prod(image) + prod(link.output(image)) for link, image in chain.links()]
        return int(sum(sizes) * chain.batch * chain.dtype.itemsize)

    @property
    def memory(self) -> int:
        """Bytes of memory of its own."""
        return 0


class Forward(_Kernel):
    """The way there. Its parts are the output, and mean and variance of every normalisation."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        steps = layout.chain.steps
        self.norms = [step for step in steps if isinstance(step.link, Norm)]
        self.results = 1 + 2 * len(self.norms)
        kinds = {type(step.link).__name__ for step in steps}
        self.imports = ("chains", "enter", "in_parts", "leave", *sorted(kinds))
        self.imports += ("normalise",) if self.norms else ()

    @property
    def memory(self) -> int:
        """Bytes of its own: every activation, and two gradients at a time; no scratch memory."""
        chain = self.layout.chain
        images = [prod(image) for _, image in chain.links()]
        gradients = 2 * max(images) if chain.training else 0
        return int((sum(images) + gradients) * chain.batch * chain.dtype.itemsize)

    def preamble(self, fresh: Callable[[str], str]) -> list[str]:
        """Return the lines that make the chain."""
        self.fresh = fresh
        return self.layout.preamble(fresh)

    def lines(self, operands: list[str], results: list[str]) -> list[str]:
        """Return the statements."""
        layout, chain = self.layout, self.layout.chain
        lines = _Functions(self, "forward")
        x, *parameters = (lines.named(text) for text in operands)
        given = iter(parameters)
        statistics = iter(zip(results[1::2], results[2::2], strict=True))
        shapes = _shapes(chain)
        lines.add(f"enter({x}[part.images], part.x)", f"{chain.x.shape} → {shapes[0]}")
        for number, step in enumerate(chain.steps):
            arguments = ", ".join(next(given) for _ in step.parameters)
            if isinstance(step.link, Norm):
                lines.add(f"part[{number}].measure()", "")
                lines.close()
                every = f"[part[{number}] for part in {layout.name}]"
                op: Any = step.calls[0].op
                targets = ", ".join(next(statistics))
                lines.say(f"{targets} = normalise({every}, {op.eps!r})")
            if isinstance(step.link, Flat):
                continue
            lines.add(
                f"part[{number}].forward({arguments})", f"{_what(step)}: {shapes[number + 1]}"
            )
        lines.add(f"leave(part.out, {layout.out}[part.images])", f"{chain.output.shape}")
        lines.close()
        lines.say(f"{results[0]} = {layout.out}")
        return lines.lines


class Backward(_Kernel):
    """The way back. Its parts are the gradients of all parameters, then that of the input."""

    linear = (0,)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        chain = layout.chain
        self.results = sum(len(step.parameters) for step in chain.steps) + (chain.d_x is not None)
        self.imports = ("enter", "in_parts", "total")
        if any(isinstance(step.link, Norm) for step in chain.steps):
            self.imports += ("descend",)
        if chain.d_x is not None:
            self.imports += ("leave",)

    @property
    def does(self) -> list[str]:
        """The layers, from the last to the first."""
        return super().does[::-1]

    @property
    def flops(self) -> int:
        """Operations on numbers, those of the products alone."""
        return 2 * super().flops

    def preamble(self, fresh: Callable[[str], str]) -> list[str]:
        """Return nothing: the way there made all that is needed."""
        self.fresh = fresh
        return []

    def lines(self, operands: list[str], results: list[str]) -> list[str]:
        """Return the statements."""
        layout, chain = self.layout, self.layout.chain
        lines = _Functions(self, "backward")
        d_out, _, *weights = (lines.named(text) for text in operands)
        names, wanted = iter(weights), iter(results)
        matrix = {i: next(names) for i, step in enumerate(chain.steps) if step.parameters}
        targets = [[next(wanted) for _ in step.parameters] for step in chain.steps]
        shapes = _shapes(chain)
        lines.add(f"enter({d_out}[part.images], part.d_out)", f"{shapes[-1]}")
        totals = []
        for number in range(len(chain.steps))[::-1]:
            step, found = chain.steps[number], targets[number]
            shape = shapes[number] if number or chain.d_x is not None else "weights alone"
            arguments = matrix.get(number, "")
            if isinstance(step.link, Norm):
                lines.add(f"part[{number}].gather()", "")
                lines.close()
                every = f"[part[{number}] for part in {layout.name}]"
                pair = [self.fresh("d_norm") if name == "_" else name for name in found]
                lines.say(f"{', '.join(pair)} = descend({every})")
                _, _, height, width = step.calls[0].operands[0].shape
                arguments += f", {', '.join(pair)}, {chain.batch * height * width}"
            elif any(name != "_" for name in found):
                names_ = ", ".join(found) + "," * (len(found) == 1)
                totals.append(f"{names_} = total({layout.name}, {number})")
            if isinstance(step.link, Flat):
                continue
            lines.add(f"part[{number}].backward({arguments})", f"{_what(step)}: {shape}")
        if chain.d_x is not None:
            lines.add(f"leave(part.d_x, {layout.d_x}[part.images])", f"{chain.x.shape}")
        lines.close()
        for line in totals:
            lines.say(line)
        if chain.d_x is not None:
            lines.say(f"{results[-1]} = {layout.d_x}")
        return lines.lines


class _Functions:
    """Statements for every part, gathered in functions that are called on all of them."""

    def __init__(self, kernel: Backward | Forward, name: str) -> None:
        self.kernel, self.name = kernel, name
        self.body: list[tuple[str, str]] = []
        self.lines: list[str] = []

    def named(self, text: str) -> str:
        """Return a name for an operand, so that no part computes it anew."""
        if text.isidentifier():
            return text
        name = self.kernel.fresh(f"{self.name}1")
        self.lines.append(f"{name} = {text}")
        return name

    def add(self, call: str, comment: str) -> None:
        """Add a statement for every part."""
        self.body.append((call, comment))

    def say(self, line: str) -> None:
        """Add a statement for all parts together."""
        self.lines.append(line)

    def close(self) -> None:
        """End a function, and call it."""
        function = self.kernel.fresh(self.name)
        column = max(len(call) for call, _ in self.body)
        body = []
        for call, comment in self.body:
            shape = comment.partition(": ")[2]
            said = [f"    {call:<{column}}  # {text}" for text in (comment, shape) if text]
            body.append(next((line for line in said if len(line) <= _WIDTH), f"    {call}"))
        self.lines += ["", f"def {function}(part):", *body, "", self.kernel.layout.run(function)]
        self.body = []


def _innermost(shape: tuple[int, ...], dtype: str) -> str:
    """Return an array by its expression: the batch is its first axis, and innermost in memory."""
    batch, *image = shape
    if len(image) == 1:
        return f"np.empty({shape}, {dtype})"
    return f"np.empty({(*image, batch)}, {dtype}).transpose(3, 0, 1, 2)"


def _shapes(chain: Found) -> list[str]:
    images = [image for _, image in chain.links()]
    images.append(chain.steps[-1].link.output(images[-1]))
    return [f"({height}, {channels}, {width}, N)" for channels, height, width in images]


def _what(step: Step) -> str:
    return ", ".join(step.names)
