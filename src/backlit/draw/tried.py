"""An output before and after some inputs change."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.font import shortened
from backlit.draw.names import caller, names
from backlit.draw.notebook import Shown
from backlit.draw.number import number
from backlit.draw.tex import number_tex, text_tex
from backlit.draw.why_html import what_if_html
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.graph import history, propagate
from backlit.quiet import quiet
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["WhatIf", "tried"]


@dataclass(frozen=True)
class WhatIf(Shown):
    """The output before and after a change, and the change that the gradient predicts."""

    of: str
    changes: str
    before: float
    after: float
    predicted: float
    precision: int = 4

    @property
    def change(self) -> float:
        """How the output truly changes."""
        return self.after - self.before

    def signed(self, value: float) -> str:
        """Return a change with its sign, in the digits asked for."""
        return _signed(value, self.precision)

    def latex(self) -> str:
        """Return it as LaTeX, to stand between dollar signs."""
        true, promised = (number_tex(x, self.precision) for x in (self.change, self.predicted))
        delta = rf"\Delta {text_tex(self.of)}"
        return (
            rf"{text_tex(self.changes)}:\quad {delta} = {true},\quad "
            rf"\text{{the gradient predicts }} {promised}"
        )

    def _repr_html_(self) -> str:
        return what_if_html(self)

    def __str__(self) -> str:
        true, promised = (self.signed(x) for x in (self.change, self.predicted))
        before, after = number(self.before, self.precision), number(self.after, self.precision)
        return (
            f"{self.changes}: {self.of} changes by {true} ({before} → {after}); "
            f"the gradient predicts {promised}"
        )


def tried(
    y: Tensor, changes: Mapping[Tensor, ArrayLike], named: Mapping[str, ArrayLike], precision: int
) -> WhatIf:
    """Compute ``y`` before and after the changes; see :func:`backlit.draw.what_if`."""
    if not isinstance(y, Tensor):
        raise TypeRefusedError(f"what_if takes a tensor, but got {type(y).__name__}.")
    if y.size != 1:
        raise ShapeError(f"what_if takes an output of one number, but it has shape {y.shape}.")
    calls = history(y)[::-1]
    leaves = {x: None for z in calls for x in z.op.inputs if x.op is None}  # type: ignore[union-attr]
    known = names([*leaves, y], caller())
    steps = _steps(leaves, known, changes, named)
    gradients = _gradients(y)
    predicted = sum(
        float(np.sum(gradients[x] * step)) for x, step in steps.items() if x in gradients
    )
    after = quiet(_replayed, calls, {x: x.data + step for x, step in steps.items()})
    told = ", ".join(
        f"{shortened(known.get(x, 'it'))} "
        + (_signed(step, precision) if not step.ndim else "+ array")
        for x, step in steps.items()
    )
    of = shortened(known.get(y, "y"))
    return WhatIf(of, told, float(y.item()), float(after.item()), predicted, precision)


def _steps(
    leaves: Mapping[Tensor, None],
    known: Mapping[Tensor, str],
    changes: Mapping[Tensor, ArrayLike],
    named: Mapping[str, ArrayLike],
) -> dict[Tensor, NDArray[Any]]:
    given = dict(changes)
    for name, change in named.items():
        matching = [x for x in leaves if known.get(x) == name]
        if len(matching) != 1:
            listed = ", ".join(sorted({known[x] for x in leaves if x in known})) or "none named"
            raise ValueRefusedError(
                f"what_if: {len(matching) or 'no'} input of this graph is called {name!r}; its "
                f"inputs are {listed}. A dict from tensors to changes does without names."
            )
        given[matching[0]] = change
    if not given:
        raise ValueRefusedError("what_if: nothing changes; say what does, apple=+1 for example.")
    steps = {}
    for x, change in given.items():
        if x not in leaves:
            raise ValueRefusedError(
                f"what_if: the output was not computed from {x!r:.60}; only inputs change."
            )
        step = np.asarray(change, float)
        if np.broadcast_shapes(step.shape, x.shape) != x.shape:
            raise ShapeError(
                f"what_if: a change of shape {step.shape} does not fit "
                f"{known.get(x, 'its tensor')}, which has shape {x.shape}."
            )
        steps[x] = step
    return steps


def _gradients(y: Tensor) -> dict[Tensor, Any]:
    """Return the gradient of every leaf of ``y``, and leave nothing in ``.grad``."""

    def sent(root: Tensor) -> dict[Tensor, Any]:
        return propagate(root, np.ones_like(root.data))

    found: dict[Tensor, Any] = quiet(sent, y)
    return found


def _replayed(calls: list[Tensor], values: dict[Tensor, NDArray[Any]]) -> Any:
    """Compute the graph again, with ``values`` for some leaves, on copies of its ops."""
    last: Any = None
    for z in calls:
        op = copy.copy(z.op)
        assert op is not None
        last = np.asarray(op.run(*(values.get(x, x.data) for x in op.inputs)))
        values[z] = last
    return last


def _signed(value: Any, precision: int) -> str:
    text = number(value, precision)
    return text if text.startswith("−") else f"+{text}"
