"""User code that raises: what, where, and whether a name is misspelt."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.report import Fault
from backlit.check.source import line_of, raised_at
from backlit.check.walk import attributes

if TYPE_CHECKING:
    from backlit.check.part import Broken, Part

__all__ = ["explain_error", "spelling"]


def explain_error(part: Part, broken: Broken, names: dict[int, str] | None = None) -> Fault:
    """Make a fault of what user code raised, or of the rubbish that it returned."""
    error = broken.error
    if error is None:
        phase = broken.phase
        code = "missing" if "None" in broken.message or "nothing" in broken.message else "raised"
        return Fault(
            part.name,
            "output",
            message=broken.message,
            diagnosis=code,
            confidence=0.9,
            source=line_of(part.method(phase)),
        )
    source = raised_at(error)
    where = f" in {source.function}" if source else f" in {broken.phase}"
    misspelt = spelling(error)
    layer, tensor = part.name, ""
    owner = getattr(error, "obj", None)
    if names and id(owner) in names:
        layer = names[id(owner)]
    if misspelt:
        return Fault(
            layer,
            _tensor_of(part, error),
            message=misspelt[0],
            diagnosis="misspelt",
            confidence=0.95,
            source=source,
            correction=misspelt[1],
        )
    return Fault(
        layer,
        tensor,
        message=f"{type(error).__name__}: {error} (raised{where})",
        diagnosis="raised",
        confidence=0.95,
        source=source,
    )


def _tensor_of(part: Part, error: BaseException) -> str:
    name = str(getattr(error, "name", "") or "")
    slots = {slot.tensor for slot in getattr(part, "slots", [])}
    for prefix in ("d", "grad_", "d_", ""):
        if name.startswith(prefix) and name.removeprefix(prefix) in slots:
            return name.removeprefix(prefix)
    return ""


def spelling(error: BaseException) -> tuple[str, str] | None:
    """Say which name was meant, if an attribute or variable of a similar name exists."""
    name = getattr(error, "name", None)
    if isinstance(error, AttributeError) and name:
        owner: Any = getattr(error, "obj", None)
        if owner is None or isinstance(owner, np.ndarray):
            return None
        names = sorted({*attributes(owner), *(n for n in dir(owner) if not n.startswith("__"))})
        close = get_close_matches(name, names, n=1, cutoff=0.6) or _prefixed(name, names)
        if close:
            kind = type(owner).__name__
            method = callable(getattr(owner, close[0], None))
            what = "method" if method else "attribute"
            return (
                f"{kind} has no {what} {name!r}, but has {close[0]!r}: one of both is misspelt",
                f"rename {close[0]} to {name}",
            )
    if isinstance(error, NameError) and name:
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        names = sorted({*frame.tb_frame.f_locals, *frame.tb_frame.f_globals}) if frame else []
        close = get_close_matches(name, names, n=1, cutoff=0.6)
        if close:
            return (
                f"the name {name!r} is not defined, but {close[0]!r} is: it is misspelt",
                f"write {close[0]} for {name}",
            )
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return None
    return None


def _prefixed(name: str, names: list[str]) -> list[str]:
    return [n for n in names if n.lower() == name.lower() or n.strip("_") == name.strip("_")][:1]
