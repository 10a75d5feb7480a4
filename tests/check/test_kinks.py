"""Inputs that lie on kinks: either slope passes there, but not a gradient that knows only one."""

import numpy as np
import pytest

import backlit as bl


class Relu:
    def forward(self, x):
        self.positive = x > 0
        return np.where(self.positive, x, 0.0)

    def backward(self, dout):
        return np.where(self.positive, dout, 0.0)


class FromZeroOn(Relu):
    def forward(self, x):
        self.positive = x >= 0  # at 0 the other slope, which is as right
        return np.where(self.positive, x, 0.0)


class Through(Relu):
    def backward(self, dout):
        return dout.copy()


class Absolute:
    def forward(self, x):
        self.x = x
        return np.abs(x)

    def backward(self, dout):
        return dout * np.sign(self.x)


class AbsoluteOfPositive(Absolute):
    def backward(self, dout):
        return dout * np.where(self.x >= 0, 1.0, 0.5)


class Highest:
    def forward(self, x):
        self.shape, self.winner = x.shape, x.argmax(axis=1)
        return x.max(axis=1)

    def backward(self, dout):
        dx = np.zeros(self.shape)
        dx[np.arange(len(dx)), self.winner] = dout
        return dx


@pytest.fixture
def x():
    """As images are: many zeros, nothing below."""
    return np.random.default_rng(0).integers(0, 3, (6, 4)).astype(float)


@pytest.mark.parametrize("layer", [Relu, FromZeroOn, Absolute, Highest])
def test_either_slope_passes_on_a_kink(layer, x):
    kept = x.copy()
    report = bl.check(layer(), x)
    assert report.ok, report
    assert report.rows[0].kinks
    assert np.array_equal(x, kept)


@pytest.mark.parametrize("layer", [Through, AbsoluteOfPositive])
def test_a_gradient_that_knows_one_side_alone_is_wrong(layer, x):
    kept = x.copy()
    report = bl.check(layer(), x)
    assert not report.ok
    fault = report.faults[0]
    assert fault.layer == layer.__name__
    assert x[fault.index] == 0
    assert fault.error > 0.1  # the numbers beside the kink, where they differ
    assert "lies on a kink" in fault.message
    assert np.array_equal(x, kept)


def test_where_nothing_lies_on_a_kink_one_side_is_all_there_is(x):
    assert bl.check(Through(), x + 1).ok
