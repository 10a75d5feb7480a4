"""What can't even be run once, for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.check.part import Back, Broken, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Stub"]


class Stub(Part):
    """Stands for a layer that can't even be run once."""

    def __init__(self, name: str, root: Any) -> None:
        self.name, self.root, self.slots, self.inputs = name, root, [], {}

    def output(self) -> NDArray[Any]:
        """Refuse."""
        raise Broken("forward", message="can't be run")

    def back(self, dout: NDArray[Any], **options: Any) -> Back:
        """Refuse."""
        raise Broken("backward", message=f"can't be run with {dout!r:.40} and {options}")

    def method(self, phase: str) -> Callable[..., Any] | None:
        """Return the user's method, if there is one."""
        if isinstance(self.root, tuple):
            function: Callable[..., Any] = self.root[phase != "forward"]
            return function
        return getattr(self.root, phase, None)
