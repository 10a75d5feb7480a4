"""Every rule: worked by hand, and what all have in common."""

import copy
import inspect
import pickle
from math import sqrt

import numpy as np
import pytest

import backlit as bl
from backlit import optim
from backlit.errors import BacklitError, GraphError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.layers import Sequential
from backlit.optim import SGD, AdaGrad, Adam, AdamW, Cosine, Momentum, Nesterov, RMSProp

RULES = [SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW]

# Parameter 1 at first, then one gradient per step. Each value is written out from the published
# rule; eps is 1e-12 where its place in the formula is not what is tested.
TINY = {"eps": 1e-12}
ADAM2 = 0.9 - 0.1 * (10 / 3) / sqrt(76 / 7)
ADAMW2 = 0.85 - 0.1 * ((10 / 3) / sqrt(76 / 7) + 0.5 * 0.85)
BY_HAND = [
    (SGD, {"lr": 0.5}, [2, 4, -1], [0, -2, -1.5]),
    # v: -1; -0.5 - 2 = -2.5; -1.25 + 0.5 = -0.75
    (Momentum, {"lr": 0.5, "momentum": 0.5}, [2, 4, -1], [0, -2.5, -3.25]),
    # The same v; W: 1 - 0.5 - 1; -0.5 - 1.25 - 2; -3.75 - 0.375 + 0.5
    (Nesterov, {"lr": 0.5, "momentum": 0.5}, [2, 4, -1], [-0.5, -3.75, -3.625]),
    # h: 9, 25, 169
    (AdaGrad, {"lr": 1, **TINY}, [3, 4, 12], [0, -0.8, -0.8 - 12 / 13]),
    (AdaGrad, {"lr": 1, "eps": 1}, [3], [1 - 3 / 4]),
    # h: 4 / 2 = 2; 1 + 8 = 9; 4.5 + 0.5 = 5
    (
        RMSProp, {"lr": 1, "decay": 0.5, **TINY}, [2, 4, -1],
        [1 - 2 / sqrt(2), 1 - sqrt(2) - 4 / 3, 1 - sqrt(2) - 4 / 3 + 1 / sqrt(5)],
    ),
    (RMSProp, {"lr": 1, "decay": 0, "eps": 1}, [3], [1 - 3 / 4]),
    # m: 1, 2.5, 0.75, corrected by 1/2, 3/4, 7/8:       2, 10/3, 6/7
    # v: 1, 4.75, 3.8125, corrected by 1/4, 7/16, 37/64: 4, 76/7, 244/37
    (
        Adam, {"lr": 0.1, "beta1": 0.5, "beta2": 0.75, **TINY}, [2, 4, -1],
        [0.9, ADAM2, ADAM2 - 0.1 * (6 / 7) / sqrt(244 / 37)],
    ),
    (Adam, {"lr": 0.1, "beta1": 0.5, "beta2": 0.75, "eps": 2}, [2], [1 - 0.1 * 2 / (2 + 2)]),
    # Adam's means; the decay takes off 0.1 * 0.5 * W besides.
    (
        AdamW, {"lr": 0.1, "beta1": 0.5, "beta2": 0.75, "weight_decay": 0.5, **TINY}, [2, 4, -1],
        [0.85, ADAMW2, ADAMW2 - 0.1 * ((6 / 7) / sqrt(244 / 37) + 0.5 * ADAMW2)],
    ),
]  # fmt: skip

