import numpy as np
import pytest

from backlit.errors import TypeRefusedError, ValueRefusedError
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


def test_float64_keeps_its_direction_up_to_its_largest_numbers():
    for size in (1e-200, 1e200, 1e308):
        gradients = [np.array([3.0, 0.0]) * (size / 4), np.array([size])]
        np.testing.assert_allclose(np.concatenate(clip_by_norm(gradients, size / 8)) / size * 8,
                                   [0.6, 0.0, 0.8])  # fmt: skip
        assert global_norm(gradients) == pytest.approx(1.25 * size)
    whole = clip_by_norm([np.full(4, 1.7e308), np.ones(1, np.float32), np.ones(0)], 1.0)
    np.testing.assert_allclose(whole[0], 0.5)


def test_integers_become_floats():
    for clip in (clip_by_norm, clip_by_value):
        (clipped,) = clip([np.array([3, 0])], 0.5)
        assert clipped.dtype == np.float64
        assert clipped.tolist() == [0.5, 0.0]
    assert global_norm([np.array([2**40, 0])]) == 2.0**40


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_a_limit_without_meaning_is_refused(clip):
    for limit in (0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueRefusedError, match=f"{clip.__name__}.*limit is"):
            clip([np.ones(2)], limit)
    with pytest.raises(TypeRefusedError, match="limit must be a number"):
        clip([np.ones(2)], "1")
