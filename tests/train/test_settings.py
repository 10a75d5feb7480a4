"""Settings decide a net and how it is trained, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from backlit import optim
from backlit.errors import DataError, ValueRefusedError
from backlit.train import Settings, settings_of
from backlit.train.settings import ACTIVATIONS, INITS, MODELS, OPTIMIZERS, SCHEDULES


def test_all_names_make_something_and_come_back_from_json():
    for options in (
        *({"activation": name, "hidden": (4, 3)} for name in ACTIVATIONS),
        *({"init": name, "hidden": ()} for name in INITS),
        *({"optimizer": name, "dropout": 0.5} for name in OPTIMIZERS),
        *({"schedule": name, "warmup": 3, "steps": 10} for name in SCHEDULES),
        *({"model": name, "hidden": ()} for name in MODELS),
        {"model": "cnn", "activation": "tanh", "dropout": 0.5, "hidden": (5,)},
    ):
        settings = Settings(**options)
        net = settings.net()
        optimizer = settings.make_optimizer(net, 10)
        assert net(np.zeros((2, *settings.shape))).shape == (2, 10)
        assert 0 < optimizer.lr <= settings.lr
        assert Settings.from_json(settings.to_json()) == settings


def test_what_is_usual_for_a_model_gives_way_to_what_is_asked():
    assert Settings.usual() == Settings()
    usual = Settings.usual(model="cnn")
    assert (usual.hidden, usual.optimizer, usual.lr, usual.epochs) == ((128,), "adam", 0.003, 2)
    assert usual.architecture == "conv32-conv64-128-10"
    assert Settings.usual(model="cnn", optimizer="sgd").lr == 0.1
    assert Settings.usual(model="cnn", optimizer="adam") == usual
    assert Settings.usual(model="cnn", steps=5).epochs is None
    assert Settings.usual(model="cnn", init="xavier").init == "xavier"
    assert usual.dataset().test.x.shape == (10000, 1, 28, 28)


def test_the_seed_decides_the_weights():
    def weights(seed):
        return Settings(seed=seed).net().state()["affine1.W"]

    assert np.array_equal(weights(0), weights(0))
    assert not np.array_equal(weights(0), weights(1))
    assert weights(0).std() == pytest.approx(0.01, rel=0.02)


def test_schedules():
    def rates(schedule, warmup=0):
        settings = Settings(schedule=schedule, warmup=warmup, steps=9, lr=1.0)
        optimizer = settings.make_optimizer(settings.net(), 9)
        return [float(optimizer.schedule(step)) for step in range(9)]

    assert rates("constant") == [1.0] * 9
    assert rates("constant", warmup=2) == [0.5] + [1.0] * 8
    np.testing.assert_allclose(rates("step"), [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01])
    cosine = rates("cosine")
    assert cosine[0] == 1.0
    assert sorted(cosine, reverse=True) == cosine
    assert cosine[-1] < 0.05
    assert isinstance(Settings().make_optimizer(Settings().net(), 9), optim.SGD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": "x"},
        {"model": "x"},
        {"activation": "x"},
        {"init": "x"},
        {"optimizer": "x"},
        {"schedule": "x"},
        {"hidden": (0,)},
        {"dropout": 1.0},
        {"lr": 0.0},
        {"lr": float("nan")},
        {"warmup": -1},
        {"batch": 0},
        {"epochs": 0},
        {"steps": 0},
        {"epochs": 1, "steps": 1},
        {"seed": -1},
        {"eager": "no"},
    ],
)
def test_refusals_name_the_setting_and_the_value(wrong):
    with pytest.raises(ValueRefusedError) as refusal:
        Settings(**wrong)
    for name, value in wrong.items():
        assert name in str(refusal.value)
        assert str(value[0] if isinstance(value, tuple) else value) in str(refusal.value)


OLD = {
    "data": "mnist", "hidden": [50], "activation": "relu", "init": "normal", "dropout": 0.0,
    "optimizer": "sgd", "lr": 0.1, "schedule": "constant", "warmup": 0, "batch": 100,
    "epochs": 17, "steps": None, "seed": 0,
}  # fmt: skip
"""As a run wrote them before nets could be convolutional and steps compiled."""


def test_settings_from_before_there_were_more_of_them_are_read():
    assert Settings.from_json(OLD) == Settings(eager=True)
    assert Settings.from_json(OLD | {"model": "cnn", "eager": False}) == Settings(model="cnn")
    assert settings_of({"settings": OLD}, "here") == Settings(eager=True)


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        Settings().to_json() | {"lr": "x"},
        Settings().to_json() | {"more": 1},
        OLD | {"more": 1},
        {key: value for key, value in OLD.items() if key != "lr"},
    ],
)
def test_json_of_something_else_is_refused(values):
    with pytest.raises(DataError, match="here"):
        Settings.from_json(values, "here")
