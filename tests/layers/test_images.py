"""Layers for images and signals, and batch normalisation: sizes, beginnings, state, refusals."""

import numpy as np
import pytest

import backlit as bl
from backlit import optim
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError
from backlit.layers import (
    Affine,
    AvgPool2d,
    BatchNorm,
    Conv1d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    MaxPool2d,
    ReLU,
    Sequential,
    init,
)


def images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("kernel", [1, 2, 3, (2, 5)])
@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_is_the_size_of_the_input_by_the_stride(kernel, stride, dilation):
    layer = Conv2d(1, 2, kernel, stride=stride, padding="same", dilation=dilation, rng=0)
    down, right = (stride, stride) if isinstance(stride, int) else stride
    for height, width in ((7, 9), (8, 4), (1, 3)):
        assert layer(images(2, 1, height, width)).shape == (
            2,
            2,
            -(-height // down),
            -(-width // right),
        )


def test_same_puts_the_odd_zero_last_and_valid_none():
    W = np.ones((1, 1, 1, 2))
    assert Conv2d.from_arrays(W, padding="same").forward([[[[1.0, 2.0]]]]).tolist() == [[[[3, 2]]]]
    assert Conv2d.from_arrays(W).forward([[[[1.0, 2.0]]]]).tolist() == [[[[3]]]]
    both = Conv2d.from_arrays(W, padding=((0, 0), (1, 0)))
    assert both.forward([[[[1.0, 2.0]]]]).tolist() == [[[[1, 3]]]]


def test_the_initial_weights_keep_the_scale_of_what_a_filter_sees():
    for layer, inputs in (
        (Conv2d(8, 400, 5, rng=0), 200),
        (Conv1d(8, 900, 5, groups=2, rng=0), 20),
    ):
        assert layer.W.data.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.05)
        assert not layer.b.data.any()
        assert layer.W.dtype == layer.b.dtype == np.float32
    drawn = init.Xavier()((50, 20, 3, 3), np.random.default_rng(0))
    assert drawn.std() == pytest.approx(np.sqrt(2 / (9 * 70)), rel=0.02)
    with pytest.raises(ShapeError, match=r"\(F, C, \.\.\.\).*\(3,\)"):
        init.He()((3,), np.random.default_rng(0))


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(3, 8, 5), Conv2d(4, 8, (3, 1), stride=(2, 1), padding=1, dilation=2, groups=4,
                                bias=False, dtype="float64"),
        Conv2d(1, 1, 2, padding=((0, 1), (1, 0)), stride=2), Conv1d(3, 8, 4, padding="same"),
        MaxPool2d(3, stride=2, padding=1), MaxPool2d(np.array([2, 2]), stride=[2, 1], dilation=2),
        AvgPool2d((2, 1), count_include_pad=False), AvgPool2d(2, padding=((0, 1), (1, 0))),
        GlobalAvgPool2d(), GlobalMaxPool2d(), BatchNorm(3, momentum=0.5, eps=0.1, dtype="float64"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_shown_makes_it_again(layer):
    again = eval(repr(layer))
    assert repr(again) == repr(layer)
    assert {k: W.shape for k, W in again.parameters().items()} == {
        k: W.shape for k, W in layer.parameters().items()
    }
    for name in ("stride", "padding", "dilation", "groups", "size", "eps", "momentum"):
        assert getattr(again, name, None) == getattr(layer, name, None)


def test_global_pooling_gives_one_number_per_channel():
    x = images(2, 3, 4, 5)
    np.testing.assert_allclose(GlobalAvgPool2d().forward(x), x.mean(axis=(2, 3)))
    np.testing.assert_allclose(GlobalMaxPool2d().forward(x), x.max(axis=(2, 3)))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
def test_whole_numbers_are_pooled_without_overflow(dtype):
    x = np.full((1, 1, 4, 4), 100).astype(dtype)
    for options in ({}, {"padding": 1}):
        assert np.all(bl.max_pool2d(x, 2, **options).numpy() == x[0, 0, 0, 0])
    assert np.all(bl.avg_pool2d(x, 2).numpy() == float(x[0, 0, 0, 0]))
    negative = np.full((1, 1, 2, 2), -3)
    assert np.all(bl.max_pool2d(negative, 2, padding=1).numpy() == -3)


def convolutional(rng):
    return Sequential(
        Conv2d(1, 4, 3, padding="same", bias=False, rng=rng),
        BatchNorm(4),
        ReLU(),
        MaxPool2d(2),
        Conv2d(4, 6, 3, stride=2, groups=2, rng=rng),
        AvgPool2d(2, stride=1, padding=1),
        Flatten(),
        Affine(54, 5, rng=rng),
        BatchNorm(5),
    )


def test_a_net_is_right_in_training_and_in_evaluation():
    net = convolutional(np.random.default_rng(0))
    x, t = images(6, 1, 10, 10), np.arange(6) % 5
    for _ in range(3):
        net(x)
    for mode in (True, False):
        report = bl.check(net.train(mode), x[:3], t[:3])
        report.assert_ok()
        names = {row.tensor for row in report.rows}
        assert {"W", "gamma", "beta"} <= names
        assert not {"mean", "variance"} & names


def test_a_check_leaves_the_statistics_as_they_are():
    net = Sequential(Conv2d(1, 2, 3, rng=0), BatchNorm(2))
    before = net.state()
    bl.check(net, images(2, 1, 5, 5)).assert_ok()
    for name, value in net.state().items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_a_wrong_layer_among_images_is_named():
    def wrong(x):
        return bl.apply(WrongScale(), x)

    class WrongScale(bl.Op):
        def forward(self, x):
            return 2 * x

        def backward(self, dz):
            return 3 * dz

    net = Sequential(Conv2d(1, 2, 3, rng=0), {"scale": wrong}, MaxPool2d(2))
    report = bl.check(net, images(2, 1, 6, 6))
    assert not report.ok
    assert "scale" in str(report)


def test_statistics_are_state_and_no_parameters():
    net = Sequential(BatchNorm(3))
    assert list(net.parameters()) == ["batchnorm1.gamma", "batchnorm1.beta"]
    assert list(net.state()) == [f"batchnorm1.{n}" for n in ("gamma", "beta", "mean", "variance")]
    x = images(50, 3, 2) * 4 + 1
    for _ in range(60):
        net(x)
    twin = Sequential(BatchNorm(3))
    twin.load_state(net.state())
    np.testing.assert_array_equal(twin.eval().forward(x), net.eval().forward(x))
    np.testing.assert_allclose(twin.forward(x).mean(axis=(0, 2)), 0, atol=1e-2)
    before = net.state()
    net(x)
    np.testing.assert_array_equal(net.state()["batchnorm1.mean"], before["batchnorm1.mean"])
    assert net.astype("float64").batchnorm1.mean.dtype == np.float64


def test_a_run_is_resumed_with_its_statistics(tmp_path):
    x, t = images(40, 1, 8, 8), np.arange(40) % 2

    def net():
        rng = np.random.default_rng(0)
        return Sequential(Conv2d(1, 2, 3, rng=rng), BatchNorm(2), GlobalAvgPool2d())

    ends = []
    for stops in ((6,), (2, 6)):
        folder = tmp_path / str(len(stops))
        for i, steps in enumerate(stops):
            trained = net()
            bl.fit(trained, (x, t), steps=steps, batch_size=10, folder=folder, resume=i > 0,
                   progress=False)  # fmt: skip
        ends.append(trained.state())
    for name, value in ends[0].items():
        np.testing.assert_array_equal(value, ends[1][name], err_msg=name)
    assert ends[0]["batchnorm1.mean"].any()


def test_compiled_is_eager_statistics_included():
    ends = []
    for compiled in (False, True):
        net = convolutional(np.random.default_rng(0))
        optimizer = optim.Momentum(net.parameters(), 0.05)

        def step(x, t, net=net, optimizer=optimizer):
            loss = bl.softmax_cross_entropy(net(x), t)
            loss.backward()
            optimizer.step()
            return loss

        run = bl.compile(step) if compiled else step
        losses = [run(images(n, 1, 10, 10, seed=i), np.arange(n) % 5).item()
                  for i, n in enumerate((8, 8, 5, 8))]  # fmt: skip
        ends.append((losses, net.state()))
    np.testing.assert_allclose(ends[0][0], ends[1][0], rtol=1e-4)
    for name, value in ends[0][1].items():
        np.testing.assert_allclose(ends[1][1][name], value, rtol=1e-3, atol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Conv2d(0, 3, 3), ValueRefusedError, "Conv2d: size_in is 0"),
        (lambda: Conv2d(1, 3, 0), ValueRefusedError, "Conv2d: kernel is 0"),
        (lambda: Conv2d(1, 3, (3, 3, 3)), ShapeError, r"kernel=\(3, 3, 3\) has 3 entries"),
        (lambda: Conv2d(1, 3, 2.5), TypeRefusedError, r"kernel must be whole.*2\.5"),
        (lambda: Conv2d(1, 3, 3, stride=0), ValueRefusedError, "stride is 0"),
        (lambda: Conv2d(1, 3, 3, padding=-1), ValueRefusedError, "padding is -1"),
        (lambda: Conv2d(1, 3, 3, padding="full"), ValueRefusedError, "'same', 'valid'.*'full'"),
        (lambda: Conv2d(1, 3, 3, padding=(1, (1, 2, 3))), ShapeError, "two ends"),
        (lambda: Conv2d(3, 4, 3, groups=2), ValueRefusedError, "groups=2.*size_in=3"),
        (lambda: Conv2d(1, 3, 3, dtype=int), TypeRefusedError, "Conv2d.*floating-point"),
        (lambda: Conv1d(1, 3, 3, init=lambda shape, rng: np.ones(3)), ShapeError, r"\(3, 1, 3\)"),
        (lambda: Conv2d.from_arrays(np.ones((3, 2))), ShapeError, r"\(3, 2\).*4 axes"),
        (lambda: Conv2d.from_arrays(np.ones((3, 1, 2, 2)), [1.0]), ShapeError, r"\(1,\)"),
        (lambda: Conv2d.from_arrays(np.ones((3, 1, 2, 2)), groups=2), ValueRefusedError, "groups"),
        (lambda: BatchNorm(3, momentum=1.5), ValueRefusedError, "momentum is 1.5"),
        (lambda: BatchNorm(3, eps=-1), ValueRefusedError, "eps is -1"),
        (lambda: BatchNorm("3"), TypeRefusedError, "size_in"),
        (lambda: MaxPool2d(0), ValueRefusedError, "MaxPool2d: size is 0"),
        (lambda: MaxPool2d(dilation=(1, 2, 3)), ShapeError, r"MaxPool2d: dilation=\(1, 2, 3\)"),
        (lambda: AvgPool2d(2, stride="2"), TypeRefusedError, "AvgPool2d: stride .*'2'"),
        (lambda: BatchNorm(3)(np.ones((0, 3))), ShapeError, "no value per channel"),
        (lambda: AvgPool2d(2)(np.ones((4, 4))), ShapeError, r"\(4, 4\).*\(N, C, H, W\)"),
        (lambda: GlobalAvgPool2d()(np.ones((4, 4))), ShapeError, r"GlobalAvgPool2d.*\(4, 4\)"),
    ],
)  # fmt: skip
def test_refusals(make, error, says):
    with pytest.raises(error, match=says):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "says"),
    [
        (Conv2d(3, 4, 3), (2, 1, 8, 8), r"in conv2d1 = Conv2d\(3, 4, 3\): .*\(2, 1, 8, 8\)"),
        (Conv2d(1, 4, 3, padding="same"), (2, 784), r"in conv2d1 .*\(2, 784\).*reshape"),
        (Conv2d(1, 4, 3), (8, 28, 28), r"in conv2d1 .*\(8, 1, 28, 28\)"),
        (Conv1d(3, 4, 9), (2, 3, 8), r"in conv1d1 .*larger"),
        (MaxPool2d(3), (2, 1, 2, 8), r"in maxpool2d1 .*\(3, 3\).*\(2, 1, 2, 8\)"),
        (BatchNorm(3), (4, 2), r"in batchnorm1 .*\(4, 2\)"),
        (BatchNorm(3), (1, 3), r"in batchnorm1 .*one value per channel.*eval"),
    ],
)
def test_a_net_says_in_which_layer(layer, shape, says):
    with pytest.raises(ShapeError, match=says):
        Sequential(layer)(np.ones(shape))
