import numpy as np
import pytest

import backlit as bl
from backlit import layers
from backlit.book import Affine, NeuralNetwork, Relu, Sigmoid
from backlit.errors import BacklitError, ShapeError, TypeRefusedError, ValueRefusedError

RNG = np.random.default_rng(0)


class Dense:
    """A layer as a reader writes it."""

    def __init__(self, size_in, size_out):
        self.W = RNG.normal(size=(size_in, size_out))

    def __call__(self, x):
        self.x = x
        return x @ self.W

    def backward(self, d):
        self.dW = self.x.T @ d
        return d @ self.W.T

    def update(self, lr):
        self.W -= lr * self.dW


class Half:
    def forward(self, x):
        return x / 2


def test_anybodys_layers_learn_together():
    net = NeuralNetwork(
        Dense(4, 6), Sigmoid(), Affine(RNG.normal(size=(6, 5)), np.zeros(5)), Relu(),
        layers.Affine(5, 3, rng=0, dtype="float64"), layers.Tanh(),
    )  # fmt: skip
    x, t = RNG.normal(size=(7, 4)), RNG.normal(size=(7, 3)) / 3
    bl.check(net, x).assert_ok()

    def loss():
        return 0.5 * np.sum((net(x) - t) ** 2)

    before = loss()
    for _ in range(50):
        assert net.backward(net.forward(x) - t).shape == x.shape
        net.update(lr=0.05)
    assert loss() < before / 2
    assert repr(net) == "NeuralNetwork(Dense, Sigmoid, Affine, Relu, Affine, Tanh)"


def test_a_layer_that_only_goes_forwards_will_do_until_it_must_go_back():
    net = NeuralNetwork(Half(), Relu())
    assert net(np.array([4.0])).tolist() == [2.0]
    with pytest.raises(
        TypeRefusedError, match=r"layer 1 = Half has no method backward; write Half"
    ):
        net.backward(np.array([1.0]))


@pytest.mark.parametrize(
    ("methods", "says"),
    [
        ({"foward": 1, "backward": 1}, "layer 2 = Odd has no method forward .*; rename foward"),
        ({"forward": 1, "bakcward": 1}, "layer 2 = Odd has no method backward; rename bakcward"),
        ({"__call__": 1, "backward": 1, "updat": 1}, "no method update; rename updat"),
        ({}, "layer 2 = Odd has no method forward"),
    ],
)
def test_a_misspelt_method_is_named_with_its_layer(methods, says):
    odd = type("Odd", (), dict.fromkeys(methods, lambda self, x: x))()
    with pytest.raises(TypeRefusedError, match=says):
        NeuralNetwork(Relu(), odd)
    with pytest.raises(TypeRefusedError, match=r"Relu\(\.\.\.\)"):
        NeuralNetwork(Relu)


def test_what_goes_wrong_is_placed():
    class Forgetful(Dense):
        def backward(self, d):
            self.dW = self.x.T @ d

    net = NeuralNetwork(Dense(2, 2), Forgetful(2, 2), Affine(np.zeros((3, 2)), np.zeros(2)))
    with pytest.raises(ShapeError, match=r"in layer 3 = Affine, forward: .*\(1, 2\).*\(3, 2\)"):
        net(np.ones((1, 2)))
    net.layers.pop()
    with pytest.raises(BacklitError, match="layer"):
        NeuralNetwork(Relu()).backward(1.0)
    net = NeuralNetwork(Dense(2, 2), Forgetful(2, 2))
    net(np.ones((1, 2)))
    with pytest.raises(ValueRefusedError, match="layer 2 = Forgetful returned nothing"):
        net.backward(np.ones((1, 2)))
    with pytest.raises(AttributeError) as caught:
        NeuralNetwork(Dense(2, 2)).update(0.1)
    assert caught.value.__notes__ == ["In update of layer 1 = Dense, in a NeuralNetwork."]
