"""Whole files only: written beside their place, then moved into it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from backlit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, so that ``path`` never holds half of it.

    Parameters
    ----------
    path
        Where the file goes; a file already there is replaced in one step.
    content
        The whole file.

    Raises
    ------
    DataError
        If the file cannot be written. What stood at ``path`` before still stands there.
    """
    try:
        # `open` and not `tempfile`, whose files are readable by their owner alone.
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{path} could not be written ({error.strerror or error}), and what was there before "
            f"is untouched; check that the folder {path.parent} exists, may be written to and has "
            f"{len(content)} bytes free."
        ) from error
    except ValueError as error:  # no name at all, or a zero byte in it
        raise DataError(f"{str(path)!r} is no name of a file ({error}); give another.") from error
