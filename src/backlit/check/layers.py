"""The layers of a net, each examined at what it was really given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.errors import explain_error
from backlit.check.examine import examine
from backlit.check.hand import HandPart
from backlit.check.part import Broken
from backlit.check.report import Fault, Layer
from backlit.check.stub import Stub

if TYPE_CHECKING:
    from backlit.check.part import Slot
    from backlit.check.parts import Found
    from backlit.check.run import Run
    from backlit.check.settings import Settings
    from backlit.check.tap import Call

__all__ = ["examine_layers", "layers_of"]


def examine_layers(run: Run, settings: Settings) -> tuple[list[Fault], list[str]]:
    """Examine the innermost layers; an outer one only where nothing within it is at fault."""
    faults: list[Fault] = []
    cleared: list[str] = []
    blamed: list[str] = []
    for found in sorted(run.parts, key=lambda p: (p.inner, -p.path.count("."))):
        if found.inner and any(path.startswith(found.path) for path in blamed):
            continue
        twin = next(
            t
            for layer, t in zip(run.tap.originals, run.tap.layers, strict=True)
            if layer is found.layer
        )
        part = _part_of(run, found, twin)
        if isinstance(part, Fault):
            if run.whole:
                continue
            faults.append(part)
            blamed.append(found.path)
            continue
        if part is None:
            continue
        vacuous = part.received is not None and not np.any(np.abs(part.received) > 1e-12)
        vacuous |= not part.is_within(run.part) or run.is_silent_on(part)
        finding = examine(part, replace(settings, elements=None, twice=settings.twice or vacuous))
        if run.whole and any(fault.diagnosis == "raised" for fault in finding.faults):
            continue  # its net calls it in a way of its own, and without trouble
        if finding.faults:
            faults += [replace(fault, layer=found.name) for fault in finding.faults]
            blamed.append(found.path)
        elif finding.complete:
            cleared.append(found.name)
    order = {p.name: i for i, p in enumerate(run.parts)}
    return sorted(faults, key=lambda f: order.get(f.layer, 0)), cleared


def layers_of(run: Run, faults: list[Fault], cleared: list[str]) -> list[Layer]:
    """Return the layers in the order in which they go forwards, with what was found."""
    forwards = [run.name_of(c.layer) for c in run.tap.calls if c.method == "forward"]
    order = {name: i for i, name in reversed(list(enumerate(forwards)))}
    blamed = {fault.layer for fault in faults}
    shown = [p.name for p in run.parts if not p.inner or p.name in blamed]
    shown.sort(key=lambda name: order.get(name, len(order)))
    return [
        Layer(
            name,
            "faulty" if name in blamed else "healthy" if name in cleared else "not examined",
        )
        for name in shown
    ]


def _part_of(run: Run, found: Found, twin: Any) -> HandPart | Fault | None:
    """Make a part of a layer, with what it was given in its net."""
    forwards = [c for c in run.tap.calls if c.layer is twin and c.method == "forward"]
    if not forwards:
        return None
    call: Call = forwards[0]
    backwards = run.tap.of(twin, "backward")
    received = backwards[-1].given[0] if backwards and backwards[-1].given else None
    if backwards and not backwards[-1].given:
        received = 1.0
    try:
        part = HandPart(
            found.layer, call.given, name=found.name, keywords=call.keywords, received=received
        )
    except Broken as broken:
        return explain_error(Stub(found.name, found.layer), broken)
    # Nobody asks for the gradient of the data: a first layer that learns may return none.
    learns = any(slot.role == "parameter" for slot in part.slots)
    if learns and run.whole and run.part.wants_no_input_gradient:
        for slot in part.slots:
            slot.optional |= slot.role == "input" and _is_data(run, slot)
    return part


def _is_data(run: Run, slot: Slot) -> bool:
    """Tell whether a layer was given the net's own input."""
    return any(
        isinstance(x, np.ndarray) and x.shape == slot.shape and np.array_equal(x, slot.array)
        for x in run.part.inputs.values()
    )
