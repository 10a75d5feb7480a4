"""Reading a graph for a drawing: its calls, every use of every tensor, and all gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.diagram import Diagram, Use
from backlit.draw.fold import shown
from backlit.draw.names import layer_names, names
from backlit.draw.refold import refolded
from backlit.draw.structure import Structure
from backlit.draw.titles import Titles
from backlit.draw.unfold import unfolded
from backlit.errors import ValueRefusedError
from backlit.graph import history, propagate, unbroadcast
from backlit.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import FrameType

    from backlit.draw.fold import Fold
    from backlit.op import Op
    from backlit.tensor import Tensor

__all__ = ["Diagram", "Use", "read"]

_FOLDED = 500
"""A graph that is to be folded may have so many times as many ops as are drawn."""


def read(
    root: Tensor,
    *,
    dout: Any = None,
    gradients: bool | None = None,
    open: str | Collection[str] | None = None,
    depth: int = 0,
    fold: Fold = "auto",
    unfold: str | Collection[str] | None = None,
    limit: int = 300,
    frame: FrameType | None = None,
) -> Diagram:
    """Read the graph of ``root``; see :func:`backlit.draw.draw` for the options."""
    most = limit if fold is False else limit * _FOLDED
    _keep_within(len(history(root)), most, limit)
    graph = unfolded(root, open, depth)
    calls = tuple(history(graph.root)[::-1])
    _keep_within(len(calls), most, limit)
    uses: dict[Tensor, list[Use]] = {}
    for x in calls:
        for position, source in enumerate(x.op.inputs):  # type: ignore[union-attr]
            uses.setdefault(source, []).append(Use(source, x, position))
    leaves = tuple(x for x in uses if x.op is None) if calls else (graph.root,)
    if gradients is None:
        gradients = root.requires_grad and (root.data.size == 1 or dout is not None)
    totals: dict[Tensor, Any] = {}
    parts: dict[Use, Any] = {}
    if gradients:
        upstream = root._upstream(dout)  # noqa: SLF001
        totals, parts = quiet(_gradients, graph.root, upstream, uses)
    known = names([*leaves, *(graph.origin[x] for x in calls if x in graph.origin)], frame)
    called = {x: known[graph.origin.get(x, x)] for x in (*leaves, *calls)
              if graph.origin.get(x, x) in known}  # fmt: skip
    if not calls:
        called = names([graph.root], frame)
    keys: dict[Tensor, int] = {}
    for owner in graph.groups.values():
        keys.setdefault(owner, len(keys))
    diagram = Diagram(
        graph.root,
        leaves,
        calls,
        {x: tuple(found) for x, found in uses.items()},
        called,
        totals,
        parts,
        {x: keys[owner] for x, owner in graph.groups.items()},
        {key: owner.op.name for owner, key in keys.items()},  # type: ignore[union-attr]
    )
    if fold is False:
        return diagram
    origin = {x: graph.groups[x] if x in graph.groups else graph.origin[x] for x in calls}
    structure = Structure(diagram, origin)
    roots = [part.layer for part in structure.layers if part.layer is not None]
    titles = Titles(structure, layer_names(roots, frame))
    folded = refolded(diagram, structure, titles, shown(structure, titles, fold, unfold))
    _keep_within(len(folded.calls), limit, limit)
    return folded


def _gradients(
    root: Tensor, upstream: Any, uses: dict[Tensor, list[Use]]
) -> tuple[dict[Tensor, Any], dict[Use, Any]]:
    """Send ``upstream`` back, and keep what arrives through each use."""
    by_op: dict[Op, list[Use]] = {}
    for found in uses.values():
        for use in found:
            by_op.setdefault(use.target.op, []).append(use)  # type: ignore[arg-type]
    parts: dict[Use, Any] = {}

    def pull(node: Tensor, dz: Any) -> Any:
        op: Op = node.op  # type: ignore[assignment]
        gradients = op.backward(dz)
        if type(gradients) is not tuple:
            gradients = (gradients,)
        for use in by_op[op]:
            dx = gradients[use.position] if use.position < len(gradients) else None
            if dx is not None and use.source.requires_grad:
                parts[use] = unbroadcast(np.asarray(dx), use.source.shape)
        return gradients

    return propagate(root, upstream, pull, retain=True), parts


def _keep_within(count: int, most: int, limit: int) -> None:
    if count > most:
        raise ValueRefusedError(
            f"draw: the graph has {count:,} ops, and a drawing of more than {limit:,} is hard to "
            f"read. Draw a part (an intermediate tensor, one block of the net), fold it "
            f"(fold='layer' or 'repeat'), or say limit={count} to draw it all."
        )
