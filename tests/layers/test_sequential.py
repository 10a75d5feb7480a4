import numpy as np
import pytest

import backlit as bl
from backlit.errors import BacklitError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.layers import Affine, LeakyReLU, ReLU, Sequential
from backlit.ops import Relu


@pytest.fixture
def net():
    return Sequential(Affine(4, 3), bl.relu, Affine(3, 3), LeakyReLU(), ReLU(), Affine(3, 2))


def test_names_are_kinds_and_numbers(net):
    names = ["affine1", "relu1", "affine2", "leakyrelu1", "relu2", "affine3"]
    assert list(net.children()) == names
    assert list(Sequential(lambda x: x, {"own": bl.relu}).children()) == ["lambda1", "own"]


def test_layers_are_reached_by_number_name_attribute_and_slice(net):
    assert net[0] is net["affine1"] is net.affine1
    assert net[-1] is net["affine3"]
    assert list(net) == [net[i] for i in range(len(net))]
    assert len(net) == 6
    assert net[2:4].affine2 is net.affine2
    assert list(net[::-2].children()) == ["affine3", "leakyrelu1", "relu1"]


def test_a_layer_can_be_replaced_in_its_place(net):
    net.affine2 = Affine(3, 3, init="zeros")
    assert net[2] is net.affine2
    assert list(net.parameters())[2:4] == ["affine2.W", "affine2.b"]
    assert not net[:3](np.ones((1, 4))).data.any()


def test_an_error_says_in_which_layer():
    net = Sequential({"encoder": Sequential(Affine(4, 3), Affine(50, 10))}, ReLU())
    with pytest.raises(ShapeError) as caught:
        net(np.zeros((2, 4)))
    assert str(caught.value).startswith("in encoder → affine2 = Affine(50, 10): affine: x has")


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Sequential(3), TypeRefusedError, "3 is neither a layer nor a function"),
        (lambda: Sequential([ReLU()]), TypeRefusedError, "neither a layer"),
        (lambda: Sequential(ReLU), TypeRefusedError, r"ReLU is a class.*ReLU\("),
        (lambda: Sequential(Relu), TypeRefusedError, "Relu is an op.*lambda x"),
        (lambda: Sequential(Relu()), TypeRefusedError, "Relu is an op.*lambda x"),
        (lambda: Sequential({"a.b": ReLU()}), ValueRefusedError, "'a.b'.*dots"),
        (lambda: Sequential({"_a": ReLU()}), ValueRefusedError, "underscore"),
        (lambda: Sequential({1: ReLU()}), ValueRefusedError, "1 can't be"),
        (lambda: Sequential({"update": ReLU()}), ValueRefusedError, "'update'.*attribute"),
        (lambda: Sequential(ReLU(), {"relu1": ReLU()}), ValueRefusedError, "two.*'relu1'"),
        (lambda: Sequential(ReLU())[1], ValueRefusedError, "no layer 1.*relu1"),
        (lambda: Sequential(ReLU())["relu"], ValueRefusedError, "no layer 'relu'.*relu1"),
        (lambda: Sequential(ReLU())[1.0], TypeRefusedError, "not by 1.0"),
    ],
)
def test_what_makes_no_net_is_refused(make, error, says):
    with pytest.raises(error, match=says) as caught:
        make()
    assert isinstance(caught.value, BacklitError)
