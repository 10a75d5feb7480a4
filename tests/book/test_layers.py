import numpy as np
import pytest

import backlit as bl
from backlit.book import (
    AddLayer,
    Affine,
    BatchNormalization,
    Dropout,
    MulLayer,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
)
from backlit.errors import GraphError, ShapeError, TypeRefusedError, ValueRefusedError

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


MAKERS = {
    "MulLayer": (MulLayer, lambda: (normal(3, 4), normal(3, 4))),
    "MulLayer, unequal": (MulLayer, lambda: (normal(3, 4), normal(4))),
    "AddLayer": (AddLayer, lambda: (normal(3, 4), normal(3, 4))),
    "Relu": (Relu, lambda: (normal(3, 4),)),
    "Sigmoid": (Sigmoid, lambda: (normal(3, 4),)),
    "Affine": (lambda: Affine(normal(4, 2), normal(2)), lambda: (normal(3, 4),)),
    "Affine, images": (lambda: Affine(normal(8, 2), normal(2)), lambda: (normal(3, 2, 2, 2),)),
    "Affine, one": (lambda: Affine(normal(4, 2), normal(2)), lambda: (normal(4),)),
    "SoftmaxWithLoss": (SoftmaxWithLoss, lambda: (normal(3, 4), np.array([3, 0, 1]))),
    "SoftmaxWithLoss, rows": (SoftmaxWithLoss, lambda: (normal(3, 4), np.eye(4)[[3, 0, 1]])),
    "SoftmaxWithLoss, one": (SoftmaxWithLoss, lambda: (normal(4), np.array(2))),
    "Dropout": (Dropout, lambda: (normal(3, 4),)),
    "Dropout, rng": (lambda: Dropout(0.3, rng=np.random.default_rng(1)), lambda: (normal(3, 4),)),
    "BatchNormalization": (
        lambda: BatchNormalization(normal(4), normal(4)), lambda: (normal(3, 4),)
    ),
    "BatchNormalization, images": (
        lambda: BatchNormalization(normal(8), normal(8)), lambda: (normal(3, 2, 2, 2),)
    ),
}  # fmt: skip
parametrize = pytest.mark.parametrize("name", MAKERS)


@parametrize
def test_gradients_are_slopes(name):
    make, inputs = MAKERS[name]
    report = bl.check(make(), *inputs())
    report.assert_ok()
    kinds = {"Affine": {"x", "W", "b"}, "BatchNormalization": {"x", "gamma", "beta"}}
    expected = kinds.get(report.target, {row.tensor for row in report.rows})
    assert {row.tensor for row in report.rows} == expected


@parametrize
def test_nothing_is_written_into_and_nothing_shared(name):
    make, inputs = MAKERS[name]
    layer, given = make(), inputs()
    before = [x.copy() for x in given]
    np.random.seed(1)
    out = layer.forward(*given)
    dout = np.array(normal(*np.shape(out)))
    sent = dout.copy()
    first = as_tuple(layer.backward(dout))
    kept = [dx.copy() for dx in first]
    for x, known in zip((*given, dout), (*before, sent), strict=True):
        np.testing.assert_array_equal(x, known)
    for array in (*given, *first, out, dout):  # the caller may do with them what he likes
        if isinstance(array, np.ndarray) and array.flags.writeable:
            array[...] = 0
    for dx, known in zip(as_tuple(layer.backward(sent)), kept, strict=True):
        np.testing.assert_array_equal(dx, known)


def as_tuple(gradients):
    return gradients if isinstance(gradients, tuple) else (gradients,)


@parametrize
def test_backward_wants_a_forward_and_a_dout_that_fits(name):
    make, inputs = MAKERS[name]
    layer = make()
    with pytest.raises(GraphError, match="forward"):
        layer.backward(1.0)
    layer.forward(*inputs())
    with pytest.raises(ShapeError, match="dout"):
        layer.backward(np.ones((7, 7)))


def test_the_weights_are_the_array_that_was_passed():
    W, b = np.eye(2), np.zeros(2)
    layer = Affine(W, b)
    assert layer.W is W
    W -= 1
    b += 5
    assert layer.forward([[1.0, 2.0]]).tolist() == [[3.0, 4.0]]


def test_images_come_back_as_images():
    layer = Affine(normal(8, 2), normal(2))
    layer.forward(normal(3, 2, 2, 2))
    assert layer.backward(normal(3, 2)).shape == (3, 2, 2, 2)
    assert layer.x.shape == (3, 8)


def test_dropout_draws_from_numpys_state_and_scales_in_evaluation():
    layer, x = Dropout(0.25), np.ones((50, 50))
    np.random.seed(3)
    out = layer.forward(x)
    np.random.seed(3)
    np.testing.assert_array_equal(out, np.random.rand(50, 50) > 0.25)
    assert layer.forward(x, train_flg=False).tolist() == (0.75 * x).tolist()
    assert layer.backward(x).tolist() == (0.75 * x).tolist()


def test_batch_normalisation_gathers_statistics():
    layer, x = BatchNormalization(np.ones(3), np.zeros(3), momentum=0.0), normal(64, 3) * 5 + 2
    out = layer.forward(x)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(layer.forward(x, train_flg=False), out)


def test_what_does_not_fit_is_refused_in_words():
    with pytest.raises(ShapeError, match=r"\(4, 5\).*\(3, 2\)"):
        Affine(np.zeros((3, 2)), np.zeros(2)).forward(np.zeros((4, 5)))
    with pytest.raises(ShapeError, match="softmax"):
        SoftmaxWithLoss().forward(np.zeros((3, 4)), [1, 2])
    with pytest.raises(ValueRefusedError, match="0 … 3"):
        SoftmaxWithLoss().forward(np.zeros((3, 4)), [1, 2, 4])
    with pytest.raises(TypeRefusedError, match="float64"):
        SoftmaxWithLoss().forward(np.zeros((3, 4)), [1.0, 2.0, 0.0])
    with pytest.raises(ShapeError, match=r"x .*\(2,\).*y .*\(3,\)"):
        MulLayer().forward(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueRefusedError, match="dropout_ratio"):
        Dropout(1.5)
    with pytest.raises(ShapeError, match="batch"):
        BatchNormalization(1.0, 0.0).forward(np.zeros(3))
