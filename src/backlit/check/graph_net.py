"""Attribution in a graph: which op of the user's own is wrong, or what leaves the graph."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backlit.check.examine import examine
from backlit.check.graphs import GraphPart, op_part
from backlit.op import Op
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from backlit.check.report import Fault
    from backlit.check.settings import Finding, Settings

__all__ = ["attribute"]

_NUMBERS = {"sign", "factor", "batch_size", "local_derivative", "element", "unknown", "misplaced",
            "mean_for_sum", "dropped_use", "derivative_at_output", "derivative_at_input",
            "mask_reversed", "dout_ignored", "transposed"}  # fmt: skip


def attribute(part: GraphPart, finding: Finding, settings: Settings) -> list[Fault]:
    """Name the op at fault; if all ops are right, say that something bypasses the graph."""
    output = finding.evidence.back.root if finding.evidence is not None else None
    if not isinstance(output, Tensor) or isinstance(part.target, Op):
        return finding.faults
    faults: list[Fault] = []
    for op in _own_ops(output):
        try:
            alone = op_part(op, tuple(x.data for x in op.inputs))
        except (TypeError, ValueError):
            continue
        faults += examine(alone, replace(settings, elements=None)).faults
    return faults or [_bypassed(fault) for fault in finding.faults]


def _own_ops(output: Tensor) -> list[Op]:
    """List the ops that are not this library's, each of which is tested, one of each kind."""
    found: dict[type, Op] = {}
    seen: set[int] = set()
    waiting = [output.op] if output.op is not None else []
    while waiting:
        op = waiting.pop()
        if id(op) in seen:
            continue
        seen.add(id(op))
        if not type(op).__module__.startswith("backlit.") and op.differentiable:
            found.setdefault(type(op), op)
        waiting += [x.op for x in op.inputs if x.op is not None]
    return list(found.values())


def _bypassed(fault: Fault) -> Fault:
    if fault.diagnosis not in _NUMBERS:
        return fault
    return replace(
        fault,
        diagnosis="dropped_use", confidence=0.9,
        message=f"all ops of the graph are right, so a use of {fault.tensor} bypasses it: an array "
        f"taken out of a tensor ({fault.tensor}.data, {fault.tensor}.detach()) is computed with, "
        "and no gradient comes back through it",
        correction="compute with the tensor itself",
    )  # fmt: skip
