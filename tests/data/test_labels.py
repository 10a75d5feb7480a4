import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backlit.data import one_hot
from backlit.errors import TypeRefusedError, ValueRefusedError


@given(
    labels=hnp.arrays(
        hnp.integer_dtypes() | hnp.unsigned_integer_dtypes(),
        hnp.array_shapes(min_dims=0, min_side=0, max_side=4),
        elements=st.integers(0, 4),
    )
)
def test_each_vector_has_one_one_where_the_label_says(labels):
    vectors = one_hot(labels, 5)
    assert vectors.shape == (*labels.shape, 5)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors.sum(axis=-1), np.ones(labels.shape))
    np.testing.assert_array_equal(vectors.argmax(axis=-1), labels)


def test_the_dtype_is_the_one_asked_for():
    assert one_hot([0], 2, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(("labels", "where"), [([0, 3], (1,)), ([[0], [-1]], (1, 0))])
def test_a_label_out_of_range_is_named_with_its_place(labels, where):
    with pytest.raises(ValueRefusedError) as caught:
        one_hot(labels, 3)
    assert f"the label {np.asarray(labels)[where]} at index {where}" in str(caught.value)
    assert "0 to 2" in str(caught.value)


@pytest.mark.parametrize("labels", [[0.0, 1.0], [True], ["3"], np.eye(3)])
def test_labels_that_are_no_integers_are_refused(labels):
    with pytest.raises(TypeRefusedError, match="labels must be integers"):
        one_hot(labels, 3)


def test_no_classes_are_refused():
    with pytest.raises(ValueRefusedError, match="at least 1, not 0"):
        one_hot([0], 0)


def test_classes_are_a_whole_number():
    with pytest.raises(TypeRefusedError, match=r"classes must be a whole number, not 2\.0"):
        one_hot([0], 2.0)
    assert one_hot([0], np.int64(2)).shape == (1, 2)
