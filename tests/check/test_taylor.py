"""The Taylor remainder tells a wrong gradient from a bad step."""

import numpy as np
import pytest

import backlit as bl
from backlit.check.evidence import Evidence, upstream
from backlit.check.hand import HandPart
from backlit.check.taylor import remainder

FUNCTIONS = {
    "tame": (np.sin, np.cos),
    "steep": (lambda x: np.exp(20 * x), lambda x: 20 * np.exp(20 * x)),
    "of two scales": (
        lambda x: x**2 + 1e-6 * np.sin(1e7 * x),
        lambda x: 2 * x + 10 * np.cos(1e7 * x),
    ),
    "as fast as steps are small": (
        lambda x: np.sin(1e8 * np.asarray(x, float)),
        lambda x: 1e8 * np.cos(1e8 * x),
    ),
}


class Elementwise:
    def __init__(self, f, derivative, factor=1.0):
        self.f, self.derivative, self.factor = f, derivative, factor

    def forward(self, x):
        self.x = x
        return self.f(x)

    def backward(self, dout):
        return self.factor * dout * self.derivative(self.x)


def followed(layer, x):
    part = HandPart(layer, (x,), name="f")
    rng = np.random.default_rng(0)
    here = part.output()
    dout = upstream(part, here, rng)
    evidence = Evidence(part, here, dout, part.back(dout), 1e-4, rng)
    slot = part.slots[0]
    before = slot.array.tobytes()
    found = remainder(evidence, slot, evidence.got(slot), rng.normal(size=slot.shape))
    assert slot.array.tobytes() == before
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("size", [1, 12, 300])
def test_the_order_tells_right_from_wrong(name, size):
    x = 0.5 * np.random.default_rng(size).normal(size=size)
    right = followed(Elementwise(*FUNCTIONS[name]), x)
    assert not right.wrong
    assert np.isnan(right.order) or right.order > 1.5 or name.startswith("as fast")
    wrong = followed(Elementwise(*FUNCTIONS[name], factor=1.3), x)
    assert wrong.wrong
    assert wrong.order == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("size", [1, 12, 300])
def test_a_step_that_is_bad_fails_nothing(name, size):
    x = 0.5 * np.random.default_rng(size).normal(size=size)
    bl.check(Elementwise(*FUNCTIONS[name]), x).assert_ok()
    assert not bl.check(Elementwise(*FUNCTIONS[name], factor=1.3), x).ok


def test_a_kink_is_no_wrong_gradient():
    x = np.array([0.0, 0.3, -0.2])
    assert not followed(Elementwise(np.abs, np.sign), x).wrong


def test_rounding_on_the_way_is_no_wrong_gradient():
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=1 + seed)
        layer = Elementwise(lambda x: x.astype(np.float32).astype(float) ** 2, lambda x: 2 * x)
        assert not followed(layer, x).wrong


def test_the_order_is_told():
    layer = Elementwise(*FUNCTIONS["as fast as steps are small"], factor=1.3)
    fault = bl.check(layer, 0.5 * np.random.default_rng(1).normal(size=300)).faults[0]
    assert "falls as h^1.0" in fault.message
    assert "the gradient is wrong, not the step" in fault.message
