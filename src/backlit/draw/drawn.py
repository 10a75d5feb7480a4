"""From a tensor and how it is to look to its figure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from backlit.draw.assemble import Look, assembled
from backlit.draw.figure import Figure
from backlit.draw.names import caller
from backlit.draw.outline import outline, summary
from backlit.draw.page.source import Source
from backlit.draw.place import placed
from backlit.draw.played import Played
from backlit.draw.read import read
from backlit.draw.theme import theme as theme_named

if TYPE_CHECKING:
    from collections.abc import Collection

    from backlit.draw.fold import Fold
    from backlit.tensor import Tensor, TensorLike

__all__ = ["drawn"]


def drawn(
    y: Tensor,
    *,
    values: bool,
    gradients: bool | Literal["symbols"] | None,
    steps: int | None,
    dout: TensorLike | None,
    formulas: bool,
    open: str | Collection[str] | None,
    depth: int,
    fold: Fold,
    unfold: str | Collection[str] | None,
    direction: str,
    theme: str,
    precision: int,
    size: float,
    limit: int,
) -> Figure:
    """Draw ``y``; see :func:`backlit.draw.draw` for the options."""
    colours = theme_named(theme)
    symbols = gradients == "symbols"
    look = Look(
        values,
        formulas,
        direction in {"down", "up"},
        precision,
        back=direction in {"left", "up"},
        symbols=symbols,
        steps=steps,
        size=size,
    )
    frame = caller()
    wanted = True if gradients == "symbols" else gradients
    again = partial(read, dout=dout, gradients=wanted, fold=fold, limit=limit)
    diagram = again(y, open=open, depth=depth, unfold=unfold, frame=frame)
    source = Source.of(y, again, _opened(open, depth) | _opened(unfold), frame)
    scene = placed(assembled(diagram, replace(look, fine=True)), down=look.down)
    text, titles = outline(diagram, look), summary(diagram, look)
    page = Played(diagram, look, colours, text, titles, source)
    return Figure(replace(scene, size=size), colours, text, titles, page)


def _opened(names: str | Collection[str] | None, depth: int = 0) -> set[str]:
    """Return the names of what is drawn opened."""
    found = {names} if isinstance(names, str) else set(names or ())
    return found or ({"all"} if depth else found)
