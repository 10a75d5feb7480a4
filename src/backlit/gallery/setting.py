"""How the figures are to be drawn: in which language and which colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backlit.draw import draw
from backlit.gallery import words
from backlit.tensor import Tensor, tensor

if TYPE_CHECKING:
    from backlit.draw import Figure

__all__ = ["Setting"]


@dataclass(frozen=True)
class Setting:
    """A language and a theme.

    Parameters
    ----------
    language
        ``"en"``, ``"ja"`` or ``"ko"``.
    theme
        ``"light"``, ``"dark"`` or ``"print"``.
    """

    language: str = "en"
    theme: str = "light"

    def name(self, key: str) -> str:
        """Return a name in the language."""
        return words.name(key, self.language)

    def given(self, key: str, data: Any) -> Tensor:
        """Return a tensor whose name is in the language."""
        return tensor(data, self.name(key))

    def draw(self, y: Tensor, name: str = "", **options: Any) -> Figure:
        """Draw ``y`` in the theme, by this name."""
        if name:
            y.name = name
        return draw(y, theme=self.theme, fold=False, **options)  # type: ignore[arg-type]
