"""Whole nets whose chains run with the batch innermost, against eager ones."""

import numpy as np
import pytest
from compile.alike import assert_alike, train_alike

import backlit as bl
from backlit import optim
from backlit.compile.layout import choose
from backlit.compile.layout.kernel import Layout
from backlit.layers import (
    Affine,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Sequential,
)

D = np.float64
NETS = {
    "one convolution": lambda: [conv(2, 3, 3), ReLU(), MaxPool2d(2)],
    "pooling before ReLU": lambda: [conv(2, 3, 3), MaxPool2d(2), ReLU()],
    "two, many filters": lambda: [
        conv(2, 16, 3, padding=1), ReLU(), MaxPool2d(2), conv(16, 17, 3, padding=1), ReLU(),
    ],
    "batch norm": lambda: [
        conv(2, 4, 3, padding=1), BatchNorm(4, dtype=D), ReLU(), conv(4, 3, 3, stride=2),
        BatchNorm(3, dtype=D), MaxPool2d(2),
    ],
    "overlapping pools": lambda: [
        conv(2, 4, 3), ReLU(), MaxPool2d(3, stride=2, padding=1), conv(4, 4, 2), AvgPool2d(2),
    ],
    "groups in between": lambda: [
        conv(2, 4, 3), ReLU(), conv(4, 4, 3, groups=2), ReLU(), conv(4, 4, 3), ReLU(),
    ],
    "another activation": lambda: [conv(2, 4, 3), LeakyReLU(), conv(4, 4, 3), ReLU()],
    "dropout in between": lambda: [
        conv(2, 4, 3), ReLU(), Dropout(0.3, rng=5), conv(4, 4, 3), ReLU(), Dropout(0.3, rng=6),
    ],
    "no bias": lambda: [conv(2, 4, (1, 3), bias=False), ReLU(), conv(4, 2, 1, dilation=2)],
}  # fmt: skip


def conv(*args, **options):
    return Conv2d(*args, rng=3, dtype=D, **options)


@pytest.fixture(params=[(1, 1), (2, 2), (3, 2)], ids="{0[0]} parts, {0[1]} threads".format)
def forced(request, monkeypatch):
    """Use the layout whether it pays or not."""
    parts, threads = request.param
    monkeypatch.setattr(
        choose, "layout_of", lambda chain, _=None: Layout(chain, min(parts, chain.batch), threads)
    )
    return request.param


def batches(sizes=(6, 6, 4), dtype=D):
    rng = np.random.default_rng(0)
    return [
        (rng.standard_normal((n, 2, 9, 10)).astype(dtype), rng.integers(0, 3, n)) for n in sizes
    ]


def build_of(layers, optimizer=optim.SGD, loss_of=None):
    def build():
        net = Sequential(*layers(), Flatten())
        columns = net(batches()[0][0]).shape[1]
        net = Sequential(*layers(), Flatten(), Affine(columns, 3, rng=1, dtype=D))
        rule = optimizer(net.parameters(), lr=0.05)

        def loss(x, t):
            return bl.softmax_cross_entropy(net(x), t)

        return net, rule, loss if loss_of is None else loss_of(net)

    return build


@pytest.mark.parametrize("name", NETS)
def test_nets_train_as_they_do_eagerly(name, forced):
    run = train_alike(build_of(NETS[name]), batches(), dtype=D)
    assert "chains(" in run.source


@pytest.mark.parametrize("optimizer", [optim.Momentum, optim.Adam])
def test_optimizers(optimizer, forced):
    train_alike(build_of(NETS["two, many filters"], optimizer), batches(), dtype=D)


def test_a_block_that_adds_its_input(forced):
    class Block(Sequential):
        def __call__(self, x):
            inner = super().__call__(x)
            return bl.relu(inner + x)

    def layers():
        return [conv(2, 4, 3), ReLU(), Block(conv(4, 4, 3, padding=1), ReLU(), conv(4, 4, 1))]

    run = train_alike(build_of(layers), batches(), dtype=D)
    assert run.source.count("= chains(") == 2


def test_gradient_of_the_images_and_a_feature_map(forced):
    net = Sequential(conv(2, 4, 3), ReLU(), MaxPool2d(2), conv(4, 3, 2), ReLU())

    def slopes(x):
        features = net[:3](x)
        z = net[3:](features)
        bl.sum(z * z).backward()
        return features, bl.tensor(x.grad)

    x = batches()[0][0]
    wanted = slopes(bl.tensor(x, requires_grad=True))
    compiled = bl.compile(slopes)
    found = compiled(bl.tensor(x, requires_grad=True))
    assert "chains(" in compiled.source
    for a, b in zip(wanted, found, strict=True):
        assert_alike(a.numpy(), b.numpy(), D)
    again = compiled(bl.tensor(2 * x, requires_grad=True))
    assert not np.shares_memory(found[1].numpy(), again[1].numpy())


def test_prediction_alone(forced):
    net = Sequential(*NETS["two, many filters"](), MaxPool2d(3, stride=2))
    compiled = bl.compile(net.__call__)
    x = batches()[0][0]
    assert_alike(compiled(x).data, net(x).data, D)
    assert "training=False" in compiled.source


def test_frozen_layers(forced):
    def layers():
        made = NETS["two, many filters"]()
        for W in made[0].parameters().values():
            W.requires_grad = False
        return made

    def build():
        net, _, loss = build_of(layers)()
        learning = {k: W for k, W in net.parameters().items() if W.requires_grad}
        return net, optim.SGD(learning, lr=0.1), loss

    run = train_alike(build, batches(), dtype=D)
    assert "chains(" in run.source


