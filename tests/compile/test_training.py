"""Compiled training equals eager training: layers, optimisers, shapes, states, random masks."""

import sys

import numpy as np
import pytest
from compile.alike import assert_alike, train_alike

import backlit as bl
from backlit import layers, optim
from backlit.compile.passes import PASSES
from backlit.layers import Affine, Dropout, Flatten, Layer, ReLU, Sequential

ACTIVATIONS = [layers.ReLU, layers.LeakyReLU, layers.Sigmoid, layers.Tanh, layers.Softplus,
               layers.GELU, layers.SiLU, layers.Softmax, layers.LogSoftmax]  # fmt: skip
OPTIMIZERS = [optim.SGD, optim.Momentum, optim.Nesterov, optim.AdaGrad, optim.RMSProp, optim.Adam,
              optim.AdamW]  # fmt: skip


def batches(count=5, sizes=(8,), dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (rng.standard_normal((size, 6)).astype(dtype), rng.integers(0, 3, size))
        for size in [sizes[i % len(sizes)] for i in range(count)]
    ]


def dense(*between, optimizer=optim.SGD, dtype=np.float32, seed=0, **options):
    def build():
        rng = np.random.default_rng(seed)
        made = [layer() for layer in between]
        net = Sequential(
            Affine(6, 5, init="he", rng=rng, dtype=dtype),
            *made,
            Affine(5, 3, init="he", rng=rng, dtype=dtype),
        )
        rule = optimizer(net.parameters(), **{"lr": 0.05, **options})
        return net, rule, lambda x, t: bl.softmax_cross_entropy(net(x), t)

    return build


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation, dtype):
    train_alike(dense(activation, dtype=dtype), batches(dtype=dtype), dtype=dtype)


@pytest.mark.parametrize("limits", [{}, {"clip_norm": 0.5}, {"clip_value": 0.01}])
@pytest.mark.parametrize("schedule", [0.05, optim.WarmUp(optim.Cosine(0.05, steps=6), steps=3)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer, schedule, limits):
    build = dense(ReLU, optimizer=optimizer, lr=schedule, dtype=np.float64, **limits)
    train_alike(build, batches(6, dtype=np.float64), dtype=np.float64)


def test_masks_are_drawn_from_the_live_generator():
    masks = [lambda: Dropout(0.3, rng=1), ReLU, lambda: Dropout(0.5, rng=2)]
    train_alike(dense(*masks), batches(6))


def test_smaller_last_batch():
    run = train_alike(dense(ReLU), batches(6, sizes=(8, 8, 5)))
    assert len(run._variants) == 2


def test_images_of_bytes():
    def build():
        rng = np.random.default_rng(0)
        net = Sequential(Flatten(), Affine(12, 3, init="he", rng=rng))
        return (
            net,
            optim.SGD(net.parameters(), 0.001),
            (lambda x, t: bl.softmax_cross_entropy(net(x), t)),
        )

    rng = np.random.default_rng(1)
    data = [(rng.integers(0, 255, (4, 1, 3, 4), dtype=np.uint8), rng.integers(0, 3, 4))] * 3
    train_alike(build, data)


def test_one_hot_labels_and_regression():
    data = [(x, np.eye(3, dtype=np.float32)[t]) for x, t in batches()]
    train_alike(dense(ReLU), data)
    for loss in (bl.mean_squared_error, bl.sum_squares, bl.huber, bl.mean_absolute_error,
                 bl.binary_cross_entropy):  # fmt: skip

        def build(loss=loss):
            net, rule, _ = dense(ReLU)()
            return net, rule, lambda x, t: loss(net(x), t)

        train_alike(build, data)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Momentum])
def test_convolution_and_running_statistics(optimizer, plain, monkeypatch):
    if plain:
        monkeypatch.setattr(sys.modules["backlit.compile.passes"], "PASSES", PASSES[1:])

    def build():
        rng = np.random.default_rng(0)
        net = Sequential(
            layers.Conv2d(2, 4, 3, padding=1, init="he", rng=rng),
            layers.BatchNorm(4),
            ReLU(),
            layers.MaxPool2d(2),
            layers.Conv2d(4, 6, 2, stride=2, groups=2, init="he", rng=rng),
            ReLU(),
            layers.AvgPool2d(2),
            Flatten(),
            Affine(6, 3, init="he", rng=rng),
        )
        rule = optimizer(net.parameters(), lr=0.01)
        return net, rule, lambda x, t: bl.softmax_cross_entropy(net(x), t)

    rng = np.random.default_rng(1)
    data = [
        (rng.standard_normal((size, 2, 8, 8)).astype(np.float32), rng.integers(0, 3, size))
        for size in (5, 5, 3, 5)
    ]
    train_alike(build, data)