DEFAULTS = {
    SGD: {"lr": 0.01},
    Momentum: {"lr": 0.01, "momentum": 0.9},
    Nesterov: {"lr": 0.01, "momentum": 0.9},
    AdaGrad: {"lr": 0.01, "eps": 1e-7},
    RMSProp: {"lr": 0.001, "decay": 0.9, "eps": 1e-7},
    Adam: {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    AdamW: {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
}


@pytest.fixture(params=RULES)
def rule(request):
    return request.param


def parameters(dtype=np.float64):
    return {
        "W": bl.tensor([[1.0, -2.0], [3.0, 0.5]], "W", dtype=dtype),
        "scale": bl.tensor(2.0, "scale", dtype=dtype),
    }


def backward(parameters):
    """Leave the gradients of a quadratic with its minimum at 3."""
    loss = sum(((W - 3.0) ** 2).sum() for W in parameters.values())
    loss.backward()
    return loss.item()


def values(parameters):
    return [W.data.copy() for W in parameters.values()]


@pytest.mark.parametrize(("kind", "settings", "gradients", "expected"), BY_HAND)
def test_steps_worked_by_hand(kind, settings, gradients, expected):
    W = bl.tensor([1.0], "W")
    optimizer = kind([W], **settings)
    for gradient, value in zip(gradients, expected, strict=True):
        W.grad = np.array([float(gradient)])
        optimizer.step()
        assert W.data.item() == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_nesterov_is_the_look_ahead_of_sutskever():
    lr, momentum = 0.1, 0.8

    def slope(at):
        return 2 * (at - 3.0)

    # Equations 3 and 4: v = μv - ε∇f(θ + μv), θ = θ + v
    theta, v = 1.0, 0.0
    W = bl.tensor(1.0, "W")
    optimizer = Nesterov([W], lr=lr, momentum=momentum)
    for _ in range(5):
        v = momentum * v - lr * slope(theta + momentum * v)
        theta += v
        W.grad = slope(W.data)
        optimizer.step()
        assert W.item() == pytest.approx(theta + momentum * v)


def test_defaults_are_the_published_ones(rule):
    told = ", ".join(f"{name}={value!r}" for name, value in DEFAULTS[rule].items())
    assert repr(rule(parameters())) == f"{rule.__name__}({told})"


def test_dtypes_and_shapes_stay(rule):
    for dtype in (np.float16, np.float32, np.float64):
        given = parameters(dtype)
        optimizer = rule(given, lr=np.float64(0.01), clip_norm=1.0)
        for _ in range(2):
            backward(given)
            optimizer.step()
        for name, W in given.items():
            assert type(W.data) is np.ndarray
            assert W.dtype == dtype
            assert W.shape == parameters()[name].shape
        for array in list(optimizer.state().values())[1:]:
            assert array.dtype == dtype


def test_nothing_is_written_into(rule):
    given = parameters()
    optimizer = rule(given)
    for _ in range(3):
        backward(given)
        arrays = [array for W in given.values() for array in (W.data, W.grad)]
        arrays += [array for memory in optimizer.memories.values() for array in memory]
        copies = [array.copy() for array in arrays]
        for array in arrays:
            array.flags.writeable = False
        optimizer.step()
        np.testing.assert_equal(arrays, copies)
        assert not any(np.shares_memory(W.data, array) for W in given.values() for array in arrays)


def test_a_quadratic_is_minimised(rule):
    given = parameters()
    optimizer = rule(given, lr=1.0 if rule is AdaGrad else 0.1)
    if rule is AdamW:
        optimizer.weight_decay = 0.0
    optimizer.lr = Cosine(optimizer.lr, steps=400)
    for _ in range(400):
        backward(given)
        optimizer.step()
    assert backward(given) < 1e-4


def test_a_run_goes_on_bit_for_bit(rule):
    def run(given, optimizer, steps):
        for _ in range(steps):
            backward(given)
            optimizer.step()

    settings = {"lr": Cosine(0.1, steps=7), "clip_norm": 5.0}
    given = parameters(np.float32)
    optimizer = rule(given, **settings)
    run(given, optimizer, 3)
    saved, at = optimizer.state(), values(given)
    pickled = pickle.dumps((given, optimizer))
    copied = copy.deepcopy((given, optimizer))
    run(given, optimizer, 4)

    resumed = parameters(np.float32)
    for W, value in zip(resumed.values(), at, strict=True):
        W.data = value
    fresh = rule(resumed, **settings)
    fresh.load_state({name: np.asarray(array.tolist()) for name, array in saved.items()})
    for again, twin in ((resumed, fresh), pickle.loads(pickled), copied):
        assert twin.steps == 3
        run(again, twin, 4)
        assert twin.lr == optimizer.lr
        np.testing.assert_equal(values(again), values(given))


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"W/v": np.zeros(3)}, ShapeError, ("W/v", "(3,)", "(2, 2)")),
        ({"W/velocity": np.zeros((2, 2))}, ValueRefusedError, ("W/velocity", "W/m")),
        ({"W/m": None}, ValueRefusedError, ("lacks W/m",)),
        ({"W/m": np.full((2, 2), "a")}, TypeRefusedError, ("W/m", "<U1", "real numbers")),
        ({"W/m": np.full((2, 2), 1j)}, TypeRefusedError, ("W/m", "complex128")),
        ({"steps": np.asarray(-1)}, ValueRefusedError, ("steps", "-1")),
        ({"steps": np.asarray(1.5)}, ValueRefusedError, ("steps", "1.5")),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, says):
    given = parameters()
    optimizer = Adam(given)
    backward(given)
    optimizer.step()
    before = optimizer.state()
    state = {name: array + 1 for name, array in before.items()} | change
    with pytest.raises(error) as caught:
        optimizer.load_state({name: a for name, a in state.items() if a is not None})
    assert all(words in str(caught.value) for words in says)
    np.testing.assert_equal(optimizer.state(), before)


def test_without_a_new_gradient_nothing_changes(rule):
    given = parameters()
    optimizer = rule(given)
    with pytest.raises(GraphError, match=r"no parameter has a gradient yet; call loss\.backward"):
        optimizer.step()
    backward(given)
    optimizer.step()
    before, state = values(given), optimizer.state()
    with pytest.raises(GraphError, match=r"applied all gradients.*call loss\.backward\(\) first"):
        optimizer.step()
    np.testing.assert_equal(values(given), before)
    np.testing.assert_equal(optimizer.state(), state)
    backward(given)
    rule(given).step()  # another optimiser has its own account


