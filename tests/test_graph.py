"""The walk backwards: order, sums over uses, long chains, memory."""

import gc
import time
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backlit as bl
from backlit.graph import history


def chain(x, length):
    for _ in range(length):
        x = x * 1.0
    return x


def test_a_chain_of_100_000_nodes_goes_forwards_and_backwards():
    x = bl.tensor(3.0)
    y = chain(x, 100_000)
    y.backward()
    assert x.grad == 1
    assert len(history(y)) == 100_000


@pytest.mark.slow
def test_time_per_node_does_not_grow_with_length():
    def seconds_per_node(length):
        x = bl.tensor(3.0)
        start = time.perf_counter()
        chain(x, length).backward()
        return (time.perf_counter() - start) / length

    rounds = [(seconds_per_node(1_000), seconds_per_node(100_000)) for _ in range(5)]
    short, long = np.median(rounds, axis=0)
    assert long < 2 * short


def test_memory_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = bl.tensor(np.ones(10))
        y = chain(x, 50)
        witnesses = [weakref.ref(node) for node in history(y)]
        witnesses += [weakref.ref(node.op) for node in history(y)]
        y.sum().backward()
        del y
        assert not any(witness() for witness in witnesses)
        long = chain(x, 100_000)
        last = weakref.ref(long)
        first = weakref.ref(history(long)[-1])
        del long
        assert last() is None
        assert first() is None
    finally:
        gc.enable()


def test_several_uses_are_summed():
    x = bl.tensor(3.0)
    ((x + 1) ** 2).backward()
    assert x.grad == 8
    (x * x * x + x).backward()
    assert x.grad == 28


def test_a_diamond_is_walked_once_per_node():
    x = bl.tensor(1.0)
    y = x
    for _ in range(60):  # 2**60 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_random_graphs_agree_with_dual_numbers(steps):
    """Forward-mode derivatives, computed beside the values, equal the backward pass."""
    x = bl.tensor(0.7)
    nodes, values, slopes = [x], [0.7], [1.0]
    for kind, i, j in steps:
        i, j = i % len(nodes), j % len(nodes)
        (a, b), (u, v), (du, dv) = (
            (nodes[i], nodes[j]), (values[i], values[j]), (slopes[i], slopes[j]),
        )  # fmt: skip
        node, value, slope = [
            lambda: (a + b, u + v, du + dv),
            lambda: (a - b, u - v, du - dv),
            lambda: (a * b, u * v, du * v + u * dv),
            lambda: (np.tanh(a), np.tanh(u), (1 - np.tanh(u) ** 2) * du),
            lambda: (np.sin(a) * 0.5, np.sin(u) * 0.5, np.cos(u) * 0.5 * du),
        ][kind]()
        if abs(value) < 1e6 and abs(slope) < 1e6:
            nodes.append(node)
            values.append(value)
            slopes.append(slope)
    nodes[-1].backward()
    np.testing.assert_allclose(nodes[-1].item(), values[-1], rtol=1e-12)
    if len(nodes) > 1:
        grad = 0.0 if x.grad is None else x.grad
        np.testing.assert_allclose(grad, slopes[-1], rtol=1e-9, atol=1e-9)


def test_a_wrong_gradient_shape_is_refused_in_words():
    class Transposed(bl.Op):
        def forward(self, x):
            return x * 1.0

        def backward(self, dz):
            return dz.T

    with pytest.raises(bl.ShapeError, match=r"transposed.backward returned .* \(3, 2\) .*\(2, 3\)"):
        Transposed()(bl.tensor(np.ones((2, 3)))).sum().backward()


def test_only_a_librarys_card_is_believed_to_be_elementwise():
    class Shrinking(bl.Op):
        elementwise = True

        def forward(self, x, y):
            return x + y

        def backward(self, dz):
            return dz[:1], dz

    x, y = bl.tensor(np.ones((2, 3))), bl.tensor(np.ones((2, 3)))
    with pytest.raises(bl.ShapeError, match=r"shrinking.backward returned .* \(1, 3\)"):
        Shrinking()(x, y).sum().backward()


@pytest.mark.parametrize(
    "other",
    [
        np.ones(3, np.float32),
        np.ones((1, 3), np.float32),
        np.ones((2, 3), np.float64),
        np.arange(1, 7).reshape(2, 3),
        2.0,
    ],
    ids=["a row", "a matrix of one row", "another dtype", "integers", "a number"],
)
@pytest.mark.parametrize("function", [np.add, np.multiply, np.divide, np.maximum])
def test_gradients_have_the_form_of_what_they_are_of(function, other):
    x = bl.tensor(np.full((2, 3), 0.5, np.float32))
    other = bl.tensor(other) if getattr(other, "dtype", np.dtype(int)).kind == "f" else other
    y = function(x, other)
    y.backward(np.ones_like(y.data))
    for leaf in (x, other):
        if isinstance(leaf, bl.Tensor):
            assert (leaf.grad.shape, leaf.grad.dtype) == (leaf.shape, leaf.dtype)


def test_a_sum_goes_on_into_what_waits():
    """Paths of different length meet again, in either order of the inputs."""
    for long_first in (True, False):
        x = bl.tensor(2.0)
        short = x * 3.0
        long = ((short * 5.0) + short) * 7.0
        y = long * short if long_first else short * long
        y.backward()
        assert x.grad == 2 * 7 * 6 * 9 * 2.0
