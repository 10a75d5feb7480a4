"""What stands for a large result while a function is read has its shape and dtype."""

import numpy as np
import pytest

from backlit.compile.stand_in import stand_in
from backlit.ops import Overlap

RNG = np.random.default_rng(0)
SHAPE = (40, 60, 30)


def flat(*shape, dtype=np.float32):
    return np.broadcast_to(np.asarray(1, dtype), shape)


X, Y = flat(*SHAPE), flat(*SHAPE, dtype=np.float64)


@pytest.mark.parametrize(
    ("function", "args", "options"),
    [
        (np.add, (X, Y), {}),
        (np.multiply, (X, 2.0), {}),
        (np.multiply, (X, RNG.random((60, 1))), {}),
        (np.greater, (X, 0), {}),
        (np.exp, (X,), {}),
        (np.where, (flat(*SHAPE, dtype=bool), X, 0), {}),
        (np.sum, (X,), {"axis": (0, 2)}),
        (np.max, (X,), {"axis": -1, "keepdims": True}),
        (np.mean, (X,), {"axis": None}),
        (np.stack, ((X, X, X),), {"axis": 1}),
        (np.stack, ((X, X),), {"axis": -1}),
        (np.concatenate, ((X, X),), {"axis": -2}),
        (np.pad, (X, ((0, 0), (1, 2), (3, 0))), {"constant_values": 0}),
        (np.matmul, (flat(4, 500, 300), flat(300, 400)), {}),
        (np.dot, (flat(900, 300), flat(300, 400)), {}),
    ],
)
def test_shapes_and_dtypes(function, args, options):
    found = stand_in(f"np.{function.__name__}", args, options)
    expected = function(*args, **options)
    assert found is not None
    assert found.shape == np.shape(expected)
    assert found.dtype == expected.dtype
    assert found.size < 50_000 or not any(found.strides)


def test_other_calls():
    converted = stand_in("astype", (X, np.dtype(np.float64)), {})
    assert (converted.shape, converted.dtype) == (SHAPE, np.float64)
    op = Overlap((400, 300), (2,), (1,), (1,))
    parts = flat(400, 299), flat(400, 299)
    assert stand_in("whole", (op, *parts), {}).shape == op.forward(*parts).shape


def test_what_is_small_or_has_values_is_computed():
    small = RNG.random((10, 10))
    assert stand_in("np.add", (small, small), {}) is None
    assert stand_in("np.matmul", (small, small), {}) is None
    assert stand_in("np.add", (RNG.random(SHAPE), X), {}) is None
    assert stand_in("np.cumsum", (X,), {}) is None