def test_a_head_that_the_loss_does_not_use_is_left_as_it_was(rule):
    given = parameters()
    optimizer = rule(given)
    for grad in (None, "stale"):
        assert (given["scale"].grad is None) is (grad is None)
        before, scale, memory = values(given), given["scale"].data, optimizer.memories["scale"]
        (given["W"] ** 2).sum().backward()
        optimizer.step()
        assert given["scale"].data is scale
        assert optimizer.memories["scale"] is memory
        assert not np.array_equal(given["W"].data, before[0])
        backward(given)
        optimizer.step()
        assert given["scale"].data is not scale
    assert optimizer.steps == 4


def test_a_gradient_of_another_shape_is_named_and_nothing_changes(rule):
    given = parameters()
    backward(given)
    optimizer = rule(given)
    before = values(given)
    given["scale"].grad = np.zeros(3)
    with pytest.raises(ShapeError, match=r"gradient of scale has shape \(3,\)"):
        optimizer.step()
    assert optimizer.steps == 0
    np.testing.assert_equal(values(given), before)


def test_the_rate_follows_its_schedule():
    W = bl.tensor([0.0], "W")
    optimizer = SGD([W], lr=optim.Step(1.0, every=2, factor=0.5))
    rates = []
    for _ in range(4):
        W.grad = np.array([-1.0])
        rates.append(optimizer.lr)
        optimizer.step()
    assert rates == [1.0, 1.0, 0.5, 0.5]
    assert W.data.item() == sum(rates)
    optimizer.lr = 0.125
    assert optimizer.lr == 0.125
    assert repr(optimizer) == "SGD(lr=0.125)"
    assert repr(SGD([W], lr=Cosine(0.1, 5), clip_norm=1)) == (
        "SGD(lr=Cosine(lr=0.1, steps=5, final=0.0), clip_norm=1.0)"
    )


def test_gradients_are_clipped():
    for settings, expected in (
        ({"clip_norm": 1.0}, [-0.6, -0.8]),
        ({"clip_value": 3.5}, [-3.0, -3.5]),
    ):
        W = bl.tensor([0.0, 0.0], "W")
        W.grad = np.array([3.0, 4.0])
        SGD([W], lr=1.0, **settings).step()
        np.testing.assert_allclose(W.data, expected)
        assert W.grad.tolist() == [3.0, 4.0]


def test_a_rule_of_ones_own_that_forgets_its_memory_is_told():
    class Forgetful(optim.Optimizer):
        memory = ("velocity",)

        def rule(self, lr, t, W, dW, v):
            return W - lr * dW

    given = parameters()
    backward(given)
    before = values(given)
    with pytest.raises(ValueRefusedError, match=r"returned 1 arrays.*2: W, velocity"):
        Forgetful(given, 0.1).step()
    np.testing.assert_equal(values(given), before)


W = bl.tensor([1.0], "W")


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: SGD([]), ValueRefusedError, "no parameters"),
        (lambda: SGD({}), ValueRefusedError, "no parameters"),
        (lambda: SGD(W), TypeRefusedError, "list of tensors, but got Tensor"),
        (lambda: SGD(Sequential()), TypeRefusedError, r"net\.parameters\(\).*got Sequential"),
        (lambda: SGD(3), TypeRefusedError, r"net\.parameters\(\).*got int"),
        (lambda: SGD([np.ones(3)]), TypeRefusedError, "parameter1 is a ndarray"),
        (lambda: SGD({"a": W, "b": W}), ValueRefusedError, "a and b are the same"),
        (lambda: SGD([W * 2.0]), ValueRefusedError, "computed by multiply"),
        (lambda: SGD([W.detach()]), ValueRefusedError, "requires no gradient"),
        (lambda: SGD([W], lr="fast"), TypeRefusedError, "lr must be.*'fast'"),
        (lambda: SGD([W], lr=lambda step: 0.1), TypeRefusedError, "Derive your own"),
        (lambda: SGD([W], lr=-0.1), ValueRefusedError, "lr is -0.1"),
        (lambda: SGD([W], lr=float("nan")), ValueRefusedError, "lr is nan"),
        (lambda: SGD([W], clip_norm=0), ValueRefusedError, "clip_norm is 0.0"),
        (lambda: SGD([W], clip_norm=1, clip_value=1), ValueRefusedError, "not by both"),
        (lambda: Momentum([W], momentum=1), ValueRefusedError, "momentum is 1.0"),
        (lambda: RMSProp([W], decay=-0.1), ValueRefusedError, "decay is -0.1"),
        (lambda: Adam([W], beta2=True), TypeRefusedError, "beta2 must be a number"),
        (lambda: AdaGrad([W], eps=0), ValueRefusedError, "eps is 0.0"),
        (lambda: AdamW([W], weight_decay=-1), ValueRefusedError, "weight_decay is -1.0"),
    ],
)
def test_what_makes_no_optimiser_is_refused(make, error, says):
    with pytest.raises(error, match=says) as caught:
        make()
    assert isinstance(caught.value, BacklitError)


def test_every_optimiser_is_tested():
    public = [getattr(optim, name) for name in optim.__all__]
    kinds = [x for x in public if inspect.isclass(x) and issubclass(x, optim.Optimizer)]
    assert set(kinds) - {optim.Optimizer} == set(RULES) == set(DEFAULTS)
    assert set(RULES) == {kind for kind, *_ in BY_HAND}
