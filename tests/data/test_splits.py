from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from backlit.data import Dataset, Split
from backlit.errors import ShapeError

SPLIT = Split(np.zeros((3, 4)), np.arange(3))


def test_a_split_is_measured_in_samples_and_comes_apart():
    assert len(SPLIT) == 3
    x, t = SPLIT
    assert x is SPLIT.x
    assert t is SPLIT.t
    assert repr(SPLIT) == "Split(x: (3, 4) float64, t: (3,) int64)"


def test_a_split_and_a_dataset_do_not_change():
    dataset = Dataset("toy", ("a", "b", "c"), SPLIT, SPLIT)
    with pytest.raises(FrozenInstanceError):
        SPLIT.x = SPLIT.x
    with pytest.raises(FrozenInstanceError):
        dataset.train = SPLIT
    assert repr(dataset) == "Dataset(toy: 3 classes, 3 to train on, 3 to test with)"


@pytest.mark.parametrize(("x", "t"), [((3, 4), (2,)), ((), (2,)), ((2,), ()), ((), ())])
def test_lengths_that_differ_are_both_shown(x, t):
    with pytest.raises(ShapeError) as caught:
        Split(np.zeros(x), np.zeros(t))
    assert f"x of shape {x} and t of shape {t}" in str(caught.value)


def test_lists_become_arrays():
    split = Split([1, 2], [[1, 0], [0, 1]])
    assert repr(split) == "Split(x: (2,) int64, t: (2, 2) int64)"
    with pytest.raises(ShapeError, match="Split: x makes no array"):
        Split([[1], [1, 2]], [1, 2])
