"""Files from the network: fetched once, verified every time."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from backlit.errors import DataError, NetworkError, ValueRefusedError

if TYPE_CHECKING:
    import os

TIMEOUT = 30  # seconds without a byte


def cache_folder(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Tell where downloads are kept.

    Parameters
    ----------
    cache_dir
        A folder of the user's choice; the operating system's cache if not given.
    """
    folder = _pooch().os_cache("backlit") if cache_dir is None else Path(cache_dir)
    return Path(folder).expanduser().absolute()


def download(
    url: str,
    *,
    sha256: str,
    name: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Path:
    """Fetch a file, unless the cache already has it.

    A cached file is verified too, and fetched again if it is damaged.

    Parameters
    ----------
    url
        Where the file is, beginning with ``https://`` or ``http://``.
    sha256
        The checksum the file must have, 64 hexadecimal digits.
    name
        What to call the file in the cache; the last part of ``url`` if not given.
    cache_dir
        The folder of the cache; the operating system's place for caches if not given.

    Returns
    -------
    Path
        The verified file.

    Raises
    ------
    NetworkError
        If the file cannot be fetched, or what arrives has another checksum.
    DataError
        If the cache cannot be read or written.
    ValueRefusedError
        If ``url``, ``sha256`` or ``name`` is not of the form above.

    Examples
    --------
    >>> import hashlib, tempfile
    >>> cache = Path(tempfile.mkdtemp())
    >>> _ = (cache / "hello.txt").write_bytes(b"hello")
    >>> path = download(
    ...     "https://example.org/hello.txt",
    ...     sha256=hashlib.sha256(b"hello").hexdigest(),
    ...     cache_dir=cache,
    ... )
    >>> path.read_text()  # from the cache, so without a network
    'hello'
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueRefusedError(
            f"download: {url!r} is not an address to download from; "
            "give one that begins with https:// or http://."
        )
    if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueRefusedError(
            f"download: sha256 must be 64 hexadecimal digits, not {sha256!r}; "
            "copy the SHA-256 that the file's publisher gives."
        )
    name = PurePosixPath(unquote(parts.path)).name if name is None else name
    if name != Path(name).name or name in {"", ".."}:
        raise ValueRefusedError(
            f"download: {name!r} cannot name the file of {url} in the cache; "
            "give name= as a plain file name, without a folder."
        )

    path = cache_folder(cache_dir) / name
    pooch = _pooch()
    by_hand = f"fetch the file by other means and save it as {path}"
    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256.lower()}",
            fname=name,
            path=path.parent,
            # Not streamed: pooch leaves a streamed connection open when the server refuses.
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT, stream=False),
        )
    except OSError as error:
        # Errors of the network carry no errno, as `requests` wraps them; those of the disk do.
        if error.errno is not None:
            raise DataError(
                f"{name} could not be cached as {path} ({error.strerror}); check that the folder "
                "may be written to, or pass another one as cache_dir."
            ) from error
        raise NetworkError(
            f"{name} could not be downloaded from {url} to {path}, as {_reason(error)}; "
            f"check the connection and try again, or {by_hand}."
        ) from error
    except ValueError as error:
        raise NetworkError(
            f"{name} arrived from {url}, but not as expected: its SHA-256 is not {sha256}; "
            f"try again, or {by_hand}."
        ) from error
    return path


def _reason(error: OSError) -> str:
    """Say in a few words why a request failed."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    return f"no complete answer came ({type(error).__name__})"


def _pooch() -> Any:
    """Import pooch late, as only downloads need it and it takes long."""
    return import_module("pooch")
