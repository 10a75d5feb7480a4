"""Batches of rows, of arrays in order and of views in any other."""

import tracemalloc

import numpy as np
import pytest

from backlit.data import Batches
from backlit.gather import room, rows_of, taken

VIEWS = {
    "in order": lambda x: x,
    "channels last": lambda x: np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "columns": lambda x: np.asarray(x, order="F"),
    "a part": lambda x: np.pad(x, ((0, 0), (0, 1), (0, 0), (0, 0)))[:, :-1],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_rows_of_any_view(view):
    x = np.random.default_rng(0).standard_normal((7, 3, 4, 2))
    rows = np.array([[5, 0, 5], [1, 6, 2], [3, 3, 3]])
    found = rows_of(view(x), rows[0])
    np.testing.assert_array_equal(found, x[rows[0]])
    assert found.flags.c_contiguous
    assert not np.shares_memory(found, x)
    batches = taken(view(x), [*rows, rows[0, :2]], room((3, 3, 4, 2), x.dtype))
    for batch, numbers in zip(batches, [*rows, rows[0, :2]], strict=True):
        np.testing.assert_array_equal(batch, x[numbers])
        assert batch.flags.c_contiguous


def test_a_batch_holds_until_the_next_is_asked_for():
    x = np.arange(40)
    rows = np.arange(40).reshape(10, 4)
    seen = []
    for batch in taken(x, rows, room((4,), x.dtype)):
        assert not any(np.shares_memory(batch, other) for other in seen[-1:])
        seen.append(batch)
    assert len({id(batch.base) for batch in seen}) < len(seen)


def test_a_batch_of_a_view_does_not_copy_all_of_it():
    x = np.zeros((300, 8, 8, 3), np.float32).transpose(0, 3, 1, 2)
    batches = Batches(x, np.zeros(len(x), int), 2, seed=0)
    stream = batches.stream(0, 100)
    for run in (lambda: batches.batch(0), lambda: next(stream), lambda: next(stream)):
        run()
        tracemalloc.start()
        run()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < x.nbytes / 10
