"""The figures of the chapter, each from live code: what tests and people look at."""

import numpy as np

import backlit as bl
from backlit.draw import draw
from backlit.layers import Affine, ReLU, Sequential


def apples(**options):
    apple, number, tax = bl.tensor(100), bl.tensor(2), bl.tensor(1.1)
    price = apple * number * tax
    return draw(price, **options), price


def apples_values(**options):
    apple, number, tax = bl.tensor(100, "apple"), bl.tensor(2, "number"), bl.tensor(1.1, "tax")
    price = apple * number * tax
    return draw(price, gradients=False, **options), price


def apples_and_oranges(**options):
    apple, apples = bl.tensor(100, "apple"), bl.tensor(2, "apples")
    orange, oranges = bl.tensor(150, "orange"), bl.tensor(3, "oranges")
    tax = bl.tensor(1.1, "tax")
    price = (apple * apples + orange * oranges) * tax
    return draw(price, **options), price


def square_of_sum(**options):
    x, y = bl.tensor(2.0, "x"), bl.tensor(3.0, "y")
    t = x + y
    z = t**2
    return draw(z, formulas=True, **options), z


def add_node(**options):
    x, y = bl.tensor(10.0, "x"), bl.tensor(5.0, "y")
    z = x + y
    return draw(z, dout=1.3, **options), z


def multiply_node(**options):
    x, y = bl.tensor(10.0, "x"), bl.tensor(5.0, "y")
    z = x * y
    return draw(z, dout=1.3, **options), z


def relu(**options):
    x = bl.tensor([[1.0, -0.5], [-2.0, 3.0]], "x")
    y = bl.relu(x)
    return draw(y, dout=np.ones((2, 2)), formulas=True, **options), y


def sigmoid(**options):
    x = bl.tensor(1.0, "x")
    y = bl.sigmoid(x)
    return draw(y, formulas=True, **options), y


def sigmoid_opened(**options):
    x = bl.tensor(1.0, "x")
    y = bl.sigmoid(x)
    return draw(y, open="sigmoid", **options), y


def affine_vector(**options):
    X, W, B = (
        bl.tensor([1.0, 2.0], "X"),
        bl.tensor([[1.0, 0, 2], [0, 1, 3]], "W"),
        bl.tensor([0.5, 0.5, 0.5], "B"),
    )
    Y = bl.affine(X, W, B)
    return draw(Y, dout=[1.0, 2.0, 3.0], open="affine", **options), Y


def affine_batch(**options):
    X = bl.tensor(np.arange(10.0).reshape(5, 2), "X")
    W, B = bl.tensor([[1.0, 0, 2], [0, 1, 3]], "W"), bl.tensor([0.5, 0.5, 0.5], "B")
    Y = bl.affine(X, W, B)
    return draw(Y, dout=np.ones((5, 3)), formulas=True, **options), Y


def softmax_with_loss(**options):
    a, t = bl.tensor(np.log([0.3, 0.2, 0.5]), "a"), np.array([0.0, 1.0, 0.0])
    L = bl.softmax_cross_entropy(a, t)
    return draw(L, **options), L


def softmax_with_loss_opened(**options):
    a, t = bl.tensor(np.log([0.3, 0.2, 0.5]), "a"), np.array([0.0, 1.0, 0.0])
    L = bl.softmax_cross_entropy(a, t)
    return draw(L, open="softmax_cross_entropy", **options), L


def two_layer_net(**options):
    rng = np.random.default_rng(0)
    net = Sequential(Affine(784, 50, rng=rng), ReLU(), Affine(50, 10, rng=rng))
    x, t = rng.random((100, 784), dtype=np.float32), rng.integers(0, 10, 100)
    loss = bl.softmax_cross_entropy(net(x), t)
    return draw(loss, **options), loss


def reuse(**options):
    """Shared tensors, two opened ops, and lines that must go around them."""
    x, y = bl.tensor(2.0, "x"), bl.tensor(3.0, "y")
    z = bl.sigmoid(x * y) * bl.tanh(y) + bl.sigmoid(y) * x * x
    return draw(z, open="sigmoid", formulas=True, **options), z


def hostile(**options):
    """Names and values that no drawing expects."""
    script = bl.tensor(np.nan, "<script>alert('&\"')</script>")
    flower = bl.tensor(-np.inf, "🌸 花 값 $\\frac{a}{b}$\n" + "x" * 300)
    empty = bl.tensor(np.zeros((0, 3)), "]]> \x00\x1b\ud800")
    y = script * flower * 1e-300 + empty.sum()
    return draw(y, **options), y


FIGURES = [
    apples, apples_values, apples_and_oranges, square_of_sum, add_node, multiply_node, relu,
    sigmoid, sigmoid_opened, affine_vector, affine_batch, softmax_with_loss,
    softmax_with_loss_opened, two_layer_net, reuse, hostile,
]  # fmt: skip
