"""What blocks are called, and what they are made of in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.draw.font import shortened
from backlit.draw.formula import symbol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backlit.draw.structure import Part, Structure

__all__ = ["Titles"]

_LONG, _STEPS = 36, 6


class Titles:
    """The words for the parts of a structure.

    Parameters
    ----------
    structure
        Whose parts they are.
    called
        What layers are called, by their identity.
    """

    def __init__(self, structure: Structure, called: Mapping[int, str]) -> None:
        self._structure = structure
        self._called = called

    def layer(self, part: Part) -> str:
        """Return the name of the layer whose call the part is; empty if it is none."""
        if part.layer is None:
            return ""
        return self._called.get(id(part.layer), type(part.layer).__name__.lower().strip("_"))

    def title(self, part: Part) -> str:
        """Return what a block is called: as its layer, or from its first layer to its last."""
        if not part.repeats:
            return self.layer(part) or part.name
        first, last = self._ends(part)
        if not first or not last:
            return part.name
        return first if first == last else f"{first} … {last}"

    def _ends(self, run: Part) -> tuple[str, str]:
        first, last = run.parts[0], run.parts[-1]
        return (
            self.layer(first) or (self.layer(first.parts[0]) if first.parts else ""),
            self.layer(last) or (self.layer(last.parts[-1]) if last.parts else ""),
        )

    def detail(self, part: Part) -> str:
        """Return what a block is made of: its layer with its sizes, or the steps of one round."""
        if part.repeats:
            body = part.parts[0]
            return self._steps((body,) if body.layer is not None else body.parts or (body,))
        if part.layer is not None:
            told = repr(part.layer)
            return told if len(told) <= _LONG and "\n" not in told else type(part.layer).__name__
        return self._steps(part.parts)

    def _steps(self, parts: Sequence[Part]) -> str:
        kinds = [self._kind(part) for part in parts[:_STEPS]]
        more = f" … {len(parts)} steps" if len(parts) > _STEPS else ""
        return " → ".join(kinds) + more

    def _kind(self, part: Part) -> str:
        if part.layer is not None:
            return type(part.layer).__name__
        if part.repeats:
            return f"({self.detail(part)}) ×{len(part.parts)}"
        op = self._structure.calls[part.start].op
        assert op is not None
        return shortened(symbol(op), 16)

    def within(self, part: Part) -> dict[str, None]:
        """Return the names of all layers inside a part, in order."""
        found: dict[str, None] = {}
        waiting = list(part.parts[::-1])
        while waiting:
            inner = waiting.pop()
            if inner.layer is not None:
                found[self.layer(inner)] = None
            waiting += inner.parts[::-1]
        return found
