"""The numbers that chapter 5 of *Deep Learning from Scratch* prints, to the last bit."""

import numpy as np
import pytest

import backlit as bl
from backlit.book import (
    AddLayer,
    Affine,
    MulLayer,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
    TwoLayerNet,
    load_mnist,
)


def test_apples_with_tax():
    fruit, till = MulLayer(), MulLayer()
    price = till.forward(fruit.forward(100, 2), 1.1)
    d_fruit, d_tax = till.backward(1)
    assert price == 220.00000000000003
    assert (*fruit.backward(d_fruit), d_tax) == (2.2, 110.00000000000001, 200)


def test_apples_and_oranges():
    apples, oranges, both, till = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    total = both.forward(apples.forward(100, 2), oranges.forward(150, 3))
    assert till.forward(total, 1.1) == 715.0000000000001
    d_total, d_tax = till.backward(1)
    d_apples, d_oranges = both.backward(d_total)
    d_apple, d_apple_number = apples.backward(d_apples)
    d_orange, d_orange_number = oranges.backward(d_oranges)
    assert d_apple == 2.2
    assert d_apple_number == 110.00000000000001
    assert d_orange == 3.3000000000000003
    assert d_orange_number == 165.0
    assert d_tax == 650


def test_the_same_as_a_graph():
    apple, apples, orange, oranges, tax = map(bl.tensor, (100, 2, 150, 3, 1.1))
    price = (apple * apples + orange * oranges) * tax
    price.backward()
    assert price.item() == 715.0000000000001
    found = [x.grad.item() for x in (apple, apples, orange, oranges, tax)]
    assert found == [2.2, 110.00000000000001, 3.3000000000000003, 165.0, 650.0]
    two = apple * apples * tax
    two.backward()
    assert two.item() == 220.00000000000003
    assert [x.grad.item() for x in (apple, apples, tax)] == [2.2, 110.00000000000001, 200.0]


def test_squares_of_sums():
    x = bl.tensor(3.0)
    z = (x + 1) ** 2
    z.backward()
    assert (z.item(), x.grad.item()) == (16.0, 8.0)
    x, y = bl.tensor([1.0, 2.0]), bl.tensor(3.0)
    z = (x + y) ** 2
    z.backward([1.0, 1.0])
    assert z.data.tolist() == [16.0, 25.0]
    assert (x.grad.tolist(), y.grad.item()) == ([8.0, 10.0], 18.0)


def test_a_product():
    layer = MulLayer()
    assert layer.forward(5, 10) == 50
    assert layer.backward(1.3) == (13.0, 6.5)


def test_relu_and_its_mask():
    layer, x = Relu(), np.array([[1.0, -0.5], [-2.0, 3.0]])
    assert layer.forward(x).tolist() == [[1.0, 0.0], [0.0, 3.0]]
    assert layer.mask.tolist() == [[False, True], [True, False]]
    assert layer.backward(np.ones((2, 2))).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_the_bias_is_summed_over_the_batch():
    layer = Affine(np.zeros((2, 3)), np.array([1, 2, 3]))
    assert layer.forward(np.zeros((2, 2))).tolist() == [[1, 2, 3], [1, 2, 3]]
    layer.backward(np.array([[1, 2, 3], [4, 5, 6]]))
    assert layer.db.tolist() == [5, 7, 9]


@pytest.mark.parametrize("t", [[0, 1, 0], 1])
@pytest.mark.parametrize(
    ("y", "expected"),
    [([0.3, 0.2, 0.5], [0.3, -0.8, 0.5]), ([0.01, 0.99, 0.0], [0.01, -0.01, 0.0])],
)
def test_softmax_with_loss_is_y_minus_t(y, t, expected):
    layer = SoftmaxWithLoss()
    with np.errstate(divide="ignore"):
        loss = layer.forward(np.log(y), t)
    assert loss == pytest.approx(-np.log(y[1]))
    np.testing.assert_allclose(layer.y, y, rtol=1e-15)
    np.testing.assert_allclose(layer.backward(), expected, rtol=1e-12)
    np.testing.assert_array_equal(layer.backward(2), 2 * layer.backward())


def test_the_gradient_check_of_the_chapter():
    (x, t), _ = load_mnist(one_hot_label=True)
    np.random.seed(0)
    net = TwoLayerNet(784, 4, 10)
    by_backprop, by_difference = net.gradient(x[:3], t[:3]), net.numerical_gradient(x[:3], t[:3])
    for name in net.params:
        assert np.mean(np.abs(by_backprop[name] - by_difference[name])) < 1e-9
    bl.check(net, x[:3], t[:3], samples=50).assert_ok()


def test_sigmoid_as_the_chapter_writes_its_gradient():
    layer = Sigmoid()
    y = layer.forward(np.array([-2.0, 0.0, 3.0]))
    np.testing.assert_array_equal(layer.backward(np.ones(3)), 1.0 * y * (1.0 - y))
