"""What the page of a drawn graph is made of, when one is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backlit.draw.outline import outline
from backlit.errors import GraphError

if TYPE_CHECKING:
    from backlit.draw.assemble import Look
    from backlit.draw.diagram import Diagram
    from backlit.draw.page.source import Source
    from backlit.draw.theme import Theme

__all__ = ["Played"]


@dataclass(frozen=True)
class Played:
    """A drawn graph, for a page that plays its steps; called, it returns the page's text."""

    diagram: Diagram
    look: Look
    theme: Theme
    text: str
    """What the graph was in words when it was drawn."""
    titles: tuple[str, str]
    source: Source

    def __call__(self) -> str:
        """Return the page, unless the numbers are no more those that were drawn."""
        from backlit.draw.page.page import page  # noqa: PLC0415 - for pages only

        if outline(self.diagram, self.look) != self.text:
            raise GraphError(
                "html: the numbers of the graph have changed since it was drawn (by an optimiser's "
                "step, say); draw it again, and save the page before the next step."
            )
        return page(self.diagram, self.look, self.theme, self.titles, self.source)