def test_gradients_are_kept(forced):
    net = Sequential(*NETS["batch norm"](), Flatten())
    rule = optim.SGD(net.parameters(), lr=0.0)

    def step(x):
        bl.sum(net(x) ** 2).backward()
        rule.step()

    x = batches()[0][0]
    step(x)
    wanted = {name: W.grad.copy() for name, W in net.parameters().items()}
    compiled = bl.compile(step, keep_gradients=True)
    compiled(x)
    first = {name: W.grad for name, W in net.parameters().items()}
    compiled(x + 1)
    for name, gradient in first.items():
        assert_alike(gradient, wanted[name], D)


def test_one_setting_gives_one_result(forced):
    ends = []
    for _ in range(2):
        net, rule, loss = build_of(NETS["batch norm"])()

        def step(x, t, loss=loss, rule=rule):
            value = loss(x, t)
            value.backward()
            rule.step()
            return value

        run = bl.compile(step)
        ends.append(([run(*batch).item() for batch in batches()], net.state()))
    assert ends[0][0] == ends[1][0]
    for name, array in ends[0][1].items():
        np.testing.assert_array_equal(array, ends[1][1][name])


def test_dense_layers_behind_convolutions(forced):
    def layers():
        return [
            conv(2, 4, 3), ReLU(), MaxPool2d(2), Flatten(), Affine(48, 7, rng=1, dtype=D), ReLU(),
            Dropout(0.3, rng=2), Affine(7, 5, rng=3, dtype=D), ReLU(),
        ]  # fmt: skip

    run = train_alike(build_of(layers), batches(), dtype=D)
    assert "Dense(7, relu=True)" in run.source
    assert "np.dot(" in run.source  # behind the mask


def test_global_pooling_in_float32(forced):
    def build():
        net = Sequential(
            Conv2d(2, 4, 3, rng=0), BatchNorm(4), ReLU(), GlobalAvgPool2d(), Flatten(),
            Affine(4, 3, rng=1),
        )  # fmt: skip
        rule = optim.SGD(net.parameters(), lr=0.05)
        return net, rule, lambda x, t: bl.softmax_cross_entropy(net(x), t)

    train_alike(build, batches(dtype=np.float32), dtype=np.float32)


def test_the_text_alone_gives_the_same_bits(forced):
    net, rule, loss = build_of(NETS["two, many filters"])()

    @bl.compile
    def step(x, t):
        value = loss(x, t)
        value.backward()
        rule.step()
        return value

    x, t = batches()[0]
    arrays = {name.replace(".", "_"): W.data.copy() for name, W in net.parameters().items()}
    wanted = step(x, t).item()
    scope = {}
    exec(step.source, scope)
    (found,) = scope["step"](x=x, t=t, lr=0.05, **arrays)
    assert found == wanted
    for name, W in net.parameters().items():
        np.testing.assert_array_equal(arrays[name.replace(".", "_")], W.data)


def chosen(monkeypatch, x, *layers, threads=None):
    """Return how the model of cost runs the only chain of a net, training it."""
    found = []
    model = choose.layout_of

    def noted(chain, allowed=None):
        found.append(model(chain, threads))
        return found[-1]

    monkeypatch.setattr(choose, "layout_of", noted)
    net = Sequential(*layers, Flatten())
    rule = optim.SGD(net.parameters(), lr=0.1)

    @bl.compile
    def step(x):
        bl.sum(net(x) ** 2).backward()
        rule.step()

    step(x)
    assert ("chains(" in step.source) == any(found)
    return [layout and (layout.parts, layout.threads) for layout in found]


def test_the_layout_is_used_where_it_pays(monkeypatch):
    x = np.zeros((100, 1, 28, 28), np.float32)
    layers = [Conv2d(1, 30, 5, rng=0), ReLU(), MaxPool2d(2)]
    assert chosen(monkeypatch, x, *layers, threads=2) == [(2, 2)]
    monkeypatch.undo()
    assert chosen(monkeypatch, x, *layers, threads=1) == [(2, 1)]
    monkeypatch.undo()
    assert chosen(monkeypatch, x[:1], *layers) == [None]
    monkeypatch.undo()
    assert chosen(monkeypatch, x[:, :, :8, :8], Conv2d(1, 2, 1, rng=0), ReLU(), threads=1) == [None]
    monkeypatch.undo()
    assert chosen(monkeypatch, np.zeros((8, 4, 9, 9), np.float32), Conv2d(4, 4, 3, groups=4)) == []


@pytest.mark.parametrize("threads", [None, 1, 2])
def test_the_layout_is_told_how_many_threads_there_are(threads, monkeypatch):
    told = []

    def noted(chain, threads=None):
        told.append(threads)
        return Layout(chain, 2, threads or 1)

    monkeypatch.setattr(choose, "layout_of", noted)
    net = Sequential(conv(2, 3, 3), ReLU(), Flatten(), Affine(3 * 7 * 8, 3, dtype=D))
    rule = optim.SGD(net.parameters(), 0.1)

    def train(x, t):
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        rule.step()
        return loss

    step = bl.compile(train, threads=threads)
    step(*batches()[0])
    assert told == [threads]
    assert step.cost
    assert set(told) == {threads}
