"""Attribution: which layer of a net is at fault, or whether its wiring is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.errors import explain_error
from backlit.check.diagnosis.wiring import explain_wiring
from backlit.check.examine import Finding, Settings, examine
from backlit.check.hand import HandPart
from backlit.check.locate import projected
from backlit.check.part import Broken, Part, Slot
from backlit.check.parts import Found, find_parts
from backlit.check.report import Fault
from backlit.check.slopes import directional
from backlit.check.stub import Stub
from backlit.check.tap import Call, Tap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.check.evidence import Evidence

__all__ = ["Run", "examine_net"]


@dataclass
class Run:
    """A net that was run while its layers were listened to.

    Parameters
    ----------
    part
        The net.
    parts
        Its layers.
    tap
        What was heard.
    evidence
        The net's gradients and slopes.
    wrong
        The net's tensors whose gradient is wrong.
    whole
        Whether it came to an end.
    """

    part: HandPart
    parts: list[Found]
    tap: Tap
    evidence: Evidence | None = None
    wrong: list[Slot] = field(default_factory=list)
    whole: bool = True

    def name_of(self, twin: Any) -> str:
        """Return what a layer is called, given the copy that was run."""
        layer = self.tap.original(twin)
        return next((p.name for p in self.parts if p.layer is layer), type(layer).__name__)

    def is_silent_on(self, part: HandPart) -> bool:
        """Tell whether the net has a gradient of zero for a parameter of a layer."""
        known = {id(array): slot for slot, _, array in self.part.places}
        slots = [known[id(array)] for _, _, array in part.places if id(array) in known]
        found = [self.evidence.got(slot) for slot in slots] if self.evidence is not None else []
        return any(gradient is not None and not gradient.any() for gradient in found)

    def again(self, layer: Any, kind: str) -> bool:
        """Tell whether the net is right once a layer is shielded in some way."""
        assert self.evidence is not None
        tap = Tap([p.layer for p in self.parts], shield={id(layer): {kind}}, keep=False)
        try:
            back = self.part.back(self.evidence.dout, tap=tap)
        except Broken:
            return False
        shielded = replace(self.evidence, back=back)
        rng = np.random.default_rng(17)
        for slot in self.wrong:
            gradient = shielded.got(slot)
            if gradient is None:
                return False
            verdict = projected(shielded, slot, gradient, rng.standard_normal(slot.shape))
            if not verdict.kinked and verdict.error > verdict.uncertain + 1e-4:
                return False
        return True

    def astray(self) -> tuple[str, str] | None:
        """Find where the gradient goes astray: move each layer's output while the net runs.

        Returns
        -------
        tuple or None
            The layer that is given another dout than its output's slope, though all that run
            after it are given the right one; and the layers that its output goes through next.
        """
        assert self.evidence is not None
        forwards = [c for c in self.tap.calls if c.method == "forward" and c.done]
        after = "the output"
        for call in reversed(forwards):
            layer = self.tap.original(call.layer)
            received = [c.given[0] for c in self.tap.of(call.layer, "backward") if c.given]
            alone = sum(c.layer is call.layer for c in forwards) == 1
            if not alone or len(received) != 1 or np.shape(received[0]) != np.shape(call.returned):
                continue
            if not self._is_slope(layer, np.asarray(received[0], float)):
                return self.name_of(call.layer), after
            after = self.name_of(call.layer)
        return None

    def _is_slope(self, layer: Any, received: NDArray[Any]) -> bool:
        """Tell whether a layer is given the slope of the net's output along its own output."""
        assert self.evidence is not None
        bump = np.zeros(received.shape)

        def output() -> NDArray[Any]:
            tap = Tap([p.layer for p in self.parts], keep=False, bump=(layer, bump))
            return self.part.output_with(tap)

        direction = np.random.default_rng(29).standard_normal(received.shape)
        slope = directional(output, bump, direction, self.evidence.here)
        if slope.kinked.any():
            return True
        wanted = float(np.vdot(self.evidence.dout, slope.value))
        size = float(np.sqrt(np.sum((received * direction) ** 2))) + abs(wanted)
        return abs(wanted - float(np.vdot(received, direction))) <= 1e-4 * size


def examine_net(part: HandPart, settings: Settings) -> tuple[Finding, list[str], int]:
    """Check a net as a whole, then each of its layers at what it was really given.

    Returns
    -------
    finding
        The net's rows, and the faults of its layers or of its wiring.
    cleared
        The layers that are right.
    calls
        How often forward of some layer was run.
    """
    parts = find_parts(part.root)
    sparing = settings if not parts else replace(settings, probes=False, directions=1)
    whole = examine(part, sparing)
    if not parts:
        return whole, [], part.calls
    tap = Tap([p.layer for p in parts])
    broken: Broken | None = None
    dout = whole.evidence.dout if whole.evidence is not None else _any_dout(part)
    try:
        part.back(dout, tap=tap)
    except Broken as error:
        broken = error
    run = Run(part, parts, tap, whole.evidence, whole=broken is None)
    finding = Finding(whole.rows, [], whole.notes, whole.evidence)
    right = not whole.faults and broken is None and whole.evidence is not None
    # In a net that is right a layer may have a protocol of its own (a stack, gradients that add up
    # until the net clears them), so nobody asks it to go backwards twice.
    local, cleared, calls = _examine_layers(run, replace(settings, twice=not right))
    if right:
        finding.faults = local
        if not local and settings.probes and whole.evidence is not None:
            finding.faults = _probed(whole.evidence, part)
            if finding.faults:
                local, cleared, more = _examine_layers(run, replace(settings, probes=True))
                finding.faults, calls = local or finding.faults, calls + more
        return finding, cleared, calls + part.calls
    if local:
        finding.faults = local
    elif broken is not None:
        names = {id(twin): run.name_of(twin) for twin in tap.layers}
        finding.faults = [_placed(run, explain_error(part, broken, names), broken)]
    else:
        bad = {(fault.layer, fault.tensor) for fault in whole.faults}
        run.wrong = [s for s in part.slots if (s.layer, s.tensor) in bad]
        finding.faults = explain_wiring(run, whole.faults)
    return finding, cleared, calls + part.calls


def _probed(evidence: Evidence, part: Part) -> list[Fault]:
    from backlit.check.diagnosis.probes import probe  # noqa: PLC0415
    from backlit.check.examine import add_probed  # noqa: PLC0415

    finding = Finding()
    try:
        for diagnosis, slot in probe(evidence, wrong=[]):
            add_probed(finding, part, diagnosis, slot)
    except Broken:
        return []
    return finding.faults


def _any_dout(part: HandPart) -> Any:
    rng = np.random.default_rng(0)
    return np.ones(part.here.shape) if part.here.size == 1 else rng.standard_normal(part.here.shape)


def _examine_layers(run: Run, settings: Settings) -> tuple[list[Fault], list[str], int]:
    """Examine the innermost layers; an outer one only where nothing within it is at fault."""
    faults: list[Fault] = []
    cleared: list[str] = []
    blamed: list[str] = []
    calls = 0
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
        calls += part.calls
        if run.whole and any(fault.diagnosis == "raised" for fault in finding.faults):
            continue  # its net calls it in a way of its own, and without trouble
        if finding.faults:
            faults += [replace(fault, layer=found.name) for fault in finding.faults]
            blamed.append(found.path)
        else:
            cleared.append(found.name)
    order = {p.name: i for i, p in enumerate(run.parts)}
    return sorted(faults, key=lambda f: order.get(f.layer, 0)), cleared, calls


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
