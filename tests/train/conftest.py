"""Something small to train on."""

from __future__ import annotations

import pytest
from train.small import blobs

from backlit.data import Dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return Dataset("blobs", ("a", "b", "c"), train=blobs(0), test=blobs(1, 100))
