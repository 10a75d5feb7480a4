"""A block: many calls drawn as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from backlit.errors import GraphError
from backlit.op import Op

if TYPE_CHECKING:
    from backlit.tensor import Tensor

__all__ = ["Folded"]


class Folded(Op):
    """What stands in a drawing for the calls of a layer, or for runs of one structure.

    It is drawn, and never computed with.

    Parameters
    ----------
    title
        What it is called.
    detail
        What it is made of.
    count
        How often its structure follows itself.
    parameters
        How many numbers are trained inside it.
    calls
        What it stands for, in the order of computation.
    """

    opens = False

    def __init__(
        self, title: str, detail: str, count: int, parameters: int, calls: tuple[Tensor, ...]
    ) -> None:
        self.title, self.detail, self.count = title, detail, count
        self.parameters, self.calls = parameters, calls
        self.symbol = f"{title} ×{count}" if count > 1 else title  # type: ignore[misc]

    @property
    def name(self) -> str:
        """Its title."""
        return self.title

    def forward(self, *xs: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a block is for looking at."""
        raise GraphError(f"{self.title} is a block of a drawing, and computes nothing.")

    def backward(self, dz: Any) -> NoReturn:
        """Refuse: a block is for looking at."""
        self.forward(dz)

    def describe(self) -> str:
        """Return what it is made of."""
        times = f", {self.count} times in a row" if self.count > 1 else ""
        return f"{self.detail or self.title}{times} ({len(self.calls):,} ops)"
