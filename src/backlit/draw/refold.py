"""From a diagram of single calls to one in which blocks stand for many."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from backlit.draw.diagram import Diagram, Use
from backlit.draw.folded import Folded
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backlit.draw.opening import Shown
    from backlit.draw.structure import Part, Structure
    from backlit.draw.titles import Titles

__all__ = ["refolded"]


def refolded(
    diagram: Diagram, structure: Structure, titles: Titles, shown: Sequence[Shown]
) -> Diagram:
    """Return the diagram with every part of ``shown`` as one call.

    A block keeps the value and the gradient of its output. What a tensor sends into it
    several times is one arrow, with the sum of the gradients that come back on it.
    """
    if all(not part.parts for part, _ in shown) and len(shown) == len(diagram.calls):
        return diagram
    return _Refolding(diagram, structure, titles, shown).diagram()


class _Refolding:
    def __init__(
        self, old: Diagram, structure: Structure, titles: Titles, shown: Sequence[Shown]
    ) -> None:
        self.old = old
        self.structure = structure
        self.titles = titles
        self.shown = shown
        self.owned = _owned(structure)
        self.at = [i for i, (part, _) in enumerate(shown) for _ in range(len(part))]
        """For each old call the number of the part it is in."""
        self.new: dict[Tensor, Tensor] = {}
        self.hidden = self._hidden()

    def _part_of(self, x: Tensor) -> int:
        return self.at[self.structure.place[x]]

    def _hidden(self) -> set[Tensor]:
        """Return the leaves that only one block uses, and that are its own."""
        found = set()
        for x in self.old.leaves:
            users = {self._part_of(use.target) for use in self.old.uses.get(x, ())}
            if len(users) != 1:
                continue
            part = self.shown[users.pop()][0]
            if part.parts and x not in part.begins and self._own(x, part):
                found.add(x)
        return found

    def _own(self, x: Tensor, part: Part) -> bool:
        if id(x) in self.owned:
            return True
        constant = not x.requires_grad and x not in self.old.names
        if constant and not x.ndim:
            return True
        if not part.repeats:
            return False
        # Given to one round only, as a weight is; what all share is shown.
        places = [self.structure.place[use.target] for use in self.old.uses[x]]
        rounds = {i for i, body in enumerate(part.parts) for place in places
                  if body.start <= place < body.stop}  # fmt: skip
        return len(rounds) == 1

    def diagram(self) -> Diagram:
        """Return the new diagram."""
        old, calls = self.old, []
        uses: dict[Tensor, list[Use]] = {}
        parts: dict[Use, Any] = {}
        groups: dict[Tensor, int] = {}
        titles = dict(old.titles)
        keys: dict[str, int] = {}
        for i, (part, frame) in enumerate(self.shown):
            x = self._call(i, part)
            calls.append(x)
            arriving = self._arriving(part)
            assert x.op is not None
            for position, source in enumerate(x.op.inputs):
                use = Use(source, x, position)
                uses.setdefault(source, []).append(use)
                gradient = arriving[position]
                if gradient is not None:
                    parts[use] = gradient
            if frame:
                key = keys.setdefault(frame, len(old.titles) + len(keys))
                groups[x], titles[key] = key, frame
        for x, key in old.groups.items():
            if x in self.new:
                groups[self.new[x]] = key
        used = set(groups.values())
        names = {self.new.get(x, x): name for x, name in old.names.items()
                 if x.op is None or x in self.new}  # fmt: skip
        numbers = {key: i for i, key in enumerate(sorted(used))}
        return Diagram(
            self.new[old.root],
            tuple(x for x in old.leaves if x not in self.hidden),
            tuple(calls),
            {x: tuple(found) for x, found in uses.items()},
            names,
            {self.new.get(x, x): dx for x, dx in old.gradients.items()
             if (x.op is None and x not in self.hidden) or x in self.new},
            parts,
            {x: numbers[key] for x, key in groups.items()},
            {numbers[key]: title for key, title in titles.items() if key in used},
        )  # fmt: skip

    def _call(self, i: int, part: Part) -> Tensor:
        place = part.start if not part.parts else self.structure.output(part)
        assert place is not None, "only parts of one output are shown as one"
        out = self.structure.calls[place]
        assert out.op is not None
        if part.parts:
            op: Any = self._block(part)
            op.inputs = tuple(dict.fromkeys(self.new.get(x, x) for x, _ in self._inputs(part)))
        else:
            op = copy.copy(out.op)
            op.inputs = tuple(self.new.get(x, x) for x in out.op.inputs)
        op.order = i + 1
        new = Tensor(out.data, requires_grad=out.requires_grad)
        new.op = op
        self.new[out] = new
        return new

    def _inputs(self, part: Part) -> list[tuple[Tensor, Use]]:
        """Return what enters the part, with the arrow on which it does."""
        found = []
        for x in self.structure.calls[part.start : part.stop]:
            assert x.op is not None
            for position, source in enumerate(x.op.inputs):
                place = self.structure.place.get(source, -1)
                if place < part.start and source not in self.hidden:
                    found.append((source, Use(source, x, position)))
        return found

    def _arriving(self, part: Part) -> list[Any]:
        """Return the gradient that comes back to each input of the part."""
        found = [(self.new.get(x, x), self.old.parts.get(use)) for x, use in self._inputs(part)]
        if not part.parts:
            return [gradient for _, gradient in found]
        sums: dict[Tensor, Any] = {}
        for x, gradient in found:
            known = sums.get(x)
            sums[x] = gradient if known is None else known if gradient is None else known + gradient
        return list(sums.values())

    def _block(self, part: Part) -> Folded:
        calls = self.structure.calls[part.start : part.stop]
        inside = {id(x): x for call in calls for x in call.op.inputs if x in self.hidden}  # type: ignore[union-attr]
        trained = sum(x.size for x in inside.values() if x.requires_grad)
        count = len(part.parts) if part.repeats else 1
        title, detail = self.titles.title(part), self.titles.detail(part)
        return Folded(title, "" if detail == title else detail, count, trained, calls)


def _owned(structure: Structure) -> set[int]:
    """Return the identities of the parameters of all layers, trained or frozen."""
    roots = {id(part.layer): part.layer for part in structure.layers if part.layer is not None}
    return {id(x) for layer in roots.values() for x in layer._tensors().values()}  # noqa: SLF001
