"""What there is to show of a report, whatever it is drawn with."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

from backlit.check.render.words import in_short

if TYPE_CHECKING:
    from backlit.check.report import Report

__all__ = ["Layer", "Note", "Reported", "View", "Wrong", "number", "view"]

_MOVES = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")

Reported: TypeAlias = "Report | Mapping[str, Any]"
"""A report, or what its ``to_dict`` returned."""


@dataclass(frozen=True)
class Wrong:
    """A fault: where, the numbers, and what they mean.

    Parameters
    ----------
    layer, tensor
        Where it is; the tensor with its index: ``W[3, 1]``.
    numbers
        ``expected`` and ``got``, as text; empty where there are none.
    error
        The relative error, as text.
    label
        The diagnosis in a few words.
    message
        What is wrong, in words.
    confidence
        How sure the diagnosis is, in percent, as text.
    place, line
        The file with its line number, and the user's line there.
    correction
        The line as it ought to be.
    more
        How many faults of the same tensor are left out.
    """

    layer: str
    tensor: str
    numbers: tuple[tuple[str, str], ...] = ()
    error: str = ""
    label: str = ""
    message: str = ""
    confidence: str = ""
    place: str = ""
    line: str = ""
    correction: str = ""
    more: int = 0

    @property
    def where(self) -> str:
        """Layer and tensor."""
        return " · ".join(filter(None, (self.layer, self.tensor)))


@dataclass(frozen=True)
class Layer:
    """A box of the picture: its tensors with their verdicts, and the numbers of its faults.

    ``is_cleared``: examined by itself it is right, and what is wrong in it comes from elsewhere.
    ``is_whole``: it is not a layer but the net around the others. ``is_unseen``: nobody looked.
    """

    name: str
    tensors: tuple[tuple[str, bool], ...] = ()
    faults: tuple[int, ...] = ()
    is_cleared: bool = False
    is_whole: bool = False
    is_unseen: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing in it is wrong."""
        return not self.faults and (self.is_cleared or all(ok for _, ok in self.tensors))

    @property
    def is_misled(self) -> bool:
        """Whether it is right, and its gradients are not."""
        return self.ok and not all(ok for _, ok in self.tensors)


@dataclass(frozen=True)
class Note:
    """A row of the table."""

    layer: str
    tensor: str
    shape: str
    checked: str
    error: str
    kinks: str
    ok: bool


