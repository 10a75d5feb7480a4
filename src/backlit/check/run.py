"""A net that was run while its layers were listened to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.locate import projected
from backlit.check.part import Broken, Slot
from backlit.check.slopes import directional
from backlit.check.tap import Tap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.check.evidence import Evidence
    from backlit.check.hand import HandPart
    from backlit.check.parts import Found

__all__ = ["Run"]


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
