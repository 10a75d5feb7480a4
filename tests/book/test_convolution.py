import pickle

import numpy as np
import pytest

import backlit as bl
from backlit import book
from backlit.errors import (
    DataError,
    GraphError,
    ShapeError,
    TypeRefusedError,
    ValueRefusedError,
)

RNG = np.random.default_rng(0)
SMALL = {"filter_num": 2, "filter_size": 3, "pad": 1, "stride": 1}


def normal(*shape):
    return RNG.normal(size=shape)


def small_net(seed=0):
    return book.SimpleConvNet((2, 4, 6), SMALL, 5, 3, 0.5, rng=np.random.default_rng(seed))


WINDOWS = [
    ((2, 3, 5, 7), 3, 2, 1, 0), ((1, 2, 7, 6), 3, 3, 2, 1), ((3, 1, 4, 4), 2, 2, 2, 0),
    ((2, 2, 5, 5), 5, 5, 1, 2), ((2, 1, 3, 3), 1, 1, 2, 0),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "height", "width", "stride", "pad"), WINDOWS)
def test_im2col_row_by_row_and_col2im_its_transpose(shape, height, width, stride, pad):
    images = normal(*shape)
    columns = book.im2col(images, height, width, stride, pad)
    whole = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = [
        whole[n, :, i : i + height, j : j + width].ravel()
        for n in range(shape[0])
        for i in range(0, whole.shape[2] - height + 1, stride)
        for j in range(0, whole.shape[3] - width + 1, stride)
    ]
    np.testing.assert_array_equal(columns, rows)
    down = book.conv_output_size(shape[2], height, stride, pad)
    right = book.conv_output_size(shape[3], width, stride, pad)
    assert len(columns) == shape[0] * int(down) * int(right)
    weights = normal(*columns.shape)
    back = book.col2im(weights, shape, height, width, stride, pad)
    assert back.shape == shape
    np.testing.assert_allclose(np.sum(back * images), np.sum(weights * columns))


