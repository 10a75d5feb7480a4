"""The cost of a check in forward calls: bounded, also after a fault, and told."""

from importlib import import_module

import numpy as np
import pytest

from backlit.book import Affine, Relu, SoftmaxWithLoss
from backlit.check import check
from backlit.check.budget import Budget

RNG = np.random.default_rng(0)
SIDE = 24


class Pool:
    """The maximum over windows of 2 × 2."""

    def forward(self, x):
        n, c, h, w = x.shape
        self.windows = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        self.windows = self.windows.reshape(n, c, h // 2, w // 2, 4)
        self.index = self.windows.argmax(axis=-1)
        return self.windows.max(axis=-1)

    def backward(self, dout):
        g = np.zeros_like(self.windows)
        np.put_along_axis(g, self.index[..., None], dout[..., None], -1)
        n, c, h, w, _ = g.shape
        g = g.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return g.reshape(n, c, 2 * h, 2 * w)


class Repeating(Pool):
    def backward(self, dout):
        return np.repeat(np.repeat(dout, 2, 2), 2, 3)


class Flat:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        return dout.reshape(self.shape)


class Unsummed(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout[0]
        return dx


class Stopping(Affine):
    def backward(self, dout):
        return 0 * super().backward(dout)


class Net:
    """ReLU, pooling and two dense layers: kinks and ties everywhere, in a large net."""

    def __init__(self, pool=Pool, first=Affine, second=Affine):
        size = 6 * (SIDE // 2) ** 2
        self.params = {
            "W1": RNG.normal(size=(size, 30)) / np.sqrt(size), "b1": np.zeros(30),
            "W2": RNG.normal(size=(30, 5)), "b2": np.zeros(5),
        }  # fmt: skip
        p = self.params
        self.layers = {
            "Relu1": Relu(), "Pool1": pool(), "Flat1": Flat(), "Affine1": first(p["W1"], p["b1"]),
            "Relu2": Relu(), "Affine2": second(p["W2"], p["b2"]),
        }  # fmt: skip
        self.last = SoftmaxWithLoss()

    def loss(self, x, t):
        for layer in self.layers.values():
            x = layer.forward(x)
        return self.last.forward(x, t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        one, two = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": one.dW, "b1": one.db, "W2": two.dW, "b2": two.db}


X, T = RNG.normal(size=(12, 6, SIDE, SIDE)), RNG.integers(0, 5, 12)
FAULTS = {
    "pool": ({"pool": Repeating}, "Pool1", "x"),
    "bias": ({"first": Unsummed}, "Affine1", "b"),
    "dx": ({"second": Stopping}, "Affine2", "x"),
}


def test_a_healthy_large_net_takes_few_calls():
    report = check(Net(), X, T)
    report.assert_ok()
    assert report.calls < 1_500
    assert not report.left_out


@pytest.mark.parametrize("name", FAULTS)
def test_the_layer_is_named_within_the_bound(name):
    faulty, layer, tensor = FAULTS[name]
    report = check(Net(**faulty), X, T)
    assert {(fault.layer, fault.tensor) for fault in report.faults} == {(layer, tensor)}
    assert report.calls < 4_000
    assert report.calls <= report.bound
    assert {each.name: each.status for each in report.layers} == {
        each: "faulty" if each == layer else "healthy"
        for each in ("Relu1", "Pool1", "Flat1", "Affine1", "Relu2", "Affine2",
                     "SoftmaxWithLoss (last)")
    }  # fmt: skip


def test_what_was_left_out_is_told(monkeypatch):
    # By its name: `backlit.check.check` is the function, and hides its module.
    examine = import_module("backlit.check.examine")
    monkeypatch.setattr(examine, "allotment", lambda *_: 30)
    report = check(Unsummed(RNG.normal(size=(5, 3)), np.zeros(3)), RNG.normal(size=(4, 5)))
    assert report.left_out
    assert report.calls <= report.bound
    assert all(f"not looked at, for want of calls: {what}" in str(report)
               for what in report.left_out)  # fmt: skip


def test_stages_within_stages():
    budget = Budget()
    with budget.stage(5, "all"):
        with budget.stage(2, "the first"):
            while True:
                budget.spend()
        assert budget.calls == 2
        budget.spend()
        with budget.stage(9, "the second"):
            while True:
                budget.spend()
        raise AssertionError("five are made")
    assert (budget.calls, budget.bound) == (5, 5)
    assert budget.left_out == ["the first", "the second", "all"]
