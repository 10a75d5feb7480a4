"""Datasets, the files they come in, and the batches they are trained in."""

from backlit.data.batches import Batches
from backlit.data.download import download
from backlit.data.fashion import fashion_mnist
from backlit.data.idx import read_idx, write_idx
from backlit.data.labels import one_hot
from backlit.data.mnist import mnist
from backlit.data.splits import Dataset, Split

__all__ = [
    "Batches",
    "Dataset",
    "Split",
    "download",
    "fashion_mnist",
    "mnist",
    "one_hot",
    "read_idx",
    "write_idx",
]
