"""Why the numbers of a page can't be changed, where they can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit import ops
from backlit.draw.folded import Folded
from backlit.draw.page.recipe import recipe

if TYPE_CHECKING:
    from backlit.draw.read import Diagram
    from backlit.tensor import Tensor

__all__ = ["is_constant", "why_fixed"]


def why_fixed(diagram: Diagram) -> str:
    """Return a sentence on why a page can't compute the graph anew; empty if it can.

    Examples
    --------
    >>> import backlit as bl
    >>> import numpy as np
    >>> from backlit.draw.read import read
    >>> x = bl.tensor([1.0, -2.0])
    >>> why_fixed(read(bl.relu(x)))
    ''
    >>> why_fixed(read(np.where(x > 0, x, 0.0)))
    'A comparison was made once, when the graph was recorded.'
    """
    missing = {
        call.op.name: None
        for call in diagram.calls
        if call.op is not None and not is_constant(call) and recipe(call) is None
    }
    if any(isinstance(call.op, Folded) for call in diagram.calls):
        return "Blocks of several ops are folded here, and a page computes single ops."
    if missing:
        return f"A page can't compute {', '.join(missing)} anew."
    if any(_compared(x, diagram) for x in diagram.leaves):
        return "A comparison was made once, when the graph was recorded."
    return ""


def is_constant(call: Tensor) -> bool:
    """Whether a call's value stays as it was, whatever it was computed from: a random mask."""
    return isinstance(call.op, ops.DropoutMask)


def _compared(x: Tensor, diagram: Diagram) -> bool:
    """Whether ``x`` is the result of a comparison, which may come out otherwise next time.

    Inside of the softmax's loss it is labels that are compared, and those stay.
    """
    if x.dtype.kind != "b":
        return False
    keys = {diagram.groups.get(use.target) for use in diagram.uses.get(x, ())}
    titles = {diagram.titles.get(key, "") if key is not None else "" for key in keys}
    return titles != {"softmax_cross_entropy"}
