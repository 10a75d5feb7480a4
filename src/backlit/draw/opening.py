"""Opening one block of a folded graph by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from backlit.draw.repeats import repeated
from backlit.draw.structure import Part
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backlit.draw.structure import Structure
    from backlit.draw.titles import Titles

__all__ = ["Opening", "Shown", "whole"]

Shown: TypeAlias = tuple[Part, str]
"""A part that is drawn as one op or block, and the title of the opened block that it is in."""


def whole(parts: Iterable[Part], structure: Structure) -> list[Part]:
    """Return the parts; in the place of one with several outputs what it consists of."""
    result: list[Part] = []
    waiting = list(parts)[::-1]
    while waiting:
        part = waiting.pop()
        if part.parts and structure.output(part) is None:
            waiting += part.parts[::-1]
        else:
            result.append(part)
    return result


class Opening:
    """Opens the first block of a name, and all that stands around it.

    Of a run that repeats, one round is opened; what comes before and after it stays folded.
    """

    def __init__(self, structure: Structure, titles: Titles, name: str) -> None:
        self._structure = structure
        self._titles = titles
        self._name = name
        self._found = False

    def opened(self, parts: Sequence[Shown]) -> list[Shown]:
        """Return the parts with the block opened.

        Raises
        ------
        ValueRefusedError
            If there is no such block.
        """
        result: list[Shown] = []
        waiting = list(parts)[::-1]
        while waiting:
            part, frame = waiting.pop()
            inside = [] if self._found else self._inside(part, frame)
            if inside:
                waiting += inside[::-1]
            else:
                result.append((part, frame))
        if not self._found:
            self._refuse(parts)
        return result

    def _inside(self, part: Part, frame: str) -> list[Shown]:
        """Return what stands in the place of ``part``; nothing if the block is not in it."""
        titles = self._titles
        if not part.parts:
            return []
        if self._name in {titles.title(part), part.name}:
            self._found = True
            if not part.repeats:
                return self._framed(part)
            return [*self._framed(part.parts[0]), *self._rest(part.parts[1:], part, frame)]
        if self._name not in titles.within(part):
            return []
        if not part.repeats:
            return [(inner, frame) for inner in self._folded(part.parts)]
        place = next(
            i
            for i, body in enumerate(part.parts)
            if self._name == titles.layer(body) or self._name in titles.within(body)
        )
        body = part.parts[place]
        return [
            *self._rest(part.parts[:place], part, frame),
            *((inner, frame) for inner in self._units(body)),
            *self._rest(part.parts[place + 1 :], part, frame),
        ]

    def _framed(self, part: Part) -> list[Shown]:
        return [(inner, self._name) for inner in self._folded(part.parts or (part,))]

    def _folded(self, parts: Sequence[Part]) -> list[Part]:
        structure = self._structure
        return repeated(whole(parts, structure), structure, structure.tokens(exact=True))

    def _units(self, body: Part) -> list[Part]:
        return whole((body,) if body.layer is not None else body.parts or (body,), self._structure)

    def _rest(self, bodies: Sequence[Part], run: Part, frame: str) -> list[Shown]:
        """Return what is left of a run, folded as far as it can be."""
        if len(bodies) > 1:
            left = Part(bodies[0].start, bodies[-1].stop, tuple(bodies), None, True, run.begins)
            if self._structure.output(left) is not None:
                return [(left, frame)]
        return [(unit, frame) for body in bodies for unit in self._units(body)]

    def _refuse(self, parts: Sequence[Shown]) -> None:
        titles = self._titles
        known = {titles.title(part): None for part, _ in parts if part.parts}
        for part, _ in parts:
            known |= titles.within(part)
        listed = ", ".join(list(known)[:20]) + (", …" if len(known) > 20 else "")
        raise ValueRefusedError(
            f"draw: there is no block {self._name!r} to unfold in this graph; it has "
            f"{listed or 'none'}."
        )
