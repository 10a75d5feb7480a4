import numpy as np
import pytest

from backlit import book
from backlit.errors import ShapeError, ValueRefusedError

X = np.random.default_rng(0).normal(size=(8, 5))
T = np.arange(8) % 3


def test_the_seed_decides_the_weights():
    np.random.seed(0)
    net = book.TwoLayerNet(5, 4, 3)
    np.random.seed(0)
    np.testing.assert_array_equal(net.params["W1"], 0.01 * np.random.randn(5, 4))
    np.testing.assert_array_equal(net.params["W2"], 0.01 * np.random.randn(4, 3))
    ours, same = (book.TwoLayerNet(5, 4, 3, rng=np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(ours.params["W1"], same.params["W1"])
    assert list(ours.layers) == ["Affine1", "Relu1", "Affine2"]


def test_parameters_may_be_written_into_or_replaced():
    net = book.TwoLayerNet(5, 4, 3, 1.0, rng=np.random.default_rng(0))
    other = book.TwoLayerNet(5, 4, 3, 1.0, rng=np.random.default_rng(0))
    grads = net.gradient(X, T)
    for name in net.params:
        net.params[name] -= 0.1 * grads[name]
        other.params[name] = other.params[name] - 0.1 * grads[name]
    assert net.loss(X, T) == other.loss(X, T)


def test_accuracy_counts_labels_of_either_kind():
    net = book.TwoLayerNet(5, 4, 3, 1.0, rng=np.random.default_rng(0))
    found = np.argmax(net.predict(X), axis=1)
    assert net.accuracy(X, found) == net.accuracy(X, np.eye(3)[found]) == 1.0
    assert net.accuracy(X, (found + 1) % 3) == 0.0
    assert net.accuracy(X[0], found[0]) == 1.0


OPTIMIZERS = [
    book.SGD(0.5), book.Momentum(0.1), book.Nesterov(0.1), book.AdaGrad(0.1), book.RMSprop(0.02),
    book.Adam(0.02),
]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda each: type(each).__name__)
def test_an_optimiser_learns_in_place(optimizer):
    net = book.TwoLayerNet(5, 8, 3, 0.5, rng=np.random.default_rng(0))
    arrays, before = dict(net.params), net.loss(X, T)
    for _ in range(100):
        optimizer.update(net.params, net.gradient(X, T))
    assert net.loss(X, T) < before / 2
    assert all(net.params[name] is arrays[name] for name in arrays)
    state = net.params["W1"].copy()
    with pytest.raises(ValueRefusedError, match="'b2'"):
        optimizer.update(net.params, {"W1": state, "b1": np.ones(8), "W2": np.ones((8, 3))})
    with pytest.raises(ValueRefusedError, match="shape"):
        optimizer.update({"W1": net.params["W1"]}, {"W1": 1.0})
    np.testing.assert_array_equal(net.params["W1"], state)


STEPS = {  # one number, gradient 1 and then 2, by hand
    "SGD": lambda lr: -lr * 3,
    "Momentum": lambda lr: -lr - (0.9 * lr + 2 * lr),
    "AdaGrad": lambda lr: -lr - lr * 2 / np.sqrt(5),
    "Nesterov": lambda lr: -1.9 * lr - 0.81 * lr - 1.9 * 2 * lr,
}


@pytest.mark.parametrize("name", STEPS)
def test_two_steps_by_hand(name):
    W, optimizer = np.zeros(1), getattr(book, name)(lr=0.1)
    for gradient in (1.0, 2.0):
        optimizer.update({"W": W}, {"W": np.array([gradient])})
    np.testing.assert_allclose(W, STEPS[name](0.1), rtol=1e-6)


def test_mnist_in_each_form():
    (x, t), (x_test, t_test) = book.load_mnist(flatten=False, normalize=False, one_hot_label=True)
    assert (x.shape, x.dtype, t.shape) == ((60000, 1, 28, 28), np.uint8, (60000, 10))
    assert (len(x_test), t_test.sum()) == (10000, 10000)
    (x, t), _ = book.load_mnist()
    assert (x.shape, x.max(), t.shape) == ((60000, 784), 1.0, (60000,))


def test_helpers_of_training_scripts():
    smooth = book.smooth_curve(np.arange(40))
    np.testing.assert_allclose(smooth[5:-5], np.arange(5, 35))
    assert smooth[0] > 0 < 39 - smooth[-1]
    assert np.ptp(book.smooth_curve(np.arange(40) % 2)[5:-5]) < 0.2
    assert book.smooth_curve([1.0]).shape == (1,)
    np.random.seed(0)
    x, t = book.shuffle_dataset(X, np.arange(8))
    np.testing.assert_array_equal(x, X[t])
    assert sorted(t) == list(range(8)) != list(t)
    with pytest.raises(ShapeError, match="paired"):
        book.shuffle_dataset(X, T[:3])
    with pytest.raises(ShapeError, match="curve"):
        book.smooth_curve(X)
