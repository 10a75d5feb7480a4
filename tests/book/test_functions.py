import numpy as np
import pytest

import backlit as bl
from backlit import book
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError

ELEMENTWISE = {
    book.sigmoid: book.sigmoid_grad,
    book.relu: book.relu_grad,
}


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_a_slope_beside_each_function(f):
    x = np.array([[-2.0, 0.5], [3.0, -0.1]])
    slopes = np.diag(book.numerical_gradient(lambda x: np.sum(f(x)), x).ravel())
    np.testing.assert_allclose(np.diag(ELEMENTWISE[f](x).ravel()), slopes, atol=1e-8)
    assert ELEMENTWISE[f](x.astype("f")).dtype == np.float32
    bl.check(f, x).assert_ok()  # on tensors too


def test_known_values():
    assert book.step_function(np.array([-1.0, 1.0, 2.0])).tolist() == [0, 1, 1]
    np.testing.assert_allclose(book.softmax([0.3, 2.9, 4.0]).sum(), 1)
    np.testing.assert_allclose(book.softmax([[1e4, 0.0], [3.0, 3.0]]), [[1, 0], [0.5, 0.5]])
    t = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    y = [0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]
    assert book.sum_squared_error(y, t) == book.mean_squared_error(y, t) == 0.09750000000000003
    assert book.cross_entropy_error(y, t) == book.cross_entropy_error(y, 2) == 0.510825457099338
    x = np.ones(2)
    assert book.identity_function(x) is not x
    assert book.identity_function(x).tolist() == [1, 1]


def test_cross_entropy_of_a_batch():
    y = np.array([[0.2, 0.8], [0.5, 0.5]])
    expected = -(np.log(0.8 + 1e-7) + np.log(0.5 + 1e-7)) / 2
    for t in ([1, 0], np.eye(2)[[1, 0]], np.eye(2, dtype=int)[[1, 0]]):
        assert book.cross_entropy_error(y, t) == pytest.approx(expected, rel=1e-15)
    assert book.cross_entropy_error(y[:1], [1]) == book.cross_entropy_error(y[0], [0, 1])
    assert book.softmax_loss(np.log(y), [1, 0]) == pytest.approx(expected)
    bl.check(lambda y: book.cross_entropy_error(y, [1, 0]), y).assert_ok()


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"\(2, 3\).*\(4,\)"):
        book.cross_entropy_error(np.ones((2, 3)), [0, 1, 2, 0])
    with pytest.raises(ValueRefusedError, match="3"):
        book.cross_entropy_error(np.ones((2, 3)), [0, 3])
    with pytest.raises(TypeRefusedError, match="integers"):
        book.cross_entropy_error(np.ones((2, 3)), [0.0, 1.0])
    with pytest.raises(ShapeError, match="y"):
        book.sum_squared_error(np.ones((2, 1)), np.ones(2))
