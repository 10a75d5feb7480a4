"""Which layer is at fault: found in whole nets, at what each layer is really given."""

from collections import OrderedDict

import numpy as np
import pytest

from backlit.book import Affine, NeuralNetwork, Relu, Sigmoid, SoftmaxWithLoss, TwoLayerNet
from backlit.check import check
from backlit.check.parts import find_parts

RNG = np.random.default_rng(0)


class Tanh:
    factor = 1.0

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * self.factor * (1 - self.y**2)


def affine(n, m):
    return Affine(RNG.normal(size=(n, m)) / np.sqrt(n), RNG.normal(size=m))


class Held:
    """A chain whose layers are held in whatever way."""

    def __init__(self, hold):
        self.order = ["a", "b", "c", "d"]
        layers = [affine(3, 4), Tanh(), affine(4, 4), Tanh()]
        hold(self, dict(zip(self.order, layers, strict=True)))
        self.get = {}
        self._chain = layers

    def forward(self, x):
        for layer in self._chain:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in self._chain[::-1]:
            dout = layer.backward(dout)
        return dout


WAYS = {
    "list": (lambda net, d: setattr(net, "layers", list(d.values())), "Tanh (layers[3])"),
    "tuple": (lambda net, d: setattr(net, "blocks", tuple(d.values())), "Tanh (blocks[3])"),
    "dict": (lambda net, d: setattr(net, "layers", d), "d"),
    "ordered": (lambda net, d: setattr(net, "parts", OrderedDict(d)), "d"),
    "attributes": (lambda net, d: vars(net).update(d), "Tanh (d)"),
    "nested": (
        lambda net, d: setattr(
            net, "blocks", [list(d.values())[:2], {"last": list(d.values())[2:]}]
        ),
        "Tanh (blocks[1]['last'][1])",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_layer_is_named_however_it_is_held(way):
    hold, name = WAYS[way]
    net, x = Held(hold), RNG.normal(size=(5, 3))
    right = check(net, x)
    right.assert_ok()
    assert len(right.cleared) == 4
    net._chain[3].factor = 1.001
    report = check(net, x)
    assert {(fault.layer, fault.tensor) for fault in report.faults} == {(name, "x")}
    assert report.faults[0].diagnosis == "factor"
    assert report.faults[0].source.text == "return dout * self.factor * (1 - self.y**2)"
    assert name not in report.cleared
    assert len(report.cleared) == 3


def test_names_of_parts():
    net = TwoLayerNet(4, 3, 2)
    assert [part.name for part in find_parts(net)] == [
        "Affine1", "Relu1", "Affine2", "SoftmaxWithLoss (lastLayer)",
    ]  # fmt: skip
    both = {"one": {"a": Relu()}, "two": {"a": Sigmoid()}}
    assert [part.name for part in find_parts(both)] == [
        "Relu (['one']['a'])",
        "Sigmoid (['two']['a'])",
    ]


def test_the_chapters_net_at_full_size_in_few_calls():
    net = TwoLayerNet(784, 50, 10, rng=np.random.default_rng(1))
    rng = np.random.default_rng(0)  # its own, so that the count does not depend on other tests
    report = check(net, rng.random((100, 784)), rng.integers(0, 10, 100))
    report.assert_ok()
    assert report.calls < 1000
    assert all(row.max_error < 1e-6 for row in report.rows)
    assert report.cleared == ("Affine1", "Relu1", "Affine2", "SoftmaxWithLoss (lastLayer)")


@pytest.mark.parametrize("factor", [2.0, 1.001])
def test_one_element_of_784_by_50_in_a_net(factor):
    class Spoilt(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dW[123, 45] *= factor
            return dx

    net = TwoLayerNet(784, 50, 10, rng=np.random.default_rng(1))
    net.layers["Affine1"] = Spoilt(net.params["W1"], net.params["b1"])
    report = check(net, RNG.random((20, 784)), RNG.integers(0, 10, 20))
    (fault,) = report.faults
    assert (fault.layer, fault.tensor, fault.index) == ("Affine1", "W", (123, 45))
    assert fault.diagnosis == "element"
    assert fault.error == pytest.approx(1 - 1 / factor, rel=1e-3)


def test_a_thousandth_in_one_tensor_of_a_net():
    class Spoilt(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            self.db = self.db * 0.999
            return dx

    net = NeuralNetwork(affine(6, 5), Relu(), Spoilt(RNG.normal(size=(5, 3)), np.zeros(3)))
    report = check(net, RNG.normal(size=(4, 6)))
    assert [(f.layer, f.tensor, f.diagnosis) for f in report.faults] == [
        ("Spoilt (layers[2])", "b", "factor")
    ]


def test_a_wrong_wire_is_told_from_a_wrong_layer():
    class Net:
        def __init__(self, *, wrong):
            self.one, self.two, self.loss, self.wrong = (
                affine(3, 3),
                affine(3, 3),
                SoftmaxWithLoss(),
                wrong,
            )

        def forward(self, x, t):
            h = self.one.forward(x)
            self.h = np.sin(h)
            self.inner = h
            return self.loss.forward(self.two.forward(self.h), t)

        def backward(self):
            d = self.two.backward(self.loss.backward())
            return self.one.backward(d if self.wrong else d * np.cos(self.inner))

    x, t = RNG.normal(size=(4, 3)), np.array([0, 1, 2, 0])
    check(Net(wrong=False), x, t).assert_ok()
    (fault,) = check(Net(wrong=True), x, t).faults
    assert fault.layer == "Net"
    assert "between Affine (one) and Affine (two)" in fault.message or "sin" in fault.message


def test_smooth_layers_are_right_to_eight_digits():
    chain = NeuralNetwork(affine(4, 5), Tanh(), affine(5, 3), Sigmoid())
    report = check(chain, RNG.normal(size=(6, 4)))
    assert max(row.max_error for row in report.rows) < 1e-8
    assert max(row.max_error for row in check(Tanh(), RNG.normal(size=(6, 4))).rows) < 1e-8


def test_modules_that_a_layer_holds_are_left_alone():
    class Strange(type(np)):
        def __getattr__(self, name):
            raise OSError(name)

    layer = Tanh()
    layer.np, layer.strange = np, Strange("strange")
    check(layer, RNG.normal(size=3)).assert_ok()
    check(NeuralNetwork(layer, Tanh()), RNG.normal(size=3)).assert_ok()


class MaxPool:
    def forward(self, x):
        n, c, h, w = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2)
        return windows.max(axis=(3, 5))

    def backward(self, dout):
        return dout.repeat(2, axis=2).repeat(2, axis=3)  # every pixel gets it, not the largest


class Rectifier:
    def forward(self, x):
        self.negative = x < 0
        return np.where(self.negative, 0, x)

    def backward(self, dout):
        return np.where(self.negative, 0, dout)


class Images:
    def __init__(self):
        self.layers = [Rectifier(), MaxPool()]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


def test_a_fault_among_many_kinks_is_in_its_layer():
    """Zeros left by a rectifier tie in most windows, so every random direction meets kinks."""
    report = check(Images(), np.random.default_rng(0).standard_normal((4, 8, 24, 24)))
    assert not report.ok
    assert {fault.layer for fault in report.faults} == {"MaxPool (layers[1])"}
    assert any("Rectifier" in name for name in report.cleared)
