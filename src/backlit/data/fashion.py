"""Fashion-MNIST, downloaded at first use: clothes in the format of MNIST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backlit.data.download import cache_folder, download
from backlit.data.quartet import read_quartet

if TYPE_CHECKING:
    import os

    from numpy.typing import DTypeLike

    from backlit.data.splits import Dataset

SOURCE = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def fashion_mnist(
    *,
    flatten: bool = True,
    normalize: bool = True,
    one_hot: bool = False,
    dtype: DTypeLike = np.float32,
    cache_dir: str | os.PathLike[str] | None = None,
    source: str = SOURCE,
) -> Dataset:
    """Load the Fashion-MNIST clothes: 60,000 to train on and 10,000 to test with.

    The four files, 31 MB, are downloaded at first use, kept, and verified by SHA-256 at every
    call. Shapes, dtypes and options are those of :func:`mnist`.

    Parameters
    ----------
    flatten
        Images as rows, ``(N, 784)``; otherwise with a channel, ``(N, 1, 28, 28)``.
    normalize
        Pixels divided by 255, from 0 to 1, in ``dtype``; otherwise uint8, 0 to 255.
    one_hot
        Labels as vectors, ``(N, 10)`` in ``dtype``; otherwise int64, ``(N,)``.
    dtype
        The floating-point type of normalised pixels and of one-hot labels.
    cache_dir
        The folder of the cache, as for :func:`download`; the files lie in ``fashion-mnist`` there.
    source
        The address that the file names are appended to, should the files have moved.

    Returns
    -------
    Dataset
        With ``train`` and ``test``, each a :class:`Split` of ``x`` and ``t``.

    Raises
    ------
    NetworkError
        If a file is not in the cache and cannot be fetched.
    DataError
        If the cache cannot be read or written.
    TypeRefusedError
        If ``dtype`` is not a floating-point type.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST: a Novel Image Dataset for Benchmarking
    Machine Learning Algorithms*, arXiv:1708.07747, 2017, section 2.

    Examples
    --------
    Where the files can be fetched, and from then on from the cache::

        clothes = fashion_mnist()
        clothes.train.x.shape   # (60000, 784)
    """
    folder = cache_folder(cache_dir) / "fashion-mnist"
    for file, sha256 in SHA256.items():
        download(f"{source.rstrip('/')}/{file}", sha256=sha256, cache_dir=folder)
    return read_quartet(
        "Fashion-MNIST",
        CLASSES,
        folder,
        SHA256,
        remedy="try again, and it is downloaded afresh",
        flatten=flatten,
        normalize=normalize,
        one_hot=one_hot,
        dtype=dtype,
    )
