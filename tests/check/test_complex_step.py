"""The complex step sharpens where it is right, and stays away where it is not."""

import numpy as np
import pytest

import backlit as bl
from backlit.check.complex_step import sharpened, worth_it
from backlit.check.hand import HandPart
from backlit.check.slopes import directional

RNG = np.random.default_rng(0)


class Elementwise:
    def __init__(self, f, derivative):
        self.f, self.derivative = f, derivative

    def forward(self, x):
        self.x = x
        return self.f(x)

    def backward(self, dout):
        return dout * self.derivative(self.x)


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.sin(1e5 * (x @ self.W + self.b))

    def backward(self, dout):
        dz = dout * 1e5 * np.cos(1e5 * (self.x @ self.W + self.b))
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W.T


def of(f, x, error=None):
    part = HandPart(Elementwise(f, None), (x,), name="f")
    slot = part.slots[0]
    here = part.output()
    direction = RNG.normal(size=x.shape)
    slope = directional(part.output, slot.array, direction, here)
    if error is not None:  # as if the differences had been so poor
        slope.value[...] += 0.5 * error
        slope.error[...] = error
    if not worth_it(slope, thorough=True):
        return None, direction
    return sharpened(slope, part, slot, direction, here), direction


@pytest.mark.parametrize("error", [1e-8, 1e-4])
def test_digits_that_differences_lack(error):
    x = RNG.normal(size=20)
    slope, direction = of(lambda x: np.exp(np.sin(x)) / (1 + x**2), x, error)
    y = np.exp(np.sin(x)) / (1 + x**2)
    right = (y * np.cos(x) - y * 2 * x / (1 + x**2)) * direction
    np.testing.assert_allclose(slope.value, right, rtol=1e-13, atol=1e-15)
    assert slope.error.max() < error / 5


@pytest.mark.parametrize(
    "f",
    [
        np.abs,
        lambda x: np.real(x) ** 2,
        lambda x: x * np.conj(x),
        lambda x: np.real(x) * x,
        lambda x: np.maximum(x, 0) + np.abs(x),
        lambda x: np.asarray(x, dtype=float) ** 2,
        lambda x: np.array([float(each.real) for each in x]),
        lambda x: np.arctan2(x, 1 + x**2),
        np.angle,
        np.floor,
    ],
    ids=range(10),
)
def test_what_is_not_made_for_complex_numbers(f):
    x = 1 + RNG.random(12)
    assert of(f, x, 1e-8)[0] is None


def test_parameters_too():
    rng = np.random.default_rng(3)
    layer = Affine(rng.normal(size=(4, 3)), rng.normal(size=3))
    report = bl.check(layer, rng.normal(size=(5, 4)))
    report.assert_ok()
    assert [row.reference for row in report.rows] == ["complex step"] * 3
    assert "slopes by a complex step too: Affine · x, Affine · W, Affine · b" in str(report)
    assert report.calls <= report.bound


def test_the_user_s_own_arrays_stay_real():
    layer = Affine(RNG.normal(size=(4, 3)), RNG.normal(size=3))
    before = layer.W.copy()
    bl.check(layer, RNG.normal(size=(5, 4)))
    assert layer.W.dtype == float
    np.testing.assert_array_equal(layer.W, before)


def test_healthy_code_that_drops_the_imaginary_part_passes():
    def dropped(x):
        y = np.zeros(x.shape)
        y[...] = np.sin(1e6 * x)
        return y

    x = RNG.normal(size=9)
    report = bl.check(Elementwise(dropped, lambda x: 1e6 * np.cos(1e6 * x)), x)
    report.assert_ok()
    assert {row.reference for row in report.rows} == {"differences"}


def test_what_rounds_to_single_precision_on_the_way_passes():
    def single(x):
        return 1.1 * x.astype(np.float32).astype(float) ** 2

    for size in (1, 12, 300):
        for scale in (1e-6, 1.0, 1e4):
            x = scale * np.random.default_rng(size).normal(size=size)
            bl.check(Elementwise(single, lambda x: 2.2 * x), x).assert_ok()
            assert not bl.check(Elementwise(single, lambda x: 2.9 * x), x).ok


def test_no_complex_number_gets_into_what_all_instances_share():
    class Remembers:
        def __init__(self, memory=[]):  # noqa: B006 - the mistake
            self.memory = memory

        def forward(self, x):
            self.memory.append(x.dtype.kind)
            return np.sin(1e6 * x)

        def backward(self, dout):
            return dout

    layer = Remembers()
    bl.check(layer, RNG.normal(size=9))
    assert set(layer.memory) <= {"f"}
