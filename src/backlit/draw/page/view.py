"""One view of a graph, some ops opened, as a page needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.folded import Folded
from backlit.draw.font import shortened
from backlit.draw.formula import derivative, input_names, symbol
from backlit.draw.glimpse import glimpse
from backlit.draw.outline import labels
from backlit.draw.page.fixed import is_constant, why_fixed
from backlit.draw.page.picture import Handles, picture
from backlit.draw.page.recipe import recipe
from backlit.quiet import quiet

if TYPE_CHECKING:
    from backlit.draw.assemble import Look, Parts
    from backlit.draw.diagram import Diagram, Use
    from backlit.draw.font_cut import Carried
    from backlit.draw.page.formulas import Formulas
    from backlit.draw.page.store import Store
    from backlit.op import Op
    from backlit.tensor import Tensor

__all__ = ["Drawn", "view"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A view before it is written.

    Parameters
    ----------
    title
        What it is called.
    opened
        The names of what is open in it.
    diagram, parts
        What it shows, and the pieces that it is drawn with.
    """

    title: str
    opened: tuple[str, ...]
    diagram: Diagram
    parts: Parts


def view(
    drawn: Drawn, look: Look, store: Store, formulas: Formulas, *, label: str, fonts: Carried
) -> Json:
    """Return a view: its picture, and its tensors, calls and uses by number.

    Arrays go to ``store``, and formulas to ``formulas``. Calls stand in the order of
    computation. ``label`` is what a screen reader calls the picture.
    """
    diagram = drawn.diagram
    writing = _Writing(diagram, look, store, formulas)
    spoken = {x: writing.spoken(x) for x in writing.tensors}
    handles = Handles(writing.tensors, writing.uses, spoken, fonts.family, fonts.language)
    return {
        "title": drawn.title,
        "opened": drawn.opened,
        "svg": picture(drawn.parts, handles, down=look.down, label=label),
        "tensors": [writing.tensor(x) for x in writing.tensors],
        "calls": [writing.call(x, x.op) for x in diagram.calls if x.op is not None],
        "uses": [writing.use(use) for use in writing.uses],
        "root": writing.tensors[diagram.root],
        "groups": {str(key): name for key, name in diagram.titles.items()},
        "fixed": why_fixed(diagram),
    }


class _Writing:
    """Writes the tensors, calls and uses of a diagram by number."""

    def __init__(self, diagram: Diagram, look: Look, store: Store, formulas: Formulas) -> None:
        self.diagram, self.look, self.store, self.formulas = diagram, look, store, formulas
        self.tensors = {x: i for i, x in enumerate((*diagram.leaves, *diagram.calls))}
        uses = (use for x in self.tensors for use in diagram.uses.get(x, ()))
        self.uses = {use: i for i, use in enumerate(uses)}
        self.called = labels(diagram, look.precision)

    def spoken(self, x: Tensor) -> str:
        """Return what a screen reader says of a tensor."""
        return f"{self._line(x)}, {glimpse(x.data, self.look.precision)}"

    def _line(self, x: Tensor) -> str:
        """Return how a tensor is computed, ``price = #1 × tax``."""
        name = self.called[x]
        if x.op is None:
            return name
        sources = [self.called[source] for source in x.op.inputs]
        sign = symbol(x.op)
        if len(sources) == 2 and len(sign) == 1:
            return f"{name} = {sources[0]} {sign} {sources[1]}"
        return f"{name} = {sign}({', '.join(sources)})"

    def tensor(self, x: Tensor) -> Json:
        """Write a tensor."""
        return {
            "label": self.called[x],
            "name": self.diagram.names.get(x, ""),
            "value": self.store.add(x.data),
            "gradient": self._stored(self.diagram.gradients.get(x)),
            # What is given is the same tensor in all views.
            "key": self.store.key(x) if x.op is None else None,
            "edit": self._editable(x),
            "whole": x.dtype.kind in "iu",
        }

    def _stored(self, array: Any) -> int | None:
        return None if array is None else self.store.add(array)

    def _editable(self, x: Tensor) -> bool:
        """Whether a person may want other numbers there: not in labels, nor in constants."""
        if x.op is not None or x.dtype.kind == "b" or not x.size:
            return False
        if x.requires_grad:
            return True
        targets = [(use.target.op, use.position) for use in self.diagram.uses.get(x, ())]
        stated = [op.gradients.get(input_names(op)[k], "") for op, k in targets if op is not None]
        return x in self.diagram.names and None not in stated

    def call(self, x: Tensor, op: Op) -> Json:
        """Write a call: what it computes from what, and what it sends back to each input."""
        diagram = self.diagram
        options = recipe(x)
        own = {use.position: use for y in op.inputs for use in diagram.uses[y] if use.target is x}
        positions = range(len(op.inputs))
        return {
            "op": "" if options is None else op.name,
            "options": options,
            "constant": is_constant(x),
            "name": op.name,
            "symbol": shortened(symbol(op), 40),
            "line": self._line(x),
            "formula": self.formulas.forward(op),
            "output": self.tensors[x],
            "shape": x.shape,
            "inputs": [self.tensors[source] for source in op.inputs],
            "uses": [self.uses[own[k]] if own[k] in diagram.parts else None for k in positions],
            "terms": [self._term(op, k) for k in positions],
            "group": diagram.groups.get(x),
        }

    def _term(self, op: Op, position: int) -> Json:
        return {
            "name": input_names(op)[position],
            "gradient": self.formulas.gradient(op, position),
            "derivative": self.formulas.derivative(op, position),
        }

    def use(self, use: Use) -> Json:
        """Write a use: the gradient that comes back on it, and the local derivative."""
        part = self.diagram.parts.get(use)
        return {
            "source": self.tensors[use.source],
            "target": self.tensors[use.target],
            "position": use.position,
            "part": self._stored(part),
            "local": None if part is None else self._stored(_local(use)),
        }


def _local(use: Use) -> Any:
    """Return the local derivative as an array, where it is one factor for each element.

    That is so where the op is elementwise, and where its output is one number.
    """
    op = use.target.op
    if op is None or isinstance(op, Folded):
        return None
    if use.target.size != 1 and not derivative(op, use.position):
        return None
    try:
        found = quiet(op.backward, np.ones_like(use.target.data))
    except Exception:  # noqa: BLE001 - an op of the user's own may take its own gradient only
        return None
    one = found[use.position] if isinstance(found, tuple) else found
    # Where an input was broadcast, each of its elements has several factors.
    return one if one is not None and np.shape(one) == use.source.shape else None
