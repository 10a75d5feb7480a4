"""Training: what it computes, and that it can stop and go on anywhere."""

from __future__ import annotations

import signal
from functools import partial

import numpy as np
import pytest
from train.small import small_net

import backlit as bl
from backlit import optim
from backlit.data import Batches, one_hot
from backlit.errors import BacklitError, DataError, TypeRefusedError, ValueRefusedError
from backlit.layers import Affine, Lambda, Sequential
from backlit.train import Interrupted, Lines, NonFiniteLossError, Progress, fit

OPTIMIZERS = {
    "sgd": lambda net: optim.SGD(net.parameters(), optim.WarmUp(optim.Cosine(0.1, 40), 5)),
    "momentum": lambda net: optim.Momentum(net.parameters(), 0.05, clip_norm=1.0),
    "nesterov": lambda net: optim.Nesterov(net.parameters(), 0.05),
    "adagrad": lambda net: optim.AdaGrad(net.parameters(), 0.05),
    "rmsprop": lambda net: optim.RMSProp(net.parameters(), 0.01),
    "adam": lambda net: optim.Adam(net.parameters(), 0.01),
    "adamw": lambda net: optim.AdamW(net.parameters(), optim.Step(0.01, 20)),
}
OPTIONS = {"steps": 50, "batch_size": 16, "seed": 3}
"""Fifteen steps an epoch, the last with a smaller batch: 50 end within the fourth."""


