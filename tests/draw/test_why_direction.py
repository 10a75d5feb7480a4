"""The derivative along a direction: the sum over the elements, each by how far it moves."""

import numpy as np
import pytest

import backlit as bl
from backlit.draw import why


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_gradient_times_the_direction(seed):
    rng = np.random.default_rng(seed)
    x, W = bl.tensor(rng.normal(size=(3, 4))), bl.tensor(rng.normal(size=(4, 2)), "W")
    loss = bl.softmax_cross_entropy(bl.tanh(x @ W) + x[:, :2], np.array([0, 1, 1]))
    loss.backward()
    for leaf in (x, W):
        direction = rng.normal(size=leaf.shape) * (rng.random(leaf.shape) < 0.5)
        reason = why(leaf, loss, direction=direction, most=6)
        assert np.isclose(reason.gradient, (leaf.grad * direction).sum(), rtol=1e-9, atol=1e-12)
        written = sum(path.product for path in reason.paths)
        assert np.isclose(written + reason.rest, reason.gradient, rtol=1e-9, atol=1e-12)
        assert all(path.factors[-1].words.startswith("direction[") for path in reason.paths)


def test_of_a_number_it_is_a_multiple():
    x = bl.tensor(3.0, "x")
    y = x * x
    reason = why(x, y, direction=-2.0)
    assert reason.gradient == -12
    assert "∂y/∂x · direction = −12" in str(reason)
    assert reason.latex()


def test_nowhere_is_nothing():
    x = bl.tensor([1.0, 2.0], "x")
    assert why(x, (x * x).sum(), direction=[0, 0]).gradient == 0


def test_what_is_refused():
    x = bl.tensor([1.0, 2.0], "x")
    y = x.sum()
    with pytest.raises(bl.ShapeError, match=r"direction has shape \(3,\).*'x' has shape \(2,\)"):
        why(x, y, direction=[1, 2, 3])
    with pytest.raises(bl.ValueRefusedError, match="both"):
        why(x, y, 0, direction=[1, 2])