class Tied(Layer):
    """The same weight forwards and, transposed, backwards."""

    def __init__(self):
        self.affine = Affine(6, 6, init="xavier", rng=0)
        self.scale = bl.tensor(np.float32(0.5), "scale", dtype=np.float32)

    def __call__(self, x):
        hidden = bl.tanh(self.affine(x) + self.affine(x) ** 2)
        return (hidden @ self.affine.W.T * self.scale)[:, :3]


def test_shared_parameters():
    def build():
        net = Tied()
        return (
            net,
            optim.Momentum(net.parameters(), 0.01),
            (lambda x, t: bl.softmax_cross_entropy(net(x), t)),
        )

    train_alike(build, batches(6))


def test_two_nets_two_optimizers_one_function():
    ends = []
    for wrap in (lambda f: f, bl.compile):
        first, second = Affine(6, 6, rng=0, init="he"), Affine(6, 3, rng=1, init="he")
        one, two = optim.Adam(first.parameters(), 0.01), optim.SGD(second.parameters(), 0.1)

        def step(x, t, first=first, second=second, one=one, two=two):
            loss = bl.softmax_cross_entropy(second(bl.relu(first(x))), t)
            loss.backward()
            one.step()
            again = bl.softmax_cross_entropy(second(bl.relu(first(x))), t)
            again.backward()
            two.step()
            one.step()
            return {"before": loss, "after": (again, again * 2)}

        run = wrap(step)
        for x, t in batches():
            out = run(x, t)
        ends.append([out["before"].item(), out["after"][0].item(), out["after"][1].item(),
                     first.state(), second.state(), one.state()])  # fmt: skip
    assert ends[0][5]["steps"] == ends[1][5]["steps"] == 10
    for a, b in zip(*ends, strict=True):
        if isinstance(a, dict):
            for name in a:
                assert_alike(a[name], b[name], np.float32)
        else:
            assert_alike(a, b, np.float32)


def test_state_loaded_in_between():
    (net, rule, loss), (other, other_rule, other_loss) = (
        dense(ReLU, optimizer=optim.Adam)() for _ in range(2)
    )

    def step(x, t):
        value = loss(x, t)
        value.backward()
        rule.step()
        return value

    def eager(x, t):
        value = other_loss(x, t)
        value.backward()
        other_rule.step()
        return value

    run = bl.compile(step)
    data = batches(8)
    kept = None
    for i, (x, t) in enumerate(data):
        assert_alike(run(x, t).item(), eager(x, t).item(), np.float32)
        if i == 2:
            kept = net.state(), rule.state(), other.state(), other_rule.state()
        if i == 5:
            for target, state in zip((net, rule, other, other_rule), kept, strict=True):
                target.load_state(state)
            rule.lr = other_rule.lr = 0.003
    assert len(run._variants) == 1
    for name, W in net.state().items():
        assert_alike(W, other.state()[name], np.float32)


def test_modes_and_settings_are_noticed():
    net = Sequential(Affine(6, 3, rng=0), Dropout(0.5, rng=0))
    predict = bl.compile(lambda x: net(x).numpy())
    x = np.ones((2, 6), np.float32)
    before = net.generators()["dropout1.rng"].bit_generator.state
    net.eval()
    np.testing.assert_allclose(predict(x), net(x).numpy(), rtol=1e-5)
    assert net.generators()["dropout1.rng"].bit_generator.state == before
    net.train()
    predict(x)
    assert net.generators()["dropout1.rng"].bit_generator.state != before
    net.affine1.W.requires_grad = False
    predict(x)
    net.dropout1.rate = 0.0
    np.testing.assert_allclose(predict(x), net.eval()(x).numpy(), rtol=1e-5)


def test_without_recording():
    net = Affine(6, 3, rng=0)

    @bl.compile
    def predict(x):
        with bl.no_grad():
            return net(x)

    x = np.ones((4, 6), np.float32)
    for _ in range(2):
        np.testing.assert_allclose(predict(x).numpy(), net(x).numpy(), rtol=1e-6)
        net.W.data = net.W.data * 2
    with bl.no_grad():
        assert not predict(x).requires_grad


