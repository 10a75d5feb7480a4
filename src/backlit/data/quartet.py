"""Datasets laid out as MNIST is: four IDX files, each with a published checksum."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.data.idx import parse_idx
from backlit.data.labels import one_hot as one_hot_vectors
from backlit.data.splits import Dataset, Split
from backlit.errors import DataError, TypeRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
TEST = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def read_quartet(
    name: str,
    classes: tuple[str, ...],
    folder: Path,
    sha256: Mapping[str, str],
    *,
    remedy: str,
    flatten: bool,
    normalize: bool,
    one_hot: bool,
    dtype: DTypeLike,
) -> Dataset:
    """Read a dataset from the four files in a folder.

    Parameters
    ----------
    name, classes
        The dataset's name and the names of its classes.
    folder
        Where the files are.
    sha256
        The checksum of each file as it lies there, compressed.
    remedy
        What to do about a file that is missing or altered.
    flatten, normalize, one_hot, dtype
        As for :func:`backlit.data.mnist`.

    Raises
    ------
    DataError
        If a file is missing, or is not the published one to the last bit.
    TypeRefusedError
        If ``dtype`` is not a floating-point type.
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeRefusedError(
            f"{name}: dtype must be a floating-point type such as np.float32, not {dtype}; "
            "for the pixels as integers, pass normalize=False."
        )

    def read(file: str) -> NDArray[Any]:
        return parse_idx(_verified(name, folder / file, sha256[file], remedy), file)

    def split(files: tuple[str, str]) -> Split:
        images, labels = map(read, files)
        x = images.reshape(len(images), -1) if flatten else images[:, np.newaxis]
        return Split(
            # Divided, not multiplied by 1/255: each value is the float nearest to pixel/255.
            np.divide(x, 255, dtype=dtype) if normalize else x.copy(),
            one_hot_vectors(labels, len(classes), dtype=dtype)
            if one_hot
            else labels.astype(np.int64),
        )

    return Dataset(name, classes, train=split(TRAIN), test=split(TEST))


def _verified(name: str, path: Path, sha256: str, remedy: str) -> bytes:
    """Read a file that must be the published one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{name}: {path} could not be read ({error.strerror or error}); {remedy}."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(
            f"{name}: {path} is damaged or altered, {len(content)} bytes with the SHA-256 {found} "
            f"where {sha256} is expected; {remedy}."
        )
    return content
