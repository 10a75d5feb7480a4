import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import backlit as bl
from backlit.check import numerical_gradient
from backlit.errors import TypeRefusedError, ValueRefusedError


@given(
    hnp.arrays(
        np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.floats(-9, 9)
    )
)
def test_slopes_of_squares_in_any_shape(x):
    before = x.tobytes()
    found = numerical_gradient(lambda x: np.sum(x**2), x)
    assert found.shape == x.shape
    np.testing.assert_allclose(found, 2 * x, atol=1e-6)
    assert x.tobytes() == before


@pytest.mark.parametrize(
    "layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[::-1, ::2]]
)
def test_the_live_array_is_moved_whatever_its_layout_and_the_argument(layout):
    W = layout(np.random.default_rng(0).normal(size=(3, 4)))
    read = numerical_gradient(lambda _: np.sum(W**3), W)  # as the chapter writes it
    np.testing.assert_allclose(read, 3 * W**2, atol=1e-7)
    t = bl.tensor(np.array(W))
    np.testing.assert_array_equal(numerical_gradient(lambda t: (t**3).sum(), t).shape, W.shape)


@pytest.mark.parametrize("raised", [ZeroDivisionError, KeyboardInterrupt])
def test_everything_is_put_back_bit_for_bit_if_f_breaks_off(raised):
    x = np.array([1.1, -0.0, np.nan, np.inf, 5e-324, 0.1])
    before, calls = x.tobytes(), iter(range(7))

    def f(x):
        if next(calls) == 5:
            raise raised
        return 1.0

    with pytest.raises(raised):
        numerical_gradient(f, x)
    assert x.tobytes() == before


def test_numbers_and_lists_become_floats():
    assert numerical_gradient(lambda x: x**2, 3) == pytest.approx(6)
    assert numerical_gradient(lambda x: np.sum(x**2), [3, 4]) == pytest.approx([6, 8])


def test_the_textbook_formula_to_the_last_bit():
    def f(x):
        return 0.01 * x**2 + 0.1 * x

    h, x = 1e-4, 5.0
    assert numerical_gradient(f, x) == (f(x + h) - f(x - h)) / (2 * h)


def test_few_digits_are_warned_of_and_still_give_a_slope():
    x = np.array([3.0, 4.0], np.float32)
    with pytest.warns(UserWarning, match="float32"):
        found = numerical_gradient(lambda x: np.sum(x**2), x)
    np.testing.assert_allclose(found, [6, 8], rtol=1e-2)
    with (
        pytest.warns(UserWarning, match="float32"),
        pytest.raises(ValueRefusedError, match="larger"),
    ):
        numerical_gradient(lambda x: np.sum(x**2), x * 1e6, h=1e-4)


def test_a_step_that_is_rounded_is_measured():
    x = np.array([1e11])  # where floats lie 1.5e-5 apart
    np.testing.assert_allclose(numerical_gradient(lambda x: 3 * (x[0] - 1e11), x), 3)


@pytest.mark.parametrize(
    ("x", "error", "says"),
    [
        (np.array([3, 4]), TypeRefusedError, "astype"),
        (np.array([True]), TypeRefusedError, "bool"),
        (np.array([1j]), TypeRefusedError, "complex"),
        (["a"], TypeRefusedError, "real numbers"),
        (np.broadcast_to(1.0, (2,)), ValueRefusedError, "read-only"),
    ],
)
def test_what_cannot_be_moved_is_refused(x, error, says):
    with pytest.raises(error, match=says):
        numerical_gradient(np.sum, x)


@pytest.mark.parametrize(
    "returned", [None, np.ones(3), "1", [1.0, [2.0]], 1j, bl.tensor([1.0, 2.0])]
)
def test_what_is_not_one_number_is_refused(returned):
    with pytest.raises(TypeRefusedError, match="one number"):
        numerical_gradient(lambda x: returned, np.ones(2))
    with pytest.raises(ValueRefusedError, match="above 0"):
        numerical_gradient(np.sum, np.ones(2), h=0)
