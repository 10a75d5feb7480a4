"""The second reading: ops open into simpler ones, derivatives have derivatives."""

import numpy as np
import pytest

import backlit as bl
from backlit.graph import history


def symbols(y):
    return [node.op.symbol for node in reversed(history(y))]


def test_sigmoid_opens_into_the_chapters_nodes():
    x = bl.tensor([0.3, -2.0], "x")
    inside = bl.opened(bl.sigmoid(x))
    assert symbols(inside) == ["×(−1)", "exp", "+", "/"]
    assert np.array_equal(inside.numpy(), bl.sigmoid(x).numpy())


@pytest.mark.parametrize(
    "closed",
    [
        bl.sigmoid,
        bl.softmax,
        bl.log_softmax,
        bl.softplus,
        bl.silu,
        bl.gelu,
        bl.relu,
        bl.mean,
        bl.var,
    ],
    ids=lambda f: f.__name__,
)
def test_closed_and_opened_agree(closed):
    x = bl.tensor(np.random.default_rng(0).standard_normal((3, 4)))
    y = closed(x)
    inside = bl.opened(y)
    dout = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(dout)
    from_closed = x.grad
    inside.backward(dout)
    np.testing.assert_allclose(inside.numpy(), y.numpy(), rtol=1e-14)
    np.testing.assert_allclose(x.grad, from_closed, rtol=1e-12, atol=1e-14)


def test_softmax_cross_entropy_opens():
    x = bl.tensor([[0.1, 0.2, 0.7]])
    inside = bl.opened(bl.softmax_cross_entropy(x, [1]))
    assert {"exp", "log", "max", "Σ"} <= set(symbols(inside))


def derivatives(f, at, count):
    x = bl.tensor(at)
    y = f(x)
    found = []
    for _ in range(count):
        y = bl.grad(y, x)
        found.append(y.item())
    return found


s = 1 / (1 + np.exp(-0.4))
t = np.tanh(0.4)
KNOWN = {
    "x**5": (lambda x: x**5, 2.0, [80, 160, 240, 240, 120]),
    "sin": (np.sin, 0.4, [np.cos(0.4), -np.sin(0.4), -np.cos(0.4), np.sin(0.4)]),
    "exp": (np.exp, 0.4, [np.exp(0.4)] * 5),
    "log": (np.log, 2.0, [1 / 2, -1 / 4, 2 / 8, -6 / 16]),
    "1/x": (lambda x: 1 / x, 2.0, [-1 / 4, 2 / 8, -6 / 16]),
    "sqrt": (np.sqrt, 4.0, [1 / 4, -1 / 32, 3 / 256]),
    "sigmoid": (bl.sigmoid, 0.4, [s * (1 - s), s * (1 - s) * (1 - 2 * s),
                                  s * (1 - s) * (1 - 6 * s + 6 * s**2)]),
    "tanh": (np.tanh, 0.4, [1 - t**2, -2 * t * (1 - t**2), (1 - t**2) * (6 * t**2 - 2)]),
    "softplus": (bl.softplus, 0.4, [s, s * (1 - s), s * (1 - s) * (1 - 2 * s)]),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_higher_derivatives_are_the_known_ones(name):
    f, at, expected = KNOWN[name]
    np.testing.assert_allclose(derivatives(f, at, len(expected)), expected, rtol=1e-12)


def test_a_hessian_by_rows():
    x = bl.tensor([1.0, 2.0])
    y = x[0] ** 2 * x[1] + x[1] ** 3
    slope = bl.grad(y, x)
    hessian = [bl.grad(slope[i], x).numpy() for i in range(2)]
    np.testing.assert_allclose(hessian, [[4, 2], [2, 12]])


def test_a_gradient_penalty_trains():
    """A loss that contains a gradient has gradients itself, left by plain backward."""
    W = bl.tensor([[1.0, -2.0], [0.5, 3.0]])
    x = bl.tensor([[1.0, 2.0]])
    slope = bl.grad(np.tanh(x @ W).sum(), x)
    (slope**2).sum().backward()

    def penalty(w):
        z = np.tanh(x.data @ w)
        return np.sum(((1 - z**2) @ w.T) ** 2)

    for index in np.ndindex(2, 2):
        h = np.zeros((2, 2))
        h[index] = 1e-6
        numeric = (penalty(W.data + h) - penalty(W.data - h)) / 2e-6
        np.testing.assert_allclose(W.grad[index], numeric, rtol=1e-6)


def test_grad_of_intermediate_unrelated_and_several():
    x, y = bl.tensor(2.0), bl.tensor(5.0)
    inner = x**2
    outer = inner * 3
    assert bl.grad(outer, inner).item() == 3
    assert bl.grad(outer, y).item() == 0
    assert [g.item() for g in bl.grad(outer, [x, inner])] == [12, 3]
    assert x.grad is None


def test_a_random_mask_is_not_drawn_again_by_opening():
    rng = np.random.default_rng(0)
    x = bl.tensor(np.ones(100))
    y = (bl.dropout(x, 0.5, rng) ** 2).sum()
    state = rng.bit_generator.state
    slope = bl.grad(y, x)
    assert rng.bit_generator.state == state
    np.testing.assert_allclose(slope.numpy().sum(), 2 * y.item())


def test_what_does_not_open_says_so():
    x = bl.tensor([1.0, 2.0])
    slope = bl.grad((x[[0, 0]] ** 2).sum(), x)
    with pytest.raises(bl.GraphError, match="does not open"):
        bl.opened(slope)
    with pytest.raises(bl.GraphError, match="not computed by an op"):
        bl.opened(x)


@pytest.mark.parametrize(
    "function", [bl.sigmoid, bl.softplus, bl.silu, np.tanh, bl.gelu], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("at", [-1e5, -800.0, 0.0, 800.0, 1e5])
def test_second_derivatives_are_finite_far_out(function, at):
    x = bl.tensor(at)
    assert np.isfinite(bl.grad(bl.grad(function(x), x), x).item())


def test_a_changed_input_is_noticed():
    W = bl.tensor(3.0)
    loss = W**3
    W.data = np.array(2.0)
    with pytest.raises(bl.GraphError, match="changed since"):
        bl.grad(loss, W)
