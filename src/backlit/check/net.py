"""Attribution: which layer of a net is at fault, or whether its wiring is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.budget import allotment
from backlit.check.diagnosis.errors import explain_error
from backlit.check.diagnosis.wiring import explain_wiring
from backlit.check.examine import detail, examine, explain, probed, search
from backlit.check.layers import examine_layers, layers_of
from backlit.check.part import Broken
from backlit.check.parts import find_parts
from backlit.check.report import Fault, Layer
from backlit.check.run import Run
from backlit.check.settings import Finding
from backlit.check.tap import Tap

if TYPE_CHECKING:
    from backlit.check.hand import HandPart
    from backlit.check.settings import Settings

__all__ = ["examine_net"]


def examine_net(part: HandPart, settings: Settings) -> tuple[Finding, list[Layer]]:
    """Check a net as a whole, then each of its layers at what it was really given.

    Returns
    -------
    finding
        The net's rows, and the faults of its layers or of its wiring.
    layers
        Its layers in the order in which they go forwards, with what was found.
    """
    parts = find_parts(part.root)
    if not parts:
        finding = examine(part, settings)
        return finding, [Layer(part.name, "faulty" if finding.faults else "healthy")]
    # Where a layer is at fault, there is no need to know more of the whole than that it is wrong.
    whole = examine(
        part, replace(settings, probes=False, directions=1, explain=False, search=False)
    )
    tap = Tap([p.layer for p in parts])
    broken: Broken | None = None
    dout = whole.evidence.dout if whole.evidence is not None else _any_dout(part)
    try:
        part.back(dout, tap=tap)
    except Broken as error:
        broken = error
    run = Run(part, parts, tap, whole.evidence, whole=broken is None)
    finding = Finding(whole.rows, [], whole.notes, whole.evidence)
    right = whole.ok and broken is None and whole.evidence is not None
    # In a net that is right a layer may have a protocol of its own (a stack, gradients that add up
    # until the net clears them), so nobody asks it to go backwards twice.
    finding.faults, cleared = examine_layers(run, replace(settings, twice=not right))
    if right and not finding.faults:
        search(whole, settings)  # in no layer, so it may be in what the net does with them
        right = whole.ok
    if right and not finding.faults and settings.probes:
        probed(whole, settings)
        if whole.faults:
            finding.faults, cleared = examine_layers(run, settings)
            finding.faults = finding.faults or whole.faults
    elif not right and not finding.faults:
        finding.faults = _of_the_whole(run, whole, broken, settings)
    return finding, layers_of(run, finding.faults, cleared)


def _of_the_whole(
    run: Run, whole: Finding, broken: Broken | None, settings: Settings
) -> list[Fault]:
    """Say what is wrong with a net all of whose layers are right."""
    if broken is not None:
        names = {id(twin): run.name_of(twin) for twin in run.tap.layers}
        return [_placed(run, explain_error(run.part, broken, names), broken)]
    if whole.evidence is None or whole.faults:
        return whole.faults
    detail(whole, settings)
    explain(whole, settings)
    run.wrong = list(whole.wrong)
    with settings.budget.stage(allotment(run.part), f"{run.part.name}: how its layers are wired"):
        return explain_wiring(run, whole.faults)
    return whole.faults


def _any_dout(part: HandPart) -> Any:
    rng = np.random.default_rng(0)
    return np.ones(part.here.shape) if part.here.size == 1 else rng.standard_normal(part.here.shape)


def _placed(run: Run, fault: Fault, broken: Broken) -> Fault:
    """Name the layer in whose method an error was raised."""
    names = {id(twin): run.name_of(twin) for twin in run.tap.layers}
    trace = broken.error.__traceback__ if broken.error is not None else None
    layer = fault.layer
    while trace is not None:
        own = trace.tb_frame.f_locals.get("self")
        if own is not None and id(own) in names:
            layer = names[id(own)]
        trace = trace.tb_next
    return replace(fault, layer=layer)
