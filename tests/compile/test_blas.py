"""``W -= x @ y`` in one call, and where a program makes it."""

import numpy as np
import pytest
from compile.alike import train_alike

import backlit as bl
from backlit import optim
from backlit.compile import blas
from backlit.compile.blas import is_reachable, subtract_product
from backlit.compile.node import Node, Place, Program
from backlit.compile.passes import with_updates_fused
from backlit.compile.threads import limited
from backlit.layers import Affine, ReLU, Sequential

F = np.dtype(np.float32)


def matrix(rng, shape, order, dtype):
    if order == "strided":
        return rng.standard_normal((shape[0] * 2, shape[1] * 2)).astype(dtype)[::2, ::2]
    if order == "kept":
        kept = rng.standard_normal(shape).astype(dtype)
        kept.flags.writeable = False
        return kept
    if order == "part":
        return rng.standard_normal((shape[0], shape[1] + 3)).astype(dtype)[:, 1:-2]
    return np.asarray(rng.standard_normal(shape).astype(dtype), order=order)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("left", ["C", "F", "kept", "part", "strided"])
@pytest.mark.parametrize("right", ["C", "F", "kept", "part", "strided"])
@pytest.mark.parametrize(
    "shape", [(5, 7, 3), (1, 1, 1), (1, 6, 4), (6, 1, 2), (4, 5, 1), (2, 0, 3), (2, 3, 0)]
)
def test_as_numpy_computes_it(shape, left, right, dtype):
    rng = np.random.default_rng(0)
    rows, inner, columns = shape
    W = rng.standard_normal((rows, columns)).astype(dtype)
    x, y = matrix(rng, (rows, inner), left, dtype), matrix(rng, (inner, columns), right, dtype)
    expected = W - x @ y
    subtract_product(W, x, y)
    np.testing.assert_allclose(W, expected, rtol=1e-4 if dtype == np.float32 else 1e-11, atol=1e-6)


def test_without_the_blas(monkeypatch):
    monkeypatch.setattr(blas, "_gemm", lambda letter: None)
    W = np.ones((2, 2))
    subtract_product(W, np.eye(2), np.eye(2))
    np.testing.assert_array_equal(W, [[0, 1], [1, 0]])
    for dtype in (np.int64, np.float16):
        whole = np.ones((2, 2), dtype)
        subtract_product(whole, whole.copy(), whole.copy())
        np.testing.assert_array_equal(whole, np.full((2, 2), -1))
    assert not is_reachable(np.dtype(np.float32))


def descent(size=400, *, late=False, shown=False):
    """Return the program of ``W -= x @ d``, perhaps with something that reads W later."""
    x, d, W = (Node("input", shape=(size, size), dtype=F, value=("argument", i)) for i in range(3))
    product = Node("np.dot", (x, d), shape=(size, size), dtype=F, place=Place("backward"))
    reader = Node("np.exp", (W,), shape=(size, size), dtype=F)
    new = Node("np.subtract", (W, product), shape=(size, size), dtype=F, place=Place("update"))
    nodes = [product, reader, new] if late else [reader, product, new]
    return Program(nodes, [reader, *[product] * shown], {W: new})


@pytest.mark.skipif(not is_reachable(F), reason="NumPy's BLAS can't be called")
def test_fused_where_nothing_reads_the_old_value_later():
    program = with_updates_fused(descent())
    assert [node.function for node in program.nodes] == ["np.exp", "subtract_product"]
    (new,) = program.states.values()
    assert new is program.nodes[-1]
    for other in (descent(100), descent(late=True), descent(shown=True)):
        assert with_updates_fused(other) is other


@pytest.mark.skipif(not is_reachable(F), reason="NumPy's BLAS can't be called")
def test_smaller_matrices_are_fused_where_several_threads_wrote_the_product():
    for threads, fused in ((1, False), (2, True)):
        asked = with_updates_fused(descent(200), threads)
        with limited(threads):  # the same if that is all that there are
            found = with_updates_fused(descent(200))
        for program in (asked, found):
            assert ("subtract_product" in [node.function for node in program.nodes]) is fused


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Momentum])
def test_wide_nets(optimizer):
    def build():
        rng = np.random.default_rng(0)
        net = Sequential(
            Affine(300, 400, init="he", rng=rng),
            ReLU(),
            Affine(400, 300, init="he", rng=rng),
            ReLU(),
            Affine(300, 3, init="he", rng=rng),
        )
        rule = optimizer(net.parameters(), lr=0.01)
        return net, rule, lambda x, t: bl.softmax_cross_entropy(net(x), t)

    rng = np.random.default_rng(1)
    data = [(rng.standard_normal((8, 300)).astype(np.float32), rng.integers(0, 3, 8))] * 4
    run = train_alike(build, data)
    fused = "subtract_product(affine2_W, relu1.T, d_affine2)" in run.source
    assert fused is (optimizer is optim.SGD and is_reachable(F))
