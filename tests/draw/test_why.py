"""The chain rule in numbers: sums over paths equal gradients, however many paths there are."""

from itertools import pairwise

import numpy as np
import pytest

import backlit as bl
from backlit.draw import what_if, why
from backlit.errors import ShapeError

UNARY = [bl.sigmoid, bl.tanh, bl.sin, bl.exp, bl.relu, lambda x: x**2, lambda x: -x]
BINARY = [bl.add, bl.subtract, bl.multiply, bl.maximum, lambda a, b: a / (b**2 + 1.0)]


def random_graph(rng, shape=()):
    """A few leaves and up to 14 ops, each on any of what is there."""
    leaves = [bl.tensor(rng.normal(size=shape), f"x{i}") for i in range(rng.integers(1, 4))]
    there = list(leaves)
    for _ in range(rng.integers(2, 15)):
        if rng.random() < 0.4:
            there.append(bl.tanh(UNARY[rng.integers(len(UNARY))](there[rng.integers(len(there))])))
        else:
            a, b = (there[rng.integers(len(there))] for _ in range(2))
            there.append(BINARY[rng.integers(len(BINARY))](a, b) * 0.5)
    return leaves, there[-1]


@pytest.mark.parametrize("seed", range(5))
def test_sum_over_paths_is_the_gradient_for_500_random_graphs(seed):
    rng = np.random.default_rng(seed)
    whole = 0
    for _ in range(100):
        leaves, y = random_graph(rng)
        y.backward(retain_grads=True)
        x = leaves[rng.integers(len(leaves))]
        wanted = 0.0 if x.grad is None else x.grad.item()
        x.grad = None
        reason = why(x, y, most=30)
        assert x.grad is None
        assert np.isclose(reason.gradient, wanted, rtol=1e-9, atol=1e-9)
        products = [path.product for path in reason.paths]
        assert np.isclose(sum(products) + reason.rest, wanted, rtol=1e-9, atol=1e-9)
        assert all(abs(a) >= abs(b) * (1 - 1e-6) for a, b in pairwise(products))
        if reason.complete:
            whole += 1
            assert np.isclose(sum(products), wanted, rtol=1e-9, atol=1e-9)
    assert whole > 30


def test_arrays_too():
    rng = np.random.default_rng(0)
    for _ in range(40):
        leaves, z = random_graph(rng, (2, 3))
        y = (z * rng.normal(size=(2, 3))).sum()
        y.backward()
        for x in leaves:
            wanted = 0.0 if x.grad is None else x.grad[1, 2]
            assert np.isclose(why(x, y, (1, 2)).gradient, wanted, rtol=1e-9, atol=1e-9)


def test_a_net_element_by_element():
    rng = np.random.default_rng(0)
    x, W = bl.tensor(rng.normal(size=(4, 3)), "x"), bl.tensor(rng.normal(size=(3, 5)), "W")
    b = bl.tensor(np.zeros(5), "b")
    loss = bl.softmax_cross_entropy(bl.relu(bl.affine(x, W, b)), np.array([0, 1, 2, 3]))
    loss.backward()
    reason = why(W, loss, (1, 2), most=100)
    assert np.isclose(reason.gradient, W.grad[1, 2], atol=1e-12)
    assert abs(reason.rest) < 1e-9  # 4 samples, each through one unit: all paths are there
    assert str(reason).startswith("∂loss/∂W[1, 2] = ")
    assert "affine → [" in str(reason)
    largest = why(W, loss)
    assert np.isclose(abs(largest.gradient), np.abs(W.grad).max())


def test_many_paths_are_summed_not_listed():
    x = bl.tensor(2.0, "x")
    y = x
    for _ in range(200):
        y = y * 0.5 + y * 0.5
    reason = why(x, y)
    assert reason.count == 2**200
    assert np.isclose(reason.gradient, 1.0, rtol=1e-12)
    assert not reason.complete
    assert len(reason.paths) == 5
    assert len(str(reason)) < 2000


def test_the_chapters_words():
    apple, number, tax = bl.tensor(100), bl.tensor(2), bl.tensor(1.1)
    price = apple * number * tax
    assert str(why(apple)) == "∂price/∂apple = 2.2 = 1 × 1.1 (× tax) × 2 (× number)"
    assert r"\underbrace{1.1}_{\times \text{ tax}}" in why(apple, price).latex()
    x = bl.tensor(0.0)
    y = bl.sigmoid(x)
    assert str(why(x, y)) == "∂y/∂x = 0.25 = 1 × 0.25 (σ: z · (1 − z))"
    lonely = bl.tensor(1.0)
    assert str(why(lonely, y)) == "∂y/∂lonely = 0: y does not depend on lonely"
    assert str(why(y, y)) == "∂y/∂y = 1 = 1"


def test_an_op_written_by_hand_whose_backward_takes_arrays_only():
    class Sorted(bl.Op):
        opens = False

        def forward(self, x):
            self.order = np.argsort(x)
            return np.sort(x)

        def backward(self, dz):
            dx = np.empty(dz.shape)
            dx[np.argsort(self.order)] = np.asarray(dz)[np.argsort(self.order)]
            return dx

    class Doubled(bl.Op):
        opens = False

        def forward(self, x):
            return x * 2

        def backward(self, dz):
            dx = np.empty(dz.shape)
            dx[...] = np.asarray(dz) * 2
            return dx

    x = bl.tensor([1.0, 2.0, 3.0])
    y = (Doubled()(x) * [1.0, 10.0, 100.0]).sum()
    assert why(x, y, 2).gradient == 200.0


def test_what_is_refused():
    x = bl.tensor([1.0, 2.0])
    y = x * 2
    with pytest.raises(bl.ShapeError, match="pick an element"):
        why(x, y)
    with pytest.raises(bl.ShapeError, match="no element 5"):
        why(x, y.sum(), 5)
    with pytest.raises(bl.GraphError, match="requires no gradient"):
        why(bl.tensor(1.0, requires_grad=False), y.sum())
    with pytest.raises(bl.TypeRefusedError, match="takes tensors"):
        why(1.0, y)
    first, second = x.sum(), y.sum()
    with pytest.raises(bl.GraphError, match="first, second all depend"):
        why(x)
    del first, second
    with pytest.raises(bl.GraphError, match="none of your variables"):
        why(x)


def test_what_if():
    apple, number = bl.tensor(100), bl.tensor(2)
    price = apple * number
    promised = what_if(price, apple=+1)
    assert (promised.change, promised.predicted) == (2.0, 2.0)
    both = what_if(price, {apple: 1, number: 1})
    assert (both.change, both.predicted) == (103.0, 102.0)
    assert apple.data == 100
    assert apple.grad is None
    with pytest.raises(bl.ValueRefusedError, match=r"called 'pear'.*apple, number"):
        what_if(price, pear=1)
    with pytest.raises(bl.ValueRefusedError, match="nothing changes"):
        what_if(price)
    with pytest.raises(bl.ShapeError, match=r"\(3,\)"):
        what_if(price, apple=[1, 2, 3])


def test_one_element_is_asked_for_by_indexing():
    W = bl.tensor([[1.0, 2.0], [3.0, 4.0]], "W")
    y = bl.tensor([1.0, 10.0], "v")
    row = W.why
    total = (W * y).sum()
    for index in np.ndindex(2, 2):
        assert W.why[index].gradient == why(W, total, index).gradient == y.data[index[1]]
    assert y.why[-1].gradient == 6
    assert row(total, (0, 1)).gradient == 10
    with pytest.raises(ShapeError, match="no element"):
        W.why[2, 0]
    with pytest.raises(ShapeError, match="no element"):
        W.why["a"]