MAKERS = {
    "Convolution": (lambda: book.Convolution(normal(2, 3, 3, 2), normal(2)), (2, 3, 5, 4)),
    "Convolution, options": (
        lambda: book.Convolution(normal(2, 3, 3, 3), normal(2), stride=2, pad=1), (1, 3, 5, 7),
    ),
    "Pooling": (lambda: book.Pooling(2, 2, stride=2), (2, 3, 4, 5)),
    "Pooling, options": (lambda: book.Pooling(3, 2, 1, pad=1), (2, 1, 4, 5)),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_gradients_are_slopes(name):
    make, shape = MAKERS[name]
    layer = make()
    bl.check(layer, normal(*shape)).assert_ok()
    with pytest.raises(GraphError, match="forward"):
        make().backward(1.0)
    x = normal(*shape)
    kept = x.copy()
    dout = np.ones_like(layer.forward(x))
    first = layer.backward(dout)
    first[...], x[...] = 0, 0
    np.testing.assert_array_equal(layer.x, kept)
    assert layer.backward(dout).any()


def test_padding_takes_part_in_pooling():
    layer = book.Pooling(2, 2, stride=2, pad=1)
    assert layer.forward([[[[-1.0, 5.0], [-2.0, -3.0]]]]).tolist() == [[[[0, 5], [0, 0]]]]
    assert layer.backward(1.0).tolist() == [[[[0, 1], [0, 0]]]]


def test_the_weights_are_the_array_that_was_passed():
    W, b = np.ones((1, 1, 2, 2)), np.zeros(1)
    layer = book.Convolution(W, b)
    W += 1
    b -= 1
    assert layer.forward(np.ones((1, 1, 2, 2))).item() == 7
    with pytest.raises(ShapeError, match=r"\(1, 3, 4, 4\).*3 channels.*\(1, 1, 2, 2\)"):
        layer.forward(np.ones((1, 3, 4, 4)))


def test_the_net_is_right_and_learns():
    net, x, t = small_net(), normal(6, 2, 4, 6), np.arange(6) % 3
    bl.check(net, x, t).assert_ok()
    slopes, grads = net.numerical_gradient(x, t), net.gradient(x, np.eye(3)[t])
    assert list(slopes) == list(grads) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    for name, W in grads.items():
        np.testing.assert_allclose(W, slopes[name], atol=1e-7)
    optimizer, before = book.Adam(0.05), net.loss(x, t)
    for _ in range(30):
        optimizer.update(net.params, net.gradient(x, t))
    assert net.loss(x, t) < before / 2
    assert net.accuracy(x, t, batch_size=4) == net.accuracy(x, np.eye(3)[t]) == 1.0


def test_the_seed_decides_the_weights_in_the_books_order():
    np.random.seed(0)
    net = book.SimpleConvNet()
    np.random.seed(0)
    for name, shape in {"W1": (30, 1, 5, 5), "W2": (4320, 100), "W3": (100, 10)}.items():
        np.testing.assert_array_equal(net.params[name], 0.01 * np.random.randn(*shape))
    assert list(net.layers) == ["Conv1", "Relu1", "Pool1", "Affine1", "Relu2", "Affine2"]
    assert net.predict(np.ones((2, 1, 28, 28), np.float32)).shape == (2, 10)


def test_parameters_are_saved_and_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net, other, x = small_net(), small_net(1), normal(2, 2, 4, 6)
    net.save_params()
    other.load_params()
    np.testing.assert_array_equal(net.predict(x), other.predict(x))
    (tmp_path / "old.pkl").write_bytes(pickle.dumps(net.params, protocol=2))
    other.load_params("old.pkl")
    with pytest.raises(ShapeError, match=r"\(30, 1, 5, 5\)"):
        book.SimpleConvNet().load_params()


class Nasty:
    def __reduce__(self):
        return (print, ("this file runs code",))


@pytest.mark.parametrize(
    "content", [b"", b"x", pickle.dumps([1]), pickle.dumps({"W1": Nasty()})], ids=range(4)
)
def test_other_files_are_refused(content, tmp_path, capsys):
    path = tmp_path / "params.pkl"
    path.write_bytes(content)
    net = small_net()
    with pytest.raises(DataError, match="dict of arrays"):
        net.load_params(path)
    with pytest.raises(DataError, match="could not be read"):
        net.load_params(tmp_path / "none.pkl")
    with pytest.raises(DataError, match="could not be written"):
        net.save_params(tmp_path / "none" / "params.pkl")
    assert capsys.readouterr().out == ""


def test_what_does_not_fit_is_refused_in_words():
    with pytest.raises(ValueRefusedError, match="conv_param lacks pad"):
        book.SimpleConvNet(conv_param={"filter_num": 1, "filter_size": 1, "stride": 1})
    with pytest.raises(ShapeError, match="nothing to pool"):
        book.SimpleConvNet((1, 3, 3), {**SMALL, "pad": 0})
    with pytest.raises(ShapeError, match=r"col2im.*\(2, 4\).*\(1, 1, 3, 3\).*\(4, 4\)"):
        book.col2im(np.ones((2, 4)), (1, 1, 3, 3), 2, 2)
    with pytest.raises(ShapeError, match=r"im2col.*\(N, C, H, W\)"):
        book.im2col(np.ones((5, 5)), 2, 2)
    for option in ({"stride": 0}, {"filter_num": 0}, {"filter_size": 2.5}, {"pad": -1}):
        ((name, _),) = option.items()
        with pytest.raises((ValueRefusedError, TypeRefusedError), match=f"SimpleConvNet: {name}"):
            book.SimpleConvNet(conv_param=SMALL | option)
    for given in ((28, 28), 784):
        with pytest.raises(ShapeError, match=r"input_dim is .*\(1, 28, 28\)"):
            book.SimpleConvNet(given)
    with pytest.raises(ValueRefusedError, match="hidden_size is 0"):
        book.SimpleConvNet(hidden_size=0)
    for pad, x, error in (("1", (1, 1, 4, 4), TypeRefusedError), (-1, (1, 1, 4, 4), ValueError),
                          (0, (4,), ShapeError), (1, (), ShapeError)):  # fmt: skip
        with pytest.raises(error, match="Pooling"):
            book.Pooling(2, 2, pad=pad).forward(np.ones(x))


def test_accuracy_wants_a_label_for_each_image():
    net, x = small_net(), normal(3, 2, 4, 6)
    for images, labels in ((x, np.zeros(2, int)), (x[:0], np.zeros(0, int)), (x, np.array(1))):
        with pytest.raises(ShapeError, match="a label for each"):
            net.accuracy(images, labels)
    with pytest.raises(ValueRefusedError, match="batch_size is 0"):
        net.accuracy(x, np.zeros(3, int), batch_size=0)
