"""What a notebook shows of an explanation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

__all__ = ["Shown"]


class Shown(ABC):
    """Notebooks show it as HTML, LaTeX or text, whichever they can."""

    @abstractmethod
    def latex(self) -> str:
        """Return it as LaTeX, to stand between dollar signs."""

    @abstractmethod
    def _repr_html_(self) -> str: ...

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        return {
            "text/html": self._repr_html_(),
            "text/latex": self._repr_latex_(),
            "text/plain": str(self),
        }
