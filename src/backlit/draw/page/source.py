"""The graph behind a figure, to be read again with other ops opened."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from backlit.draw.names import names
from backlit.draw.unfold import unfolded
from backlit.graph import history
from backlit.layers import Layer
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import FrameType

    from backlit.draw.diagram import Diagram

__all__ = ["Source"]


@dataclass(frozen=True)
class Source:
    """What a figure was drawn from.

    Parameters
    ----------
    root
        The output.
    read
        Reads the graph, as :func:`backlit.draw.read.read`, with the figure's other options.
    opened
        The names of the ops and blocks that the figure shows opened.
    known
        What names tensors and layers: a frame's variables, as far as they are those.
    """

    root: Tensor
    read: Callable[..., Diagram]
    opened: frozenset[str]
    known: Any

    @classmethod
    def of(
        cls,
        root: Tensor,
        read: Callable[..., Diagram],
        opened: Iterable[str],
        frame: FrameType | None,
    ) -> Source:
        """Return the source, with the names that tensors have now.

        The frame itself is not kept: it would keep alive all that its function computed.
        """
        calls = history(root)
        leaves = {x: None for call in calls for x in _inputs(call) if x.op is None}
        variables = {**frame.f_globals, **frame.f_locals} if frame is not None else {}
        found = {name: x for x, name in names([*leaves, *calls], frame).items()}
        known = SimpleNamespace(f_globals={}, f_locals={**dict(_layers(variables)), **found})
        return cls(root, read, frozenset(opened), known)

    def again(self, opened: frozenset[str], *, unfold: bool = False) -> Diagram:
        """Read the graph with other ops opened, or other blocks unfolded.

        Raises
        ------
        ValueRefusedError
            If there would be too many ops to draw.
        """
        names = sorted(opened) or None
        if unfold:
            return self.read(self.root, unfold=names, frame=self.known)
        return self.read(self.root, open=names, frame=self.known)

    @property
    def openable(self) -> tuple[str, ...]:
        """The names of the ops that have an inside, in the order of computation."""
        found: dict[str, bool] = {}
        for call in reversed(history(self.root)):
            op = call.op
            assert op is not None
            if op.opens and op.name not in found:
                found[op.name] = self._has_inside(op.name)
        return tuple(name for name, has_inside in found.items() if has_inside)

    def _has_inside(self, name: str) -> bool:
        try:
            return len(unfolded(self.root, name, 1).groups) > 0
        except Exception:  # noqa: BLE001 - an op of the user's own may do what tensors can't
            return False


def _inputs(call: Tensor) -> tuple[Tensor, ...]:
    return call.op.inputs if call.op is not None else ()


def _layers(variables: Mapping[str, Any]) -> Iterator[tuple[str, Layer]]:
    """Yield the layers that variables hold, and those in the attributes of plain objects."""
    for name, value in variables.items():
        if isinstance(value, Layer):
            yield name, value
        elif not isinstance(value, (Tensor, type, ModuleType)):
            for attribute, layer in getattr(value, "__dict__", {}).items():
                if isinstance(layer, Layer):
                    yield f"{name}.{attribute}", layer
