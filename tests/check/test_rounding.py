import numpy as np
import pytest

from backlit.check.hand import HandPart
from backlit.check.rounding import rounded_to

EPS = {np.dtype(t): float(np.finfo(t).eps) for t in (np.float16, np.float32, np.float64)}
SINGLE, DOUBLE = EPS[np.dtype(np.float32)], EPS[np.dtype(np.float64)]


class Forward:
    def __init__(self, f):
        self.f = f

    def forward(self, x):
        return self.f(x)

    def backward(self, dout):
        return dout


def precision(f, x):
    part = HandPart(Forward(f), (x,), name="f")
    before = x.tobytes()
    found = rounded_to(part, part.output())
    assert x.tobytes() == before
    return found


X = np.random.default_rng(0).normal(size=20)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 1.1 * x.astype(np.float32).astype(float) ** 2,
        lambda x: np.sin(x).astype(np.float32) * np.float64(0.3),
        lambda x: x.astype(np.float32),
        lambda x: x.astype(np.float32).astype(float),
    ],
    ids=range(4),
)
def test_single_precision_on_the_way(f):
    assert precision(f, X) == SINGLE


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sin, X),
        (lambda x: np.maximum(x, 0), np.where(X > 0, X, 0.0)),  # what is 0 stays 0
        (lambda x: np.maximum(x, 0), np.zeros(20)),
        (lambda x: 1e8 + np.sin(x), X),
        (lambda x: 1.0 + 1e-7 * x, X),
        (lambda x: np.floor(1000 * x) / 7, X),
        (lambda x: np.ones(3) + 0 * x[:3], X),
        (lambda x: x.sum(), X),
    ],
    ids=range(8),
)
def test_double_precision(f, x):
    assert precision(f, x) == DOUBLE
