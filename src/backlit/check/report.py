"""What a check found: a row for every tensor, and the faults."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from backlit.check.source import Source

__all__ = ["Fault", "Layer", "Report", "Row"]

PLAIN = "differences"
"""What a gradient is compared with, for want of something more exact."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Parameters
    ----------
    layer
        The layer, op or function that it was found in.
    tensor
        The tensor whose gradient is wrong; empty where none could be computed.
    index
        The element; ``None`` where it is not about one.
    expected
        The slope found by moving the element.
    got
        What ``backward`` says.
    error
        The relative error, ``|expected − got|`` over the larger of both; ``inf`` where there is
        no number to compare.
    message
        What is wrong, in words, where the numbers do not say it.
    diagnosis
        The code of the mistake that explains the numbers, such as ``transposed``.
    confidence
        How sure that is, 0 … 1.
    source
        The line of the user's source.
    correction
        An expression that would be right, where one is known.
    """

    layer: str
    tensor: str = ""
    index: tuple[int, ...] | None = None
    expected: float | None = None
    got: float | None = None
    error: float = math.inf
    message: str = ""
    diagnosis: str = "unknown"
    confidence: float = 0.0
    source: Source | None = None
    correction: str = ""

    @property
    def where(self) -> str:
        """The layer, the tensor and the element."""
        subscript = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return " · ".join(filter(None, (self.layer, self.tensor + subscript)))

    @property
    def numbers(self) -> str:
        """What was expected, and what was found; empty where there are no numbers."""
        if self.expected is None or self.got is None:
            return ""
        error = f" (relative error {self.error:.2g})" if math.isfinite(self.error) else ""
        return f"expected {self.expected:.9g}, got {self.got:.9g}{error}"

    def __str__(self) -> str:
        lines = [self.message]
        lines += [f"at {self.source}"] if self.source is not None else []
        lines += [f"→ {self.correction}"] if self.correction else []
        if self.numbers:
            return "\n    ".join((f"{self.where}: {self.numbers}", *filter(None, lines)))
        return f"{self.where}: " + "\n    ".join(filter(None, lines))


@dataclass(frozen=True)
class Row:
    """What was found about one tensor.

    Parameters
    ----------
    layer, tensor
        Where it belongs, and its name.
    shape
        Its shape.
    checked
        How many elements were compared.
    mean_difference
        The mean of ``|expected − got|`` over them.
    max_error
        The largest relative error: the difference over the larger of both (and over no less than
        what rounding leaves uncertain).
    wrong
        How many elements have a larger error than the tolerance.
    kinks
        How many lie on a kink, where any value between the two one-sided slopes is right; they
        count in neither the mean nor the largest error.
    ok
        Whether the tensor passes.
    reference
        What the gradient was compared with: slopes by ``"differences"``, or by those and a
        ``"complex step"``, which is exact to rounding.
    """

    layer: str
    tensor: str
    shape: tuple[int, ...]
    checked: int = 0
    mean_difference: float = 0.0
    max_error: float = 0.0
    wrong: int = 0
    kinks: int = 0
    ok: bool = True
    reference: Literal["differences", "complex step"] = "differences"

    @property
    def verdict(self) -> str:
        """``pass`` or ``FAIL``."""
        return "pass" if self.ok else "FAIL"


@dataclass(frozen=True)
class Layer:
    """A layer of a net, and how it fared by itself: at what it was given in its net.

    Parameters
    ----------
    name
        What it is called.
    status
        ``"healthy"``, ``"faulty"``, or ``"not examined"``: it was not run, lies within a layer
        whose own parts are at fault, or there were no calls left for it.
    """

    name: str
    status: Literal["healthy", "faulty", "not examined"]


@dataclass(frozen=True)
class Report:
    """The outcome of a gradient check; ``print`` it, or ask ``ok``.

    Parameters
    ----------
    target
        What was checked.
    rows
        One per tensor.
    faults
        What is wrong, tensor by tensor, the worst elements first.
    tolerance
        The largest relative error that passes.
    cleared
        The layers that were examined one by one, and are right.
    notes
        What is worth knowing, and is no fault.
    calls
        How often forward was run, of the whole or of a layer.
    bound
        How often it could have been run at most, before something had to be left out.
    layers
        The layers of a net in the order in which they go forwards; one for a layer by itself.
    left_out
        What was not looked at because the calls ran out.

    Examples
    --------
    >>> import backlit as bl
    >>> from backlit.check import check
    >>> report = check(bl.ops.Multiply(), 5.0, 10.0)
    >>> report.ok, report.faults
    (True, ())
    >>> [(row.tensor, row.verdict) for row in report.rows]
    [('x', 'pass'), ('y', 'pass')]
    """

    target: str
    rows: tuple[Row, ...] = ()
    faults: tuple[Fault, ...] = ()
    tolerance: float = field(default=1e-4)
    cleared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    calls: int = 0
    bound: int = 0
    layers: tuple[Layer, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and all(row.ok for row in self.rows)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from backlit.check.render import mimebundle  # noqa: PLC0415 - in a notebook only

        return mimebundle(self)

    def assert_ok(self) -> None:
        """Do nothing if all is well.

        Raises
        ------
        AssertionError
            If anything is wrong; its message is the report.
        """
        if not self.ok:
            raise AssertionError(str(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as dicts, lists, strings and numbers, as JSON can hold them.

        Numbers that JSON has no word for become strings: ``'nan'``, ``'inf'``.
        """
        whole: dict[str, Any] = _plain(asdict(self) | {"ok": self.ok})
        return whole

    def __str__(self) -> str:
        verdict = "pass" if self.ok else "FAIL"
        lines = [f"gradient check of {self.target}: {verdict}"]
        if self.rows:
            lines += ["", *_table(self.rows)]
            exact = [f"{row.layer} · {row.tensor}" for row in self.rows if row.reference != PLAIN]
            lines += [f"slopes by a complex step too: {', '.join(exact)}"] if exact else []
        if self.faults:
            lines += ["", *(f"✗ {fault}" for fault in self.faults)]
        if self.cleared:
            lines += ["", f"right: {', '.join(self.cleared)}"]
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"not looked at, for want of calls: {what}" for what in self.left_out]
        if self.calls:
            most = f" (at most {self.bound:,})" if self.bound else ""
            lines += ["", f"{self.calls:,} calls of forward{most}"]
        return "\n".join(lines)


def _table(rows: tuple[Row, ...]) -> list[str]:
    """Lay the rows out in columns, text to the left and numbers to the right."""
    table = [
        ("layer", "tensor", "shape", "checked", "mean |difference|", "max rel. error", "wrong",
         "on a kink", "verdict"),
        *(
            (row.layer, row.tensor, str(row.shape), f"{row.checked:,}",
             f"{row.mean_difference:.1e}", f"{row.max_error:.1e}", f"{row.wrong:,}",
             f"{row.kinks:,}", row.verdict)
            for row in rows
        ),
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    numbers = range(3, 8)
    return [
        "  ".join(
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
