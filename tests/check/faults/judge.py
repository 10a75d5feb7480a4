"""Holding a report against what a case says that it has to say."""

import contextlib
import io
import time
import warnings
from dataclasses import dataclass

from check.faults.case import Case

import backlit as bl

DIAGNOSED = 0.95
"""The share of faults whose diagnosis has to be right."""


@dataclass(frozen=True)
class Judgement:
    """What a check said about a case, and what of it is right; ``None`` where nothing was asked."""

    case: Case
    verdict: bool
    layer: bool | None
    tensor: bool | None
    diagnosis: bool | None
    said: str
    seconds: float

    @property
    def placed(self) -> bool:
        """Whether the verdict, the layer and the tensor are right."""
        return self.verdict and self.layer is not False and self.tensor is not False


def judge(case: Case) -> Judgement:
    """Build a case, check it, and compare.

    Every fault in the report has to lie in the right layer: to blame a healthy one as well is
    wrong. The first fault decides on tensor and diagnosis, and no other tensor may be blamed.
    """
    target, inputs, options = case.build()
    start = time.perf_counter()
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = bl.check(target, *inputs, **options)
    except Exception as error:
        seconds = time.perf_counter() - start
        wrong = None if case.healthy else False
        return Judgement(case, False, wrong, wrong, wrong, f"check raised {error!r:.200}", seconds)
    seconds = time.perf_counter() - start
    faults = report.faults
    said = "; ".join(dict.fromkeys(_told(fault) for fault in faults)) or "ok"
    if case.healthy:
        return Judgement(case, bool(report.ok), None, None, None, said, seconds)
    if report.ok or not faults:
        return Judgement(case, not report.ok, False, False, False, said, seconds)
    tensors = [fault.tensor for fault in faults if fault.tensor]
    return Judgement(
        case,
        verdict=True,
        layer=all(case.names_layer(fault.layer) for fault in faults),
        tensor=case.tensor is None or (bool(tensors) and all(map(case.names_tensor, tensors))),
        diagnosis=getattr(faults[0], "diagnosis", None) in (case.diagnosis, *case.also),
        said=said,
        seconds=seconds,
    )


def share_diagnosed(judgements: list[Judgement]) -> float:
    """Return the share of faults whose diagnosis is right."""
    asked = [each.diagnosis for each in judgements if each.diagnosis is not None]
    return sum(asked) / len(asked) if asked else 1.0


def _told(fault) -> str:
    where = " · ".join(filter(None, (fault.layer, fault.tensor)))
    diagnosis = getattr(fault, "diagnosis", None)
    return f"{where}: {diagnosis}" if diagnosis else where
