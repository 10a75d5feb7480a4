"""What a drawing shows, without places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backlit.tensor import Tensor

__all__ = ["Diagram", "Use"]


@dataclass(frozen=True)
class Use:
    """One arrow of the graph: ``source`` enters the op of ``target`` at ``position``."""

    source: Tensor
    target: Tensor
    position: int


@dataclass(frozen=True)
class Diagram:
    """All that a drawing shows, without places.

    Parameters
    ----------
    root
        The output.
    leaves
        What was given, in the order of first use; constants too.
    calls
        What was computed, each after all that it uses.
    uses
        For each tensor, where it is used, in order.
    names
        What tensors are called.
    gradients
        The gradient of each tensor; empty if there are none to show.
    parts
        The gradient that arrives through each use. A tensor's gradient is their sum.
    groups
        For each tensor from inside an opened op, a key of that op; and each key's title.
    """

    root: Tensor
    leaves: tuple[Tensor, ...]
    calls: tuple[Tensor, ...]
    uses: dict[Tensor, tuple[Use, ...]]
    names: dict[Tensor, str]
    gradients: dict[Tensor, Any]
    parts: dict[Use, Any]
    groups: dict[Tensor, int]
    titles: dict[int, str]
