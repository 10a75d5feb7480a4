"""A diagram in words, line by line: for terminals and for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.font import columns, shortened
from backlit.draw.formula import Formula, gradient_formula, graph_names, symbol
from backlit.draw.glimpse import glimpse
from backlit.draw.steps import Backward

if TYPE_CHECKING:
    from backlit.draw.assemble import Look
    from backlit.draw.diagram import Diagram
    from backlit.tensor import Tensor

__all__ = ["labels", "outline", "summary"]


def labels(diagram: Diagram, precision: int = 4) -> dict[Tensor, str]:
    """Return what to call each tensor in a line of text: its name, its value, or a number."""
    result = {}
    count = 0
    for x in (*diagram.leaves, *diagram.calls):
        name = shortened(diagram.names.get(x) or "")
        if name:
            result[x] = name
        elif x.op is None and not x.requires_grad and not x.ndim:
            result[x] = str(glimpse(x.data, precision))
        else:
            count += 1
            result[x] = f"#{count}"
    return result


def outline(diagram: Diagram, look: Look) -> str:
    """Return one line per tensor, in the order of computation."""
    called = labels(diagram, look.precision)
    left = {}
    for x in (*diagram.leaves, *diagram.calls):
        if x.op is None:
            left[x] = called[x]
        else:
            sources = ", ".join(called[source] for source in x.op.inputs)
            if len(x.op.inputs) == 2 and len(symbol(x.op)) == 1:
                sources = f" {symbol(x.op)} ".join(called[source] for source in x.op.inputs)
                left[x] = f"{called[x]} = {sources}"
            else:
                left[x] = f"{called[x]} = {symbol(x.op)}({sources})"
    wide = max(columns(text) for text in left.values())
    shown = {x: str(glimpse(x.data, look.precision)) for x in left} if look.values else {}
    room = max((len(text) for text in shown.values()), default=0)
    backward = Backward(diagram, symbols=look.symbols, steps=look.steps)
    lines = []
    for x, text in left.items():
        if x.op is None and text == shown.get(x):
            continue
        line = text + " " * (wide - columns(text))
        if look.values:
            line += f"   {shown[x]:<{room}}"
        dx = backward.arriving(x)
        if dx is not None and backward.known(x):
            told = dx.text if isinstance(dx, Formula) else glimpse(dx, look.precision)
            line += f"   ← {told}"
        lines.append(line.rstrip())
        if look.formulas and x.op is not None:
            known = graph_names(x.op, x, diagram.names)
            stated = (gradient_formula(x.op, k, known) for k in range(len(x.op.inputs)))
            lines += [f"    {line.text}" for line in stated if line.text]
    return "\n".join(lines)


def summary(diagram: Diagram, look: Look) -> tuple[str, str]:
    """Return a title and a description for those who do not see the drawing."""
    name = diagram.names.get(diagram.root)
    count = len(diagram.calls)
    title = f"Computational graph of {shortened(name)}" if name else "Computational graph"
    body = "; ".join(" ".join(line.split()) for line in outline(diagram, look).splitlines()[:40])
    more = "" if count <= 40 else f"; and more, {count} ops in all"
    return title, f"{body}{more}."
