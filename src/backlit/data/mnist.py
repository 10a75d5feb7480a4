"""MNIST, carried in the package: no download, no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backlit.data.quartet import read_quartet

if TYPE_CHECKING:
    import os

    from numpy.typing import DTypeLike

    from backlit.data.splits import Dataset

FOLDER = Path(__file__).with_name("mnist")
SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971"
    ),
    "train-labels-idx1-ubyte.gz": (
        "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b"
    ),
}
CLASSES = tuple("0123456789")


def mnist(
    *,
    flatten: bool = True,
    normalize: bool = True,
    one_hot: bool = False,
    dtype: DTypeLike = np.float32,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load the MNIST handwritten digits: 60,000 to train on and 10,000 to test with.

    The four files come with the package and are verified by SHA-256 at every call. Each call
    returns fresh arrays.

    Parameters
    ----------
    flatten
        Images as rows, ``(N, 784)``; otherwise with a channel, ``(N, 1, 28, 28)``.
    normalize
        Pixels divided by 255, from 0 (paper) to 1 (ink), in ``dtype``; otherwise uint8, 0 to 255.
    one_hot
        Labels as vectors, ``(N, 10)`` in ``dtype``; otherwise int64, ``(N,)``.
    dtype
        The floating-point type of normalised pixels and of one-hot labels.
    folder
        Where the same four files are, if not in the package.

    Returns
    -------
    Dataset
        With ``train`` and ``test``, each a :class:`Split` of ``x`` and ``t``.

    Raises
    ------
    DataError
        If a file is missing or altered.
    TypeRefusedError
        If ``dtype`` is not a floating-point type.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to document
    recognition*, Proceedings of the IEEE 86(11), 1998, section III.A.

    Examples
    --------
    >>> digits = mnist()
    >>> digits.train
    Split(x: (60000, 784) float32, t: (60000,) int64)
    >>> digits.test.t[:5]
    array([7, 2, 1, 0, 4])
    """
    return read_quartet(
        "MNIST",
        CLASSES,
        FOLDER if folder is None else Path(folder),
        SHA256,
        remedy="reinstall backlit with `pip install --force-reinstall --no-deps backlit`"
        if folder is None
        else "put the file that comes with backlit in its place",
        flatten=flatten,
        normalize=normalize,
        one_hot=one_hot,
        dtype=dtype,
    )
