"""JSON files that tell when they were damaged: the content, and a checksum over it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from backlit.data.atomic import write_atomically
from backlit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1


def write_document(path: Path, kind: str, content: Mapping[str, Any]) -> None:
    """Write a JSON file in one step.

    Parameters
    ----------
    path
        The file; one that exists is replaced.
    kind
        What it is: ``"history"``, ``"settings"``.
    content
        What JSON can hold: no NaN, no infinity.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    text = json.dumps(seal(kind, content), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, f"{text}\n".encode())


def read_document(path: Path, kind: str) -> dict[str, Any]:
    """Read what :func:`write_document` wrote.

    Raises
    ------
    DataError
        If the file is missing, damaged, altered, or of another kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is damaged, as it is not text ({error.reason}).") from error
    return unseal(path, kind, text)


def seal(kind: str, content: Mapping[str, Any], attached: bytes = b"") -> dict[str, Any]:
    """Say what the content is, and add a checksum over it and over ``attached``."""
    return {
        "backlit": kind,
        "version": VERSION,
        "content": dict(content),
        "sha256": _checksum(kind, content, attached),
    }


def unseal(path: Path, kind: str, text: str, attached: bytes = b"") -> dict[str, Any]:
    """Take the content out of what :func:`seal` made, if it is whole.

    Raises
    ------
    DataError
        If it is not.
    """
    try:
        document = json.loads(text)
        found, version = document["backlit"], document["version"]
        content, checksum = document["content"], document["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path} is damaged, or was not written by backlit "
            f"({type(error).__name__}: {error}); restore it from a copy, or start a new run."
        ) from error
    if found != kind:
        raise DataError(f"{path} holds {found!r} where {kind!r} was expected.")
    if version != VERSION:
        raise DataError(
            f"{path} is written in version {version!r} of its format, and this backlit reads "
            f"version {VERSION}; use the backlit that wrote it."
        )
    if not isinstance(content, dict) or checksum != _checksum(kind, content, attached):
        raise DataError(
            f"{path} is damaged or was altered, as its content does not give its checksum; "
            "restore it from a copy, or start a new run."
        )
    return content


def unreadable(path: Path, error: OSError) -> DataError:
    """Word the refusal of a file that could not be opened."""
    return DataError(f"{path} could not be read ({error.strerror or error}).")


def _checksum(kind: str, content: Mapping[str, Any], attached: bytes) -> str:
    canonical = json.dumps([kind, VERSION, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode() + attached).hexdigest()
