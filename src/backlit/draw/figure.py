"""A figure: a drawing that can be shown, saved and read aloud."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.data.atomic import write_atomically
from backlit.draw.pdf import pdf
from backlit.draw.png import png
from backlit.draw.svg import svg
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from backlit.draw.scene import Scene
    from backlit.draw.theme import Theme

__all__ = ["Figure"]


class Figure:
    """A drawn graph, or the program of a compiled step.

    Notebooks show it; ``print`` writes it as text. Its numbers are those at the time of drawing.
    """

    def __init__(
        self,
        scene: Scene,
        theme: Theme,
        text: str,
        titles: tuple[str, str],
        page: Callable[[], str] | None = None,
    ) -> None:
        self._scene, self._theme = scene, theme
        self._text, self._titles, self._page = text, titles, page

    @property
    def scene(self) -> Scene:
        """The texts and shapes in their places."""
        return self._scene

    @cached_property
    def svg(self) -> str:
        """The drawing as the text of an SVG file."""
        return svg(self._scene, self._theme, *self._titles)

    def png(self, scale: float = 2.0) -> bytes:
        """Return the drawing as the bytes of a PNG file, ``scale`` pixels to the unit of the SVG.

        Raises
        ------
        ValueRefusedError
            If ``scale`` is not above 0, or the picture would have more than 200 million pixels.
        """
        scene = self._scene
        size = scene.width * scene.height * (scale * scene.size) ** 2
        if not scale > 0 or size > 2e8:
            raise ValueRefusedError(
                f"png: scale is {scale}, which makes {max(size, 0):,.0f} pixels; choose one above "
                "0 that makes at most 200,000,000, or save as .svg, which has no pixels."
            )
        return png(self.svg, [text.text for text in self._scene.texts()], scale)

    @property
    def html(self) -> str:
        """The drawing as the text of a page that plays the steps and computes them anew.

        Raises
        ------
        GraphError
            If the graph's numbers have changed since it was drawn.
        ValueRefusedError
            If it is the drawing of a compiled step, which no page can play.
        """
        if self._page is None:
            raise ValueRefusedError(
                "html: a page plays the steps of a tensor's graph, and this is the program of a "
                "compiled step; save it as .svg, .png, .pdf or .txt."
            )
        return self._page()

    def save(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Path:
        """Write the drawing to ``path``, whole or not at all; the suffix says how.

        Parameters
        ----------
        path
            Ends with ``.svg``, ``.png``, ``.pdf``, ``.html`` for a page that plays the steps, or
            ``.txt`` for the text form.
        scale
            For PNG, pixels to the unit of the SVG.

        Returns
        -------
        Path
            Where the file is.

        Raises
        ------
        ValueRefusedError
            If the suffix is another.
        DataError
            If the file can't be written.
        """
        where = Path(path)
        kind = where.suffix.lower()
        if kind == ".png":
            content = self.png(scale)
        elif kind == ".pdf":
            content = pdf(self.svg)
        elif kind == ".html":
            content = self.html.encode()
        elif kind in {".svg", ".txt"}:
            content = (self.svg if kind == ".svg" else f"{self._text}\n").encode()
        else:
            raise ValueRefusedError(
                f"save: {where.name!r} ends with {kind or 'no suffix'!r}; a figure is saved as "
                ".svg, .png, .pdf, .html or .txt."
            )
        write_atomically(where, content)
        return where

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        return {"image/svg+xml": self.svg, "text/plain": self._text}

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Figure: {self._titles[0]}, {self._scene.width:.0f} × {self._scene.height:.0f}>"
