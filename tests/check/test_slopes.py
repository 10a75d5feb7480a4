import numpy as np
import pytest

from backlit.check.slopes import directional

RNG = np.random.default_rng(0)
SMOOTH = {
    "sin": (np.sin, np.cos),
    "square": (np.square, lambda x: 2 * x),
    "exp": (np.exp, np.exp),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "log": (lambda x: np.log(np.abs(x)), lambda x: 1 / x),
    "wiggle": (lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x)),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1.0, 5.0])
def test_smooth_functions_to_nine_digits(name, scale):
    f, derivative = SMOOTH[name]
    x, direction = scale * RNG.normal(size=30), RNG.normal(size=30)
    before = x.tobytes()
    slope = directional(lambda: f(x), x, direction, f(x))
    right = derivative(x) * direction
    size = np.abs(right).max()
    np.testing.assert_allclose(slope.value, right, rtol=1e-8, atol=1e-9 * size)
    assert not slope.kinked.any()
    assert x.tobytes() == before


def test_the_error_is_estimated_honestly():
    for seed in range(50):
        x = np.random.default_rng(seed).normal(size=20) * 10.0 ** (seed % 5 - 2)
        slope = directional(
            lambda x=x: np.sin(x) * np.exp(-x / 9), x, np.ones(20), np.sin(x) * np.exp(-x / 9)
        )
        right = np.exp(-x / 9) * (np.cos(x) - np.sin(x) / 9)
        assert (np.abs(slope.value - right) <= 30 * slope.error + 1e-15).all()


def test_a_kink_is_seen_in_its_output_only():
    x = np.array([0.0, 1.0, -1.0, 1e-9])
    slope = directional(lambda: np.maximum(x, 0), x, np.ones(4), np.maximum(x, 0))
    assert slope.kinked.tolist()[:3] == [True, False, False]
    assert (slope.left[0], slope.right[0]) == pytest.approx((0, 1))
    np.testing.assert_allclose(slope.value[1:3], [1, 0], atol=1e-12)


def test_one_element_is_moved_alone():
    x = np.arange(6.0).reshape(2, 3)
    slope = directional(lambda: x**2, x, 4, x**2)
    np.testing.assert_allclose(slope.value, [[0, 0, 0], [0, 8, 0]], atol=1e-9)


def test_coarse_rounding_is_known():
    x = RNG.normal(size=40)
    f = lambda: np.tanh(x).astype(np.float32)  # noqa: E731
    slope = directional(f, x, np.ones(40), f(), eps=float(np.finfo(np.float32).eps))
    assert (np.abs(slope.value - (1 - np.tanh(x) ** 2)) <= 30 * slope.error).all()
    assert slope.error.max() < 1e-2
