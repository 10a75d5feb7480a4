"""Named arrays in one safetensors file, with JSON beside them and a checksum over it all."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.data.atomic import write_atomically
from backlit.errors import DataError
from backlit.train.documents import seal, unreadable, unseal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

METADATA = "backlit"
"""The one key of the metadata: safetensors keeps several in no particular order."""


def write_arrays(
    path: Path, kind: str, arrays: Mapping[str, NDArray[Any]], content: Mapping[str, Any]
) -> None:
    """Write arrays to a safetensors file in one step; the same arrays give the same bytes.

    Parameters
    ----------
    path
        The file; one that exists is replaced.
    kind
        What it is: ``"checkpoint"``, ``"weights"``.
    arrays
        Arrays of any shape, by name.
    content
        What JSON can hold, kept in the file's metadata.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    from safetensors.numpy import save  # noqa: PLC0415 - `import backlit` stays light

    whole = {name: np.ascontiguousarray(a).reshape(np.shape(a)) for name, a in arrays.items()}
    sealed = seal(kind, content, _digest(whole))
    write_atomically(path, save(whole, {METADATA: json.dumps(sealed, allow_nan=False)}))


def read_arrays(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`write_arrays` wrote.

    Returns
    -------
    tuple
        The arrays by name, and the content.

    Raises
    ------
    DataError
        If the file is missing, damaged, altered, or of another kind.
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        path.open("rb").close()  # safetensors words the errors of the file system less well
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise unreadable(path, error) from error
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is damaged, or is not a safetensors file ({error}); "
            "restore it from a copy, or start a new run."
        ) from error
    if METADATA not in metadata:
        raise DataError(f"{path} is a safetensors file, but was not written by backlit.")
    return arrays, unseal(path, kind, metadata[METADATA], _digest(arrays))


def _digest(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(repr((name, array.dtype.str, array.shape)).encode())
        total.update(array.tobytes())
    return total.digest()
