"""All figures of the gallery, in the order of the chapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from backlit.errors import ValueRefusedError
from backlit.gallery import matrices, nets, nodes, shopping, sigmoids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backlit.draw import Figure
    from backlit.gallery.chart import Chart
    from backlit.gallery.setting import Setting

    Picture: TypeAlias = Figure | Chart

__all__ = ["ENTRIES", "Entry", "entries"]


@dataclass(frozen=True)
class Entry:
    """A figure: what its files are called, and what draws it after checking its numbers."""

    id: str
    draw: Callable[[Setting], Picture]


ENTRIES: tuple[Entry, ...] = (
    Entry("apples-values", shopping.values),
    Entry("apples-gradients", shopping.apples),
    Entry("apples-and-oranges", shopping.apples_and_oranges),
    Entry("local-computation", shopping.local_computation),
    Entry("chain-rule", nodes.chain_rule),
    Entry("chain-rule-derivatives", nodes.derivatives),
    Entry("add-node", nodes.add),
    Entry("multiply-node", nodes.multiply),
    Entry("relu-on", nodes.relu_on),
    Entry("relu-off", nodes.relu_off),
    Entry("sigmoid-1-divide", sigmoids.step(1)),
    Entry("sigmoid-2-add", sigmoids.step(2)),
    Entry("sigmoid-3-exp", sigmoids.step(3)),
    Entry("sigmoid-4-multiply", sigmoids.step(4)),
    Entry("sigmoid-grouped", sigmoids.grouped),
    Entry("sigmoid-simplified", sigmoids.simplified),
    Entry("affine-vector", matrices.vector),
    Entry("affine-batch", matrices.batch),
    Entry("softmax-with-loss", matrices.loss_whole),
    Entry("softmax-with-loss-simplified", matrices.loss_simplified),
    Entry("two-layer-net", nets.values),
    Entry("two-layer-net-gradients", nets.gradients),
    Entry("training-curve", nets.curve),
)


def entries(ids: Iterable[str] | None = None) -> tuple[Entry, ...]:
    """Return the figures of these ids, all if left out, in the order of the chapter.

    Raises
    ------
    ValueRefusedError
        If there is no figure of an id; the message lists those that there are.
    """
    if ids is None:
        return ENTRIES
    asked = list(dict.fromkeys([ids] if isinstance(ids, str) else ids))
    known = [entry.id for entry in ENTRIES]
    wrong = [id for id in asked if id not in known]
    if wrong:
        raise ValueRefusedError(
            f"gallery: there is no figure {wrong[0]!r}; there are {', '.join(known)}."
        )
    return tuple(entry for entry in ENTRIES if entry.id in asked)