@dataclass(frozen=True)
class View:
    """All there is to show."""

    target: str
    ok: bool
    layers: tuple[Layer, ...]
    rows: tuple[Note, ...]
    faults: tuple[Wrong, ...]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The outcome in a few words."""
        if self.ok:
            return "pass"
        count = len(self.faults)
        return f"{count} fault{'s' * (count != 1)}" if count else "FAIL"


def view(report: Reported) -> View:
    """Gather what there is to show; what a report does not have is left out."""
    whole: Mapping[str, Any] = report if isinstance(report, Mapping) else report.to_dict()
    rows = _dicts(whole.get("rows"))
    found = _dicts(whole.get("faults"))
    faults = _faults(found)
    ok = bool(whole.get("ok", not found and all(row.get("ok", True) for row in rows)))
    return View(
        _text(whole.get("target")) or "nothing",
        ok,
        _layers(whole, rows, faults),
        tuple(map(_note, rows)),
        faults,
        tuple(_notes(whole)),
    )


def number(value: Any) -> str:
    """Write a number as people do: six digits that matter, no tail of zeros.

    Examples
    --------
    >>> number(0.30000000000000004), number(-1e-12), number("nan"), number(None)
    ('0.3', '−1e-12', 'nan', '')
    """
    if value is None or isinstance(value, bool):
        return ""
    try:
        written = float(value)
    except (TypeError, ValueError):
        return _text(value)
    return f"{written:.6g}".replace("-", "−", 1) if written < 0 else f"{written:.6g}"


def _faults(found: list[Mapping[str, Any]]) -> tuple[Wrong, ...]:
    """Take one fault of each tensor and diagnosis, the worst, which comes first."""
    kept: dict[tuple[str, ...], list[Any]] = {}
    for fault in found:
        words = _text(fault.get("message")) if fault.get("expected") is None else ""
        key = (*(_text(fault.get(name)) for name in ("layer", "tensor", "diagnosis")), words)
        kept.setdefault(key, [fault, -1])[1] += 1
    return tuple(_wrong(fault, more) for fault, more in kept.values())


def _wrong(fault: Mapping[str, Any], more: int) -> Wrong:
    index = _sequence(fault.get("index"))
    subscript = f"[{', '.join(map(str, index))}]" if index else ""
    expected, got = number(fault.get("expected")), number(fault.get("got"))
    place, line = _source(fault.get("source"))
    return Wrong(
        layer=_text(fault.get("layer")),
        tensor=_text(fault.get("tensor")) + subscript,
        numbers=(("expected", expected), ("got", got)) if expected and got else (),
        error=_error(fault.get("error")),
        label=_label(fault),
        message=_text(fault.get("message")),
        confidence=_percent(fault.get("confidence")),
        place=place,
        line=line,
        correction=_text(fault.get("correction")),
        more=more,
    )


def _label(fault: Mapping[str, Any]) -> str:
    code = _text(fault.get("diagnosis"))
    return "" if code == "unknown" and not fault.get("confidence") else in_short(code)


def _layers(
    whole: Mapping[str, Any], rows: list[Mapping[str, Any]], faults: tuple[Wrong, ...]
) -> tuple[Layer, ...]:
    """Line the layers up: as the report does, else in the order in which they come up."""
    entries = [x if isinstance(x, Mapping) else {"name": x} for x in _sequence(whole.get("layers"))]
    given = [_text(layer.get("name")) for layer in entries]
    fared = {_text(layer.get("name")): layer.get("status") for layer in entries}
    target = _text(whole.get("target"))
    met = [_text(row.get("layer")) for row in rows] + [fault.layer for fault in faults]
    cleared = [_text(name) for name in _sequence(whole.get("cleared")) if name]
    names = list(given) or _merged([name for name in dict.fromkeys(met) if name], cleared)
    names += [name for name in dict.fromkeys(met) if name and name not in names]
    found = [
        Layer(
            name,
            tuple(
                (_text(row.get("tensor")), bool(row.get("ok", True)))
                for row in rows
                if _text(row.get("layer")) == name
            ),
            tuple(i for i, fault in enumerate(faults, 1) if fault.layer == name),
            is_cleared=name in cleared or fared.get(name) == "healthy",
            is_whole=name == target and len(names) > 1 and name not in given,
            is_unseen=fared.get(name) == "not examined",
        )
        for name in names
    ]
    # The net itself is shown where something of its own is wrong, behind its layers.
    layers = [layer for layer in found if not layer.is_whole]
    blamed = any(layer.faults for layer in layers)
    whole_net = [layer for layer in found if layer.is_whole and not layer.ok]
    return (*layers, *(layer for layer in whole_net if layer.faults or not blamed))


def _notes(whole: Mapping[str, Any]) -> list[str]:
    notes = [_text(note) for note in _sequence(whole.get("notes")) if note]
    missed = [_text(what) for what in _sequence(whole.get("left_out"))]
    notes += [f"not looked at, for want of calls: {what}" for what in missed]
    calls, bound = whole.get("calls"), whole.get("bound")
    if not isinstance(calls, int) or not calls:
        return notes
    most = f", of at most {bound:,}" if isinstance(bound, int) and bound else ""
    return [*notes, f"checked with {calls:,} calls of forward{most}"]


def _merged(names: list[str], others: list[str]) -> list[str]:
    """Put others among names, each behind the one that it follows."""
    merged = list(names)
    place = 0
    for other in others:
        if other in merged:
            place = merged.index(other) + 1
        else:
            merged.insert(place, other)
            place += 1
    return merged


def _note(row: Mapping[str, Any]) -> Note:
    shape = " × ".join(map(str, _sequence(row.get("shape")))) or "number"
    checked, kinks = row.get("checked"), row.get("kinks")
    return Note(
        _text(row.get("layer")),
        _text(row.get("tensor")),
        shape,
        f"{checked:,}" if isinstance(checked, int) else "",
        _error(row.get("max_error")) if checked else "",
        f"{kinks:,}" if isinstance(kinks, int) and kinks else "",
        bool(row.get("ok", True)),
    )


def _error(value: Any) -> str:
    try:
        written = float(value)
    except (TypeError, ValueError):
        return ""
    return f"{written:.1e}" if math.isfinite(written) and written < 1e-2 else (
        f"{written:.2g}" if math.isfinite(written) else ""
    )  # fmt: skip


def _percent(value: Any) -> str:
    if isinstance(value, (int, float)) and 0 < value <= 1:
        return f"{100 * value:.0f} %"
    return _text(value) if isinstance(value, str) else ""


def _source(source: Any) -> tuple[str, str]:
    """Return ``file, line 12`` and the text of that line."""
    if isinstance(source, Mapping):
        file, line, text = (source.get(name) for name in ("file", "line", "text"))
    elif source is not None and hasattr(source, "file"):
        file, line, text = source.file, getattr(source, "line", None), getattr(source, "text", "")
    elif isinstance(source, (list, tuple)) and source:
        file, line, text = (*source, None, None)[:3]
    else:
        return "", _text(source).strip()
    name = PurePath(str(file)).name if file else ""
    return f"{name}, line {line}" if line else name, _text(text).strip()


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in _sequence(value) if isinstance(each, Mapping)]


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _text(value: Any) -> str:
    """Return a text without what would move a terminal's cursor or turn a line around."""
    return "" if value is None else _MOVES.sub("", str(value))
