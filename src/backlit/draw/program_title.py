"""What stands in a box of a program: what is called, and where in the step that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backlit.compile.node import Node

if TYPE_CHECKING:
    from backlit.compile.node import Place

__all__ = ["call_title", "layer_of", "place_title"]

_FORMULA = 48
"""A longer one is left out: of a box it would make a strip."""


def place_title(nodes: list[Node]) -> tuple[str, tuple[str, ...]]:
    """Return the title of all calls at one place, and lines on them."""
    place = nodes[0].place
    kernel = next((node for node in nodes if node.function == "kernel"), None)
    if kernel is not None:
        return call_title(kernel)
    count = f"{len(nodes):,} call{'s'[: len(nodes) != 1]}"
    if place.phase == "update":
        return f"update {layer_of(place)}".strip(), (place.text, count)
    if not place.name:
        return place.phase, (", ".join(dict.fromkeys(map(_called, nodes))), count)
    formula = place.text if place.phase == "forward" and len(place.text) <= _FORMULA else ""
    return _heading(place), (formula, count)


def call_title(node: Node) -> tuple[str, tuple[str, ...]]:
    """Return the title of one call, and lines on it."""
    place = node.place
    if node.function == "kernel":
        return _heading(place), (place.text, *node.value.does)
    return _written(node), ((place.text if place.phase == "update" else place.name) or place.phase,)


def _heading(place: Place) -> str:
    if not place.name:
        return place.phase
    return f"{place.name}, backward" if place.phase == "backward" else place.name


def _called(node: Node) -> str:
    """Return what is called, without the library's name."""
    match node.function:
        case "draw":
            return str(node.operands[1])
        case "whole":
            return f"{node.operands[0].name}.forward"
        case "getitem":
            return "look up"
        case "subtract_product":
            return "subtract product"
    return node.function.removeprefix("np.")


def _written(node: Node) -> str:
    """Return what is called, with the numbers that it is called with."""
    if node.function in {"draw", "whole", "getitem", "scatter", "refuse"}:
        return _called(node)
    numbers = [_number(x) for x in node.operands]
    if not any(numbers) or len(numbers) > 3:
        return _called(node)
    written = [text or "·" for text in numbers]
    if not node.function.isidentifier() and len(written) == 2 and "." not in node.function:
        return f"{written[0]} {node.function} {written[1]}"  # Python's own, of two numbers
    return f"{_called(node)}({', '.join(written)})"


def _number(x: Any) -> str:
    if isinstance(x, Node) and x.function == "constant" and not x.shape and x.value is not None:
        x = getattr(x.value, "item", lambda: x.value)()
    return f"{x:.6g}" if isinstance(x, (int, float)) and not isinstance(x, bool) else ""


def layer_of(place: Place) -> str:
    """Return the layer of an updated parameter, or its name where it is in none."""
    return place.name.rpartition(".")[0] or place.name
