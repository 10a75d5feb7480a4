"""For smooth healthy code in float64 the reported relative error is below 1e-8."""

import numpy as np
import pytest

import backlit as bl
from backlit import book, layers, ops
from backlit.op import Op

EXACT = 1e-8
RNG = np.random.default_rng(4)

CARDS = [
    card
    for card in Op.__subclasses__()
    if card.__module__.startswith("backlit.ops.") and card.smooth and card.differentiable
]
SAMPLES = [
    pytest.param(card, sample, id=f"{card.__name__} {number}")
    for card in CARDS
    for number, sample in enumerate(card.samples)
]


def exact(report):
    report.assert_ok()
    assert report.rows
    for row in report.rows:
        assert row.max_error < EXACT, str(report)
        assert not row.kinks


@pytest.mark.parametrize(("card", "sample"), SAMPLES)
def test_every_smooth_op(card, sample):
    exact(bl.check(card(**sample.options), *sample.draw(np.random.default_rng(1))))


def away(*shape):
    """Draw numbers that keep clear of 0, and of each other."""
    size = int(np.prod(shape))
    return (RNG.permutation(size).reshape(shape) + 0.5) / size * 4 - 2


LAYERS = {
    "Affine": (layers.Affine(5, 3, rng=0), (4, 5)),
    "AvgPool2d": (layers.AvgPool2d(2), (2, 3, 6, 6)),
    "BatchNorm": (layers.BatchNorm(5), (7, 5)),
    "Conv1d": (layers.Conv1d(2, 3, 3, rng=0), (2, 2, 7)),
    "Conv2d": (layers.Conv2d(2, 3, 3, rng=0), (2, 2, 6, 6)),
    "Dropout": (layers.Dropout(0.5, rng=0), (4, 5)),
    "Flatten": (layers.Flatten(), (2, 3, 4)),
    "GELU": (layers.GELU(), (4, 5)),
    "GlobalAvgPool2d": (layers.GlobalAvgPool2d(), (2, 3, 4, 4)),
    "GlobalMaxPool2d": (layers.GlobalMaxPool2d(), (2, 3, 4, 4)),
    "Lambda": (layers.Lambda(lambda x: x * x), (4, 5)),
    "LeakyReLU": (layers.LeakyReLU(), (4, 5)),
    "LogSoftmax": (layers.LogSoftmax(), (4, 5)),
    "MaxPool2d": (layers.MaxPool2d(2), (2, 2, 4, 4)),
    "ReLU": (layers.ReLU(), (4, 5)),
    "Sequential": (
        layers.Sequential(layers.Affine(5, 4, rng=0), layers.Tanh(), layers.Affine(4, 3, rng=1)),
        (6, 5),
    ),
    "SiLU": (layers.SiLU(), (4, 5)),
    "Sigmoid": (layers.Sigmoid(), (4, 5)),
    "Softmax": (layers.Softmax(), (4, 5)),
    "Softplus": (layers.Softplus(), (4, 5)),
    "Tanh": (layers.Tanh(), (4, 5)),
}


def test_no_layer_is_left_out():
    theirs = {name for name in layers.__all__ if isinstance(getattr(layers, name), type)}
    assert theirs - {"Layer"} == set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer(name):
    layer, shape = LAYERS[name]
    exact(bl.check(layer, away(*shape)))


def functions():
    """Pair every loss with scores and labels that it takes."""
    scores, labels = RNG.normal(size=(6, 4)), RNG.integers(0, 4, 6)
    net = layers.Sequential(layers.Affine(5, 4, rng=0), layers.Tanh())
    x, t = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 4))
    yield "softmax_cross_entropy", (net, x, labels), {}
    for name in ("mean_squared_error", "sum_squared_error", "huber"):
        if hasattr(ops, name):
            yield name, (net, x, t), {"loss": getattr(ops, name)}
    yield "a function", (lambda s: ops.softmax_cross_entropy(s, labels), scores), {}


@pytest.mark.parametrize(
    ("target", "options"), [pytest.param(t, o, id=n) for n, t, o in functions()]
)
def test_losses_behind_a_net(target, options):
    exact(bl.check(*target, **options))


def of_the_book():
    x, t = away(6, 5), RNG.integers(0, 3, 6)
    images = away(2, 2, 6, 6)
    W, b = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    kernels = RNG.normal(size=(3, 2, 3, 3))
    yield "AddLayer", (book.AddLayer(), x, away(6, 5))
    yield "MulLayer", (book.MulLayer(), x, away(6, 5))
    yield "Affine", (book.Affine(W, b), x)
    yield "BatchNormalization", (book.BatchNormalization(np.ones(5), np.zeros(5)), x)
    yield "Convolution", (book.Convolution(kernels, np.zeros(3)), images)
    yield "Dropout", (book.Dropout(0.5), x)
    yield "Pooling", (book.Pooling(2, 2, stride=2), images)
    yield "Relu", (book.Relu(), x)
    yield "Sigmoid", (book.Sigmoid(), x)
    yield "SoftmaxWithLoss", (book.SoftmaxWithLoss(), away(6, 3), t)


@pytest.mark.parametrize("target", [pytest.param(t, id=n) for n, t in of_the_book()])
def test_every_layer_of_the_book(target):
    exact(bl.check(*target))
