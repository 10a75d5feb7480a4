"""A figure: a drawing that can be shown, saved and read aloud."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.data.atomic import write_atomically
from backlit.draw import font
from backlit.draw.assemble import assembled
from backlit.draw.outline import outline, summary
from backlit.draw.place import placed
from backlit.draw.svg import svg
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    import os

    from backlit.draw.assemble import Look
    from backlit.draw.read import Diagram
    from backlit.draw.scene import Scene
    from backlit.draw.theme import Theme

__all__ = ["Figure"]


class Figure:
    """A drawn graph. Notebooks show it; ``print`` writes it as text.

    Its numbers are those at the time of drawing.
    """

    def __init__(self, diagram: Diagram, look: Look, theme: Theme) -> None:
        self._text = outline(diagram, look)
        self._titles = summary(diagram, look)
        self._theme = theme
        self._scene = placed(assembled(diagram, look), down=look.down)

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
        size = self._scene.width * self._scene.height * scale**2
        if not scale > 0 or size > 2e8:
            raise ValueRefusedError(
                f"png: scale is {scale}, which makes {max(size, 0):,.0f} pixels; choose one above "
                "0 that makes at most 200,000,000, or save as .svg, which has no pixels."
            )
        import resvg_py  # noqa: PLC0415 - SVG, what a notebook shows, needs no renderer

        family = "DejaVu Sans"
        return resvg_py.svg_to_bytes(
            svg_string=self.svg,
            zoom=scale,
            font_files=font.files(),
            font_family=family,
            sans_serif_family=family,
            text_rendering="geometric_precision",
        )

    def save(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Path:
        """Write the drawing to ``path``, whole or not at all; the suffix says how.

        Parameters
        ----------
        path
            Ends with ``.svg``, ``.png``, or ``.txt`` for the text form.
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
        elif kind in {".svg", ".txt"}:
            content = (self.svg if kind == ".svg" else f"{self._text}\n").encode()
        else:
            raise ValueRefusedError(
                f"save: {where.name!r} ends with {kind or 'no suffix'!r}; a figure is saved as "
                ".svg, .png or .txt."
            )
        write_atomically(where, content)
        return where

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        return {"image/svg+xml": self.svg, "text/plain": self._text}

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Figure: {self._titles[0]}, {self._scene.width:.0f} × {self._scene.height:.0f}>"
