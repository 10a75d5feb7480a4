"""What a program looks like, and what it costs."""

from pathlib import Path

import numpy as np
import pytest

import backlit as bl
from backlit.compile.threads import limited
from backlit.errors import BacklitError
from backlit.layers import Affine, ReLU, Sequential

RNG = np.random.default_rng(0)
X, T = RNG.random((100, 784), dtype=np.float32), RNG.integers(0, 10, 100)


@pytest.fixture
def step():
    net = Sequential(Affine(784, 50, rng=0), ReLU(), Affine(50, 10, rng=1))
    optimizer = bl.optim.SGD(net.parameters(), 0.1)

    def train_step(x, t):
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    compiled = bl.compile(train_step, threads=1)
    compiled(X, T)
    compiled.net = net
    return compiled


def test_two_layers_fit_one_screen(step):
    lines = step.source.splitlines()
    assert len(lines) <= 52
    assert max(map(len, lines)) <= 100
    assert "    # relu1: np.maximum(x, 0)" in lines
    assert "    d_affine1_W = np.dot(x.T, d_affine1, out=buffer9)  # (784, 50)" in lines
    compile(step.source, "step", "exec")


def test_the_text_alone_gives_the_same_bits(step):
    start = [W.data.copy() for W in step.net.parameters().values()]
    scope = {}
    exec(step.source, scope)
    for _ in range(3):
        with limited(step.threads_used):
            found = scope["step"](X, T, *start, 0.1)[0].item()
        assert found == step(X, T).item()
    for mine, W in zip(start, step.net.parameters().values(), strict=True):
        assert mine.tobytes() == W.data.tobytes()


def test_the_readme_shows_it(step):
    readme = Path(__file__).parents[2] / "README.md"
    assert step.source.strip() in readme.read_text(encoding="utf-8")


def test_cost(step):
    cost = step.cost
    products = 2 * 100 * (784 * 50 * 2 + 50 * 10 * 3)
    assert products < cost.after.flops < 1.03 * products
    assert cost.before.flops > cost.after.flops + 2 * 100 * 784 * 50  # the input's gradient
    assert cost.after.memory < cost.before.memory
    assert cost.after.bytes < cost.before.bytes
    table = str(cost).splitlines()
    assert len(table) == len(cost.stages) + 1
    assert len(step.program.nodes) == cost.after.calls + sum(
        node.function in {"np.reshape", "np.transpose", "np.expand_dims"} or node.weak
        for node in step.program.nodes
    )


def test_nothing_to_show_before_the_first_call():
    for name in ("source", "cost", "program"):
        with pytest.raises(BacklitError, match=f"no {name} yet"):
            getattr(bl.compile(lambda x: x), name)


def test_numbers_are_pythons_own():
    x, w = bl.tensor(-0.25), bl.tensor(3.0)
    wide = np.linspace(-1, 1, 300, dtype=np.float32)

    @bl.compile
    def function():
        y = bl.relu(x * w + 1.0) / w - x
        (y * y).backward()
        return y, wide * y.numpy()

    eager = function.function()
    gradients = x.grad, w.grad
    y, scaled = function()
    assert "float(x)" in function.source
    assert y.item() == eager[0].item()
    assert y.dtype == scaled.dtype == np.float64
    np.testing.assert_allclose(scaled, eager[1], rtol=1e-15)
    np.testing.assert_allclose((x.grad, w.grad), gradients, rtol=1e-14)
    x.data, w.data = np.array(np.nan), np.array(0.0)
    assert np.isnan(function()[0].item())


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int32])
@pytest.mark.parametrize("shape", [(7, 3), (200, 130), (1, 2)])
def test_labels_are_looked_up(shape, dtype):
    z = bl.tensor(RNG.standard_normal(shape) * 30)
    t = (np.arange(shape[0]) % shape[1]).astype(dtype)

    def loss(t):
        value = bl.softmax_cross_entropy(z * 1.5, t)
        value.backward()
        return value

    compiled = bl.compile(loss)
    expected = loss(t).item()
    gradient = z.grad
    assert compiled(t).item() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(z.grad, gradient, rtol=1e-10, atol=1e-15)
    assert ".take(" in compiled.source
    z.data = np.where(np.arange(shape[1]) == shape[1] - 1, np.inf, z.data)
    expected = loss(t).item()
    np.testing.assert_array_equal(compiled(t).item(), expected)
