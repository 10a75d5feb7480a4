"""IDX files, the format of MNIST: a magic number, the dimensions, then the values.

The first two bytes are zero, the third is a code for the dtype, the fourth the number of
dimensions. Each dimension follows as a 32-bit unsigned integer, then every value in C order.
All numbers are big endian. A file may be compressed with gzip.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.data.atomic import write_atomically
from backlit.errors import DataError, TypeRefusedError

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike, NDArray

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_CODES = {dtype.newbyteorder("="): code for code, dtype in DTYPES.items()}
_GZIP = b"\x1f\x8b"
_FRESH_COPY = "fetch or write a fresh copy of it"


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an array from an IDX file, plain or compressed with gzip.

    Compression is recognised by content, so the name of the file does not matter.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    ndarray
        A fresh array of the shape in the file's header, in the machine's byte order: uint8, int8,
        int16, int32, float32 or float64.

    Raises
    ------
    DataError
        If the file is missing, cut short, too long, damaged, or not an IDX file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels.idx"
    >>> write_idx(path, np.array([7, 2, 1], np.uint8))
    >>> read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; check the name and the folder.") from error
    except OSError as error:
        raise DataError(
            f"{path} could not be read ({error.strerror or error}); "
            "check that it is a file and that you may read it."
        ) from error
    values = parse_idx(content, str(path))
    return values.astype(values.dtype.newbyteorder("="))


def write_idx(path: str | os.PathLike[str], array: ArrayLike) -> None:
    """Write an array to an IDX file, compressed with gzip where the name ends in ``.gz``.

    The same array gives the same bytes, and the file appears only once it is whole.

    Parameters
    ----------
    path
        The file; one that exists is replaced.
    array
        Values of any shape, as uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    TypeRefusedError
        If IDX has no code for the array's dtype.
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "weights.idx.gz"
    >>> write_idx(path, np.eye(2, dtype=np.float32))
    >>> read_idx(path)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    path = Path(path)
    values = np.asarray(array)
    code = _CODES.get(values.dtype.newbyteorder("="))
    if code is None:
        raise TypeRefusedError(
            f"write_idx: IDX cannot hold {values.dtype}, only {_names()}; "
            "convert first, for example with array.astype(np.int32)."
        )
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape)
    content = header + values.astype(DTYPES[code]).tobytes()
    write_atomically(path, _compress(content) if path.suffix == ".gz" else content)


def parse_idx(content: bytes, name: str) -> NDArray[Any]:
    """Read the array out of an IDX file's bytes, without copying the values.

    Parameters
    ----------
    content
        The whole file, plain or compressed with gzip.
    name
        What to call the file in errors.

    Returns
    -------
    ndarray
        Read-only and big endian.

    Raises
    ------
    DataError
        If the bytes are not one whole IDX file.
    """
    if content.startswith(_GZIP):
        content = _decompress(content, name)
    if len(content) < 4:
        raise DataError(
            f"{name} holds {len(content)} bytes where an IDX header has at least 4; {_FRESH_COPY}."
        )
    if content[:2] != b"\0\0":
        raise DataError(
            f"{name} is not an IDX file, as it begins with the bytes {content[:2].hex(' ')} where "
            f"IDX has 00 00 and gzip {_GZIP.hex(' ')}; check that it is the right file."
        )
    code, ndim = content[2:4]
    if code not in DTYPES:
        raise DataError(
            f"{name} has the dtype code 0x{code:02x} where IDX has "
            f"{', '.join(f'0x{known:02x}' for known in DTYPES)} ({_names()}); {_FRESH_COPY}."
        )
    start = 4 + 4 * ndim
    if len(content) < start:
        raise DataError(
            f"{name} ends after {len(content)} bytes, inside its header, which has {start} bytes "
            f"for {ndim} dimensions; {_FRESH_COPY}."
        )
    dtype, shape = DTYPES[code], struct.unpack(f">{ndim}I", content[4:start])
    expected, found = math.prod(shape) * dtype.itemsize, len(content) - start
    if found != expected:
        raise DataError(
            f"{name} is cut short or too long: its header announces {expected} bytes of values, "
            f"shape {shape} of {dtype.name}, and {found} bytes follow; {_FRESH_COPY}."
        )
    try:
        return np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:
        raise DataError(
            f"{name} announces {ndim} dimensions, {shape}, which NumPy cannot hold ({error}); "
            f"{_FRESH_COPY}."
        ) from error


def _names() -> str:
    """Name the dtypes of IDX."""
    return ", ".join(dtype.name for dtype in DTYPES.values())


def _compress(content: bytes) -> bytes:
    """Compress with neither a name nor a time in the gzip header."""
    whole = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=whole, mtime=0) as file:
        file.write(content)
    return whole.getvalue()


def _decompress(content: bytes, name: str) -> bytes:
    """Undo gzip, whose own checksum is verified on the way."""
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(
            f"{name} is damaged, as its gzip compression does not open ({error}); {_FRESH_COPY}."
        ) from error
