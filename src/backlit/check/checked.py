"""A check from the target to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.adapters import adapt, near_method, target_name
from backlit.check.diagnosis.errors import explain_error
from backlit.check.examine import examine
from backlit.check.foreign import adapted
from backlit.check.graph_net import attribute
from backlit.check.graphs import GraphPart
from backlit.check.guard import untouched
from backlit.check.hand import HandPart
from backlit.check.net import examine_net
from backlit.check.part import Broken
from backlit.check.report import Fault, Layer, Report
from backlit.check.settings import Settings
from backlit.check.source import find_line
from backlit.check.stub import Stub
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["checked"]


def checked(
    target: Any,
    inputs: tuple[Any, ...],
    loss: Callable[..., Any] | None,
    *,
    tolerance: float,
    seed: int,
    elements: int | None,
) -> Report:
    """Check a target, and leave all as it was."""
    settings = Settings(tolerance, seed, elements=elements)
    target, inputs, loss = adapted(target, inputs, loss)
    with untouched(target, *inputs), np.errstate(all="ignore"):
        return _report(target, inputs, loss, settings)


def _report(
    target: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None, settings: Settings
) -> Report:
    name = target_name(target)
    misspelt = _misspelt_method(target)
    if misspelt is not None:
        return Report(name, (), (misspelt,), settings.tolerance)
    try:
        part = adapt(target, inputs, loss)
    except Broken as broken:
        fault = explain_error(Stub(name, target), broken)
        return Report(name, (), (fault,), settings.tolerance)
    cleared: list[str] = []
    if isinstance(part, HandPart) and not isinstance(target, tuple):
        finding, layers = examine_net(part, settings)
        cleared = [x.name for x in layers if x.status == "healthy" and x.name != part.name]
    else:
        finding = examine(part, settings)
        if isinstance(part, GraphPart) and finding.faults:
            finding.faults = attribute(part, finding, settings)
        blamed = {fault.layer for fault in finding.faults}
        named = dict.fromkeys([*(row.layer for row in finding.rows), *blamed])
        names = [name for name in named if name != part.name] or [part.name]
        layers = [Layer(name, "faulty" if name in blamed else "healthy") for name in names]
    if not part.slots and not finding.faults:
        raise ValueRefusedError(
            f"check: there is nothing to check in {name}: it has no parameters, and no input of "
            "floats; pass at least one input as floats."
        )
    return Report(
        part.name,
        tuple(finding.rows),
        tuple(finding.faults),
        settings.tolerance,
        tuple(cleared),
        tuple(finding.notes),
        settings.budget.calls,
        settings.budget.bound,
        tuple(layers),
        tuple(dict.fromkeys(settings.budget.left_out)),
    )


def _misspelt_method(target: Any) -> Fault | None:
    """Find a ``backword`` in an object that has no ``backward``, or a ``foward``."""
    if isinstance(target, tuple) or not hasattr(target, "__dict__") or isinstance(target, type):
        return None
    has_forward = callable(getattr(target, "forward", None)) or callable(target)
    has_backward = callable(getattr(target, "backward", None))
    for name, there, other in (
        ("backward", has_backward, has_forward),
        ("forward", has_forward, has_backward),
    ):
        near = "" if there or not other else near_method(target, name)
        if near:
            kind = type(target).__name__
            return Fault(
                kind,
                "",
                message=f"{kind} has no method {name!r}, but has {near!r}: it is "
                "misspelt, and nobody calls it",
                diagnosis="misspelt",
                confidence=0.97,
                source=find_line(getattr(target, near), r"\bdef\b"),
                correction=f"def {name}(self, …)",
            )
    return None