def test_two_programs_share_parameters():
    net = Affine(6, 3, rng=0)
    optimizer = optim.SGD(net.parameters(), 0.1)

    def loss_of(x, t):
        return bl.softmax_cross_entropy(net(x), t)

    @bl.compile
    def step(x, t):
        loss = loss_of(x, t)
        loss.backward()
        optimizer.step()
        return loss

    evaluate = bl.compile(loss_of)
    x, t = batches(1)[0]
    for _ in range(3):
        expected = loss_of(x, t).item()
        assert_alike(evaluate(x, t).item(), expected, np.float32)
        assert_alike(step(x, t).item(), expected, np.float32)


def test_gradients_kept_where_asked():
    net, rule, loss = dense(ReLU)()
    frozen = bl.tensor(np.ones(3, np.float32), "frozen")

    def step(x, t):
        value = loss(x, t) + (frozen * 2).sum()
        value.backward()
        rule.step()
        return value

    x, t = batches(1)[0]
    bl.compile(step)(x, t)
    assert all(W.grad is None for W in net.parameters().values())
    np.testing.assert_array_equal(frozen.grad, [2, 2, 2])
    bl.compile(step, keep_gradients=True)(x, t)
    assert all(W.grad.shape == W.shape for W in net.parameters().values())


def test_a_tensor_as_argument_gets_its_gradient():
    @bl.compile
    def function(x):
        y = (x**3).sum()
        y.backward()
        return y

    for start in (2.0, 3.0):
        x = bl.tensor([start, 1.0])
        assert function(x).item() == start**3 + 1
        np.testing.assert_array_equal(x.grad, [3 * start**2, 3])


def test_results_are_the_callers_own():
    W = bl.tensor(np.ones(3), "W")
    before = W.data

    @bl.compile
    def step(x):
        loss = (W * x).sum()
        W.data = W.data - 0.5
        return loss, W * 2.0, W.data, W.data.T, x

    x = np.ones(3)
    first = step(x)
    kept = [np.array(getattr(v, "data", v)) for v in first]
    second = step(x)
    for value, copy in zip(first, kept, strict=True):
        np.testing.assert_array_equal(getattr(value, "data", value), copy)
    assert first[0].item() == 3
    assert second[0].item() == 1.5
    np.testing.assert_array_equal(before, np.ones(3))
    assert step(W.data)[0].item() == 0  # an argument that is the program's own array


def test_parameters_that_change_places():
    a, b = bl.tensor(np.zeros(2), "a"), bl.tensor(np.ones(2), "b")

    @bl.compile
    def swap(x):
        a.data, b.data = b.data, a.data
        return a * x

    for expected in (1, 0, 1):
        assert swap(np.ones(2)).numpy()[0] == expected


def test_captured_arrays_and_numbers_are_read_anew():
    scale = np.ones(2)
    settings = {"shift": np.zeros(2), "factor": 1.0}

    @bl.compile
    def function(x):
        return x * scale * settings["factor"] + settings["shift"] * 2

    x = np.ones(2)
    assert function(x)[0] == 1
    scale[:] = 3.0
    assert function(x)[0] == 3
    settings["shift"] = np.ones(2)
    assert function(x)[0] == 5
    settings["factor"] = 2.0
    assert function(x)[0] == 8
    assert len(function._variants) == 2


def test_the_text_alone_gives_the_same_bits():
    net, rule, loss = dense(ReLU)()

    @bl.compile
    def step(x, t):
        value = loss(x, t)
        value.backward()
        rule.step()
        return value

    data = batches(4)
    step(*data[0])
    start = {name: W.data.copy() for name, W in net.parameters().items()}
    losses = [step(x, t).item() for x, t in data[1:]]
    scope = {}
    exec(step.source, scope)
    mine = [scope["step"](x, t, *start.values(), 0.05)[0].item() for x, t in data[1:]]
    assert mine == losses
    for name, W in net.parameters().items():
        np.testing.assert_array_equal(W.data, start[name])


def test_compiled_functions_call_each_other():
    W = bl.tensor(np.ones(2), "W")
    double = bl.compile(lambda x: x * W * 2)

    @bl.compile
    def step(x):
        loss = double(bl.tensor(x)).sum()
        loss.backward()
        W.data = W.data - 0.1 * W.grad
        return loss

    double(np.ones(2))
    assert [step(np.ones(2)).item() for _ in range(2)] == pytest.approx([4.0, 3.2])
    assert double(np.ones(2)).numpy() == pytest.approx([1.2, 1.2])
