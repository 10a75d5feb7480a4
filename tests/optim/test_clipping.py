import numpy as np

from backlit.optim import clip_by_norm, clip_by_value, global_norm


def test_one_factor_for_all():
    gradients = [np.array([3.0, 0.0]), np.array([[4.0]])]
    clipped = clip_by_norm(gradients, 1.0)
    np.testing.assert_allclose(clipped[0], [0.6, 0.0])
    np.testing.assert_allclose(clipped[1], [[0.8]])
    for limit in (5.0, 100.0):
        np.testing.assert_equal(clip_by_norm(gradients, limit), gradients)
    np.testing.assert_equal(gradients, [np.array([3.0, 0.0]), np.array([[4.0]])])


def test_zero_gradients_stay_zero():
    np.testing.assert_equal(clip_by_norm([np.zeros(3), np.zeros(())], 1.0), [np.zeros(3), 0.0])


def test_large_float32_gradients_do_not_overflow():
    clipped = clip_by_norm([np.full(4, 1e30, np.float32)], 1.0)
    np.testing.assert_allclose(clipped, [[0.5] * 4])
    assert clipped[0].dtype == np.float32


def test_what_is_not_finite_stays_visible():
    nan, inf = np.nan, np.inf
    np.testing.assert_equal(
        clip_by_norm([np.array([1.0, nan]), np.ones(1)], 1.0), [[nan] * 2, [nan]]
    )
    np.testing.assert_equal(
        clip_by_norm([np.array([1.0, inf]), np.ones(1)], 1.0), [[0.0, nan], [0]]
    )
    np.testing.assert_equal(clip_by_value([np.array([nan, -inf, 0.5])], 1.0), [[nan, -1.0, 0.5]])
    assert np.isnan(global_norm([np.array([nan])]))
    assert np.isinf(global_norm([np.array([inf])]))
