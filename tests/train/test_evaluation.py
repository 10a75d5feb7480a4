"""What a net makes of samples."""

from __future__ import annotations

import numpy as np
import pytest
from train.small import small_net

from backlit.data import one_hot
from backlit.errors import ShapeError, ValueRefusedError
from backlit.layers import Affine, Flatten, Layer, Sequential
from backlit.train import Predictions, accuracy, fit, outputs


def test_outputs_are_those_of_eval_mode_batch_by_batch(dataset):
    net = small_net()
    x = dataset.test.x
    y = outputs(net, x, batch_size=7)
    assert net.training
    np.testing.assert_allclose(y, net.eval()(x).numpy(), rtol=1e-5)
    outputs(net, x)
    assert not net.training


def test_accuracy_takes_class_numbers_and_one_hot(dataset):
    net, (x, t) = small_net(), dataset.test
    right = np.mean(outputs(net, x).argmax(axis=1) == t)
    assert accuracy(net, x, t) == accuracy(net, x, one_hot(t, 3)) == right
    with pytest.raises(ShapeError, match=r"\(100, 3\).*\(5,\)"):
        accuracy(net, x, t[:5])


def test_accuracy_of_sequences():
    net = Affine(4, 3, init="he", rng=0)
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(6, 5, 4)), rng.integers(0, 3, (6, 5))
    right = np.mean(outputs(net, x).argmax(axis=-1) == t)
    assert accuracy(net, x, t) == accuracy(net, x, one_hot(t, 3)) == right
    with pytest.raises(ShapeError, match=r"\(6, 5, 3\).*\(6,\)"):
        accuracy(net, x, t[:, 0])


def test_no_samples_are_refused(dataset):
    for nothing in (dataset.test.x[:0], 1.0):
        with pytest.raises(ValueRefusedError, match="holds no samples"):
            outputs(small_net(), nothing)


def test_each_layer_keeps_its_own_mode(dataset):
    net = small_net()
    net[2].eval()
    for _ in range(2):
        outputs(net, dataset.test.x)
        assert [layer.training for layer in (net, *net)] == [True, True, True, False, True]
        fit(net, dataset, steps=1, progress=False)

    class Broken(Layer):
        def __call__(self, x):
            raise KeyError

    broken = Sequential(Flatten(), Broken())
    with pytest.raises(KeyError):
        outputs(broken, dataset.test.x)
    assert broken[1].training


def test_predictions(dataset):
    predictions = Predictions.of(Affine(8, 3, init="he", rng=0), *dataset.test)
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    counts = predictions.confusion()
    assert counts.sum() == 100
    assert np.trace(counts) == round(100 * predictions.accuracy)
    assert np.array_equal(counts.sum(axis=1), np.bincount(dataset.test.t, minlength=3))
    wrong = predictions.mistakes(5)
    assert (predictions.classes[wrong] != dataset.test.t[wrong]).all()
    confidence = predictions.probabilities.max(axis=1)
    assert (np.diff(confidence[wrong]) <= 0).all()
    everything = predictions.mistakes(1000)
    assert len(everything) == 100 - np.trace(counts)
    assert confidence[wrong[0]] == confidence[everything].max()