class Pressing(Progress):
    """Presses Ctrl-C during one step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def step(self, step, loss):
        if step == self.at:
            signal.raise_signal(signal.SIGINT)


def same_state(one, other):
    return one.keys() == other.keys() and all(
        one[name].tobytes() == other[name].tobytes() for name in one
    )


def test_a_step_is_forward_backward_update(dataset):
    net, by_hand = small_net(), small_net()
    fit(net, dataset, progress=False, eager=True, **OPTIONS)
    optimizer = optim.SGD(by_hand.parameters(), 0.1)
    batches = Batches(dataset.train.x, dataset.train.t, 16, seed=3)
    for step in range(50):
        x, t = batches.batch(step)
        bl.softmax_cross_entropy(by_hand(x), t).backward()
        optimizer.step()
    assert same_state(net.state(), by_hand.state())


def test_history(dataset):
    net = small_net()
    seen = []

    class Seeing(Progress):
        def epoch(self, row):
            seen.append(row)

    history = fit(net, dataset, progress=Seeing(), **OPTIONS)
    assert seen == list(history)
    assert history.column("epoch") == [1, 2, 3, 4]
    assert history.column("step") == [15, 30, 45, 50]
    assert history[-1].loss < history[0].loss
    net.eval()
    right = (net(dataset.test.x).numpy().argmax(axis=1) == dataset.test.t).mean()
    assert history[-1].test_accuracy == right > 0.7
    assert history.seconds > 0
    assert fit(small_net(), dataset, progress=False, **OPTIONS) == history


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("at", [1, 29, 30, 49, 50])
def test_ctrl_c_and_resumption_change_nothing(name, at, dataset, tmp_path):
    whole, stopped, resumed = small_net(), small_net(), small_net(seed=9)
    expected = fit(whole, dataset, optimizer=OPTIMIZERS[name](whole), progress=False, **OPTIONS)
    here = {"folder": tmp_path / "run", **OPTIONS}
    with pytest.raises(Interrupted) as interrupt:
        fit(stopped, dataset, optimizer=OPTIMIZERS[name](stopped), progress=Pressing(at), **here)
    assert interrupt.value.step == at
    assert interrupt.value.folder == tmp_path / "run"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    (tmp_path / "run" / ".checkpoint.safetensors.0a.part").write_bytes(b"killed while writing")
    history = fit(
        resumed,
        dataset,
        optimizer=OPTIMIZERS[name](resumed),
        resume=True,
        progress=False,
        **here,
    )
    assert history == expected
    assert same_state(resumed.state(), whole.state())
    files = {path.name for path in (tmp_path / "run").iterdir()}
    results = {"weights.safetensors", "history.json"}
    assert files == {"settings.json", "checkpoint.safetensors"} | results


def test_a_run_can_be_made_longer(dataset, tmp_path):
    whole = small_net()
    expected = fit(whole, dataset, epochs=5, progress=False)
    for resume, epochs in ((False, 2), (True, 2), (True, 5)):
        net = small_net()
        options = {"folder": tmp_path / "run", "epochs": epochs, "resume": resume}
        history = fit(net, dataset, progress=False, **options)
    assert history == expected
    assert same_state(net.state(), whole.state())
    with pytest.raises(ValueRefusedError, match=r"fit\.epochs = 5, and 4"):
        fit(small_net(), dataset, epochs=4, folder=tmp_path / "run", resume=True, progress=False)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 1}, r"fit\.seed = 0, and 1"),
        ({"batch_size": 50}, r"fit\.batch_size = 100, and 50"),
        ({"settings": {"note": "other"}}, r"settings\.note = 'mine', and 'other'"),
        ({"epochs": None, "steps": 99}, r"fit\.epochs = 1, and None"),
        ({"loss": bl.mean_squared_error}, "softmax_cross_entropy.*mean_squared_error"),
    ],
)
def test_contradictions_name_both_values(changed, named, dataset, tmp_path):
    options = {"epochs": 1, "folder": tmp_path / "run", "settings": {"note": "mine"}}
    fit(small_net(), dataset, progress=False, **options)
    with pytest.raises(ValueRefusedError, match=named):
        fit(small_net(), dataset, resume=True, progress=False, **options | changed)


def test_other_net_data_or_optimizer_is_a_contradiction(dataset, tmp_path):
    options = {"epochs": 1, "folder": tmp_path / "run", "progress": False}
    fit(small_net(), dataset, **options)
    for other in (
        {"net": Sequential(Affine(8, 3))},
        {"train": dataset.test},
    ):
        given = {"net": small_net(), "train": dataset, "resume": True, **options, **other}
        with pytest.raises(ValueRefusedError, match="began with fit"):
            fit(**given)


class Weighted:
    def __init__(self, weight):
        self.weight = np.asarray(weight)

    def __call__(self, y, t):
        return bl.softmax_cross_entropy(y, t) * self.weight


class Falling(optim.Schedule):
    def __init__(self, lr):
        self._lr = lr

    def __call__(self, step):
        return self._lr / (1 + step)


def weighted(weight):
    return lambda y, t: bl.softmax_cross_entropy(y, t) * weight


def frozen(net):
    net[0].W.requires_grad = False
    return net


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda i: {"optimizer": partial(optim.SGD, lr=0.1 * (i + 1))}, r"lr=0\.1.*lr=0\.2"),
        (lambda i: {"optimizer": partial(optim.SGD, lr=Falling(i))}, "_lr=0.*_lr=1"),
        (lambda i: {"optimizer": partial(optim.SGD, clip_norm=i + 1)}, r"norm=1\.0.*norm=2\.0"),
        (lambda i: {"loss": Weighted(i + 1)}, "Weighted.*Weighted"),
        (lambda i: {"loss": weighted(i + 1)}, "weight=1.*weight=2"),
        (lambda i: {"loss": partial(lambda y, t, w: w * y.mean(), w=i)}, "w=0.*w=1"),
        (lambda i: {"net": [small_net, lambda: frozen(small_net())][i]}, r"trained.*affine1\.W"),
    ],
)
def test_what_decides_the_steps_must_be_the_same(make, named, dataset, tmp_path):
    def go(i, *, resume):
        options = {"net": small_net, "optimizer": optim.SGD} | make(i)
        net = options.pop("net")()
        optimizer = options.pop("optimizer")(net.parameters())
        here = {"steps": 1, "folder": tmp_path / "run", "progress": False}
        return fit(net, dataset, optimizer=optimizer, resume=resume, **here, **options)

    assert go(0, resume=False) == go(0, resume=True)
    with pytest.raises(ValueRefusedError, match=f"began with fit.*{named}"):
        go(1, resume=True)


def test_a_loss_that_holds_the_net_can_be_resumed(dataset, tmp_path):
    for resume in (False, True):
        net = small_net(seed=int(resume))
        decay = lambda y, t, net=net: bl.softmax_cross_entropy(y, t) + net[0].W.mean()  # noqa: E731
        fit(net, dataset, loss=decay, steps=3, folder=tmp_path / "run", resume=resume)


def test_nothing_is_overwritten(dataset, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(ValueRefusedError, match="exists already"):
        fit(small_net(), dataset, epochs=1, folder=tmp_path / "run")
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


def test_a_folder_without_checkpoint_is_at_its_beginning(dataset, tmp_path):
    options = {"epochs": 2, "folder": tmp_path / "run", "progress": False}
    expected = fit(small_net(), dataset, **options)
    for name in ("checkpoint.safetensors", "weights.safetensors", "history.json"):
        (tmp_path / "run" / name).unlink()
    assert fit(small_net(), dataset, resume=True, **options) == expected


@pytest.mark.parametrize("name", ["settings.json", "checkpoint.safetensors"])
def test_a_damaged_run_is_refused(name, dataset, tmp_path):
    options = {"epochs": 1, "folder": tmp_path / "run", "progress": False}
    fit(small_net(), dataset, **options)
    path = tmp_path / "run" / name
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError, match=name):
        fit(small_net(), dataset, resume=True, **options)


def test_a_checkpoint_of_another_run_is_refused(dataset, tmp_path):
    for seed in (0, 1):
        fit(small_net(), dataset, epochs=1, seed=seed, folder=tmp_path / f"{seed}", progress=False)
    path = tmp_path / "1" / "checkpoint.safetensors"
    path.write_bytes((tmp_path / "0" / path.name).read_bytes())
    with pytest.raises(DataError, match="another run"):
        fit(small_net(), dataset, epochs=1, seed=1, folder=tmp_path / "1", resume=True)
    fit(small_net(), dataset, epochs=2, seed=1, folder=tmp_path / "longer", progress=False)
    path.write_bytes((tmp_path / "longer" / path.name).read_bytes())
    with pytest.raises(ValueRefusedError, match="6 steps are taken already"):
        fit(small_net(), dataset, epochs=1, seed=1, folder=tmp_path / "1", resume=True)


def test_a_loss_that_is_not_finite_stops_training(dataset):
    net = small_net()
    optimizer = optim.SGD(net.parameters(), 1e30)
    with pytest.raises(NonFiniteLossError, match=r"step \d+ .*smaller learning rate") as error:
        fit(net, dataset, epochs=5, optimizer=optimizer, progress=False)
    assert error.value.step > 1


def test_regression_has_no_accuracy():
    x = np.linspace(-1, 1, 50, dtype=np.float32)[:, np.newaxis]
    history = fit(
        Affine(1, 1, rng=0), (x, 2 * x + 1), loss=bl.mean_squared_error, epochs=100, progress=False
    )
    assert history[-1].loss < 0.01
    assert history[-1].train_accuracy is None


@pytest.mark.parametrize(
    ("outputs", "labels", "loss", "has"),
    [
        ((1,), lambda rng: rng.integers(0, 9, (8, 1)), bl.mean_squared_error, False),
        ((1,), lambda rng: rng.integers(0, 2, (8, 1)), bl.mean_squared_error, False),
        ((3,), lambda rng: rng.integers(0, 9, (8, 3)), bl.mean_squared_error, False),
        ((), lambda rng: rng.integers(0, 9, 8), bl.mean_squared_error, False),
        ((2,), lambda rng: rng.integers(2, 9, 8), lambda y, t: ((y[:, 0] - t) ** 2).sum(), False),
        ((3,), lambda rng: one_hot(rng.integers(0, 3, 8), 3), bl.mean_squared_error, True),
        ((3,), lambda rng: rng.integers(0, 3, 8), bl.softmax_cross_entropy, True),
        ((5, 3), lambda rng: rng.integers(0, 3, (8, 5)), bl.softmax_cross_entropy, True),
        (
            (5, 3),
            lambda rng: one_hot(rng.integers(0, 3, (8, 5)), 3),
            bl.softmax_cross_entropy,
            True,
        ),
    ],
)
def test_accuracy_is_of_classes_only(outputs, labels, loss, has, tmp_path):
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(8, 4)), labels(rng)
    size = int(np.prod(outputs))
    net = Sequential(Affine(4, size, rng=0), lambda y: y.reshape(-1, *outputs))
    options = {"loss": loss, "epochs": 2, "folder": tmp_path / "run"}
    history = fit(net, (x, t), test=(x, t), **options)
    for name in ("train_accuracy", "test_accuracy"):
        assert all((value is not None) is has for value in history.column(name))
    assert fit(net, (x, t), test=(x, t), resume=True, **options) == history


def test_an_optimiser_of_another_net_is_refused(dataset):
    net = small_net()
    optimizer = optim.Adam(small_net().parameters())
    with pytest.raises(ValueRefusedError, match=r"none of this net's.*Adam\(net\.parameters\(\)"):
        fit(net, dataset, epochs=1, optimizer=optimizer)
    half = optim.SGD({name: net.parameters()[name] for name in ("affine2.W", "affine2.b")})
    before = net.state()
    fit(net, dataset, steps=1, optimizer=half, progress=False)
    changed = [name for name, W in net.state().items() if not np.array_equal(W, before[name])]
    assert changed == ["affine2.W", "affine2.b"]


def test_what_is_no_net_is_refused(dataset):
    with pytest.raises(TypeRefusedError, match=r"net must be a Layer.*function"):
        fit(lambda x: x, dataset, epochs=1)


def test_a_net_that_shows_no_address_can_be_resumed(dataset, tmp_path):
    class Doubled:
        def __call__(self, x):
            return x * 2

    for resume in (False, True):
        net = Sequential(Affine(8, 3, rng=0), Lambda(Doubled()))
        fit(net, dataset, epochs=1, folder=tmp_path / "run", resume=resume, progress=False)


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({}, ValueRefusedError, "give one of the two"),
        ({"epochs": 1, "steps": 1}, ValueRefusedError, "epochs=1 and steps=1"),
        ({"epochs": 0}, ValueRefusedError, "epochs must be at least 1"),
        ({"steps": 1.5}, TypeRefusedError, r"steps must be a whole number, not 1\.5"),
        ({"epochs": 1, "test": 3}, TypeRefusedError, "test must be samples and labels"),
        ({"epochs": 1, "test": ([], [])}, ValueRefusedError, "test holds no samples"),
        ({"epochs": 1, "progress": "bar"}, TypeRefusedError, "progress must be.*'bar'"),
        ({"epochs": 1, "progress": Progress}, TypeRefusedError, "progress must be"),
        ({"epochs": 1, "resume": True}, ValueRefusedError, "which one with folder="),
        ({"epochs": 1, "batch_size": 0}, ValueRefusedError, "batch_size"),
        ({"epochs": 1, "settings": {"x": object()}, "folder": "x"}, TypeRefusedError, "JSON"),
    ],
)
def test_refusals(options, error, named, dataset):
    with pytest.raises(error, match=named) as refusal:
        fit(small_net(), dataset, **options)
    assert isinstance(refusal.value, BacklitError)


def test_lines(dataset, capsys):
    fit(small_net(), dataset, epochs=2)
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["epoch", "step", "loss"]
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert len({len(line) for line in [header, *lines]}) == 1
    written = []
    fit(small_net(), dataset, epochs=1, progress=Lines("blobs", written.append))
    assert written[0] == "blobs\n"
    assert len(written) == 3
