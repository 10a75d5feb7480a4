import random

import numpy as np
import pytest

import backlit as bl
from backlit.check import check
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.layers import Affine, Dropout, Layer, ReLU, Sequential

RNG = np.random.default_rng(0)


# Ops


CARDS = [card for card in bl.Op.__subclasses__() if card.__module__.startswith("backlit.ops")]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.__name__)
def test_every_op_passes(card):
    for sample in card.samples:
        report = check(
            card(**sample.options), *sample.draw(np.random.default_rng(1)), tolerance=1e-6
        )
        report.assert_ok()
        assert not any(row.kinks for row in report.rows)


def planted(forward, backward):
    """Make an op of the two functions, without adding to the ops that there are."""

    class Planted:
        def forward(self, x, W):
            self.x, self.W = x, W
            return forward(x, W)

        def backward(self, dz):
            return backward(dz, self.x, self.W)

    return Planted()


BUGS = {
    "sign": lambda dz, x, W: (-dz @ W.T, x.T @ dz),
    "transposed": lambda dz, x, W: (dz @ W, x.T @ dz),
    "dout ignored": lambda dz, x, W: (np.ones_like(dz) @ W.T, x.T @ dz),
    "a thousandth": lambda dz, x, W: (dz @ W.T * 1.001, x.T @ dz),
    "not a number": lambda dz, x, W: (dz @ W.T * np.nan, x.T @ dz),
    "nothing": lambda dz, x, W: (dz[:, :0], x.T @ dz),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_where_it_is(bug):
    x, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
    healthy = check(planted(np.matmul, lambda dz, x, W: (dz @ W.T, x.T @ dz)), x, W)
    healthy.assert_ok()
    report = check(planted(np.matmul, BUGS[bug]), x, W)
    assert [row.ok for row in report.rows] == [False, True]
    assert {(fault.layer, fault.tensor) for fault in report.faults} == {("Planted", "x")}
    with pytest.raises(AssertionError, match="Planted · x"):
        report.assert_ok()


def test_one_wrong_element_among_39200_is_named():
    W = RNG.normal(size=(784, 50))

    class Squares:
        def forward(self, W):
            self.W = W
            return 0.5 * np.sum(W**2)

        def backward(self, dout):
            dW = dout * self.W
            dW[123, 45] *= 1.001
            return dW

    report = check(Squares(), W)
    (fault,) = report.faults
    assert (fault.tensor, fault.index) == ("W", (123, 45))
    assert fault.expected == pytest.approx(W[123, 45], rel=1e-6)
    assert fault.error == pytest.approx(1e-3, rel=1e-2)
    assert report.rows[0].wrong == 1


def test_a_missing_sum_over_the_batch_is_a_wrong_shape():
    class Bias:
        def __init__(self):
            self.b, self.db = np.zeros(3), None

        def forward(self, x):
            return x + self.b

        def backward(self, dout):
            self.db = dout
            return dout

    (fault,) = check(Bias(), RNG.normal(size=(4, 3))).faults
    assert (fault.tensor, fault.index) == ("b", None)
    assert "(4, 3)" in fault.message
    assert "(3,)" in fault.message


def test_at_a_kink_any_slope_between_the_sides_is_right():
    x = np.array([0.0, 1e-9, -3e-6, 1.0, -1.0])
    report = check(bl.ops.Relu(), x)
    report.assert_ok()
    assert 1 <= report.rows[0].kinks <= 2

    class Steep:
        def forward(self, x):
            return np.maximum(x, 0)

        def backward(self, dout):
            return dout * 1.5

    report = check(Steep(), np.array(0.0))
    assert (report.faults[0].expected, report.faults[0].got) == pytest.approx((1.0, 1.5))
    assert "kink" in report.faults[0].message


def test_rounding_is_no_fault_where_large_numbers_cancel():
    x = RNG.normal(size=5)
    check(lambda x: ((x + 1e6) - 1e6).sum() * 1e-3 + (x**2).sum(), x).assert_ok()
    check(lambda x: (x * 0.0 + 1e9).sum(), x).assert_ok()


# Functions and nets


def test_a_function_of_tensors():
    report = check(lambda x, y: bl.sigmoid(x @ y), RNG.normal(size=(2, 3)), RNG.normal(size=3))
    assert [row.tensor for row in report.rows] == ["x", "y"]
    report.assert_ok()
    cut = check(lambda x: (x * x.detach()).sum(), np.ones(2))
    assert cut.faults[0].expected == pytest.approx(2 * cut.faults[0].got)
    check(bl.softmax_cross_entropy, RNG.normal(size=(2, 3)), [0, 2]).assert_ok()


def make_net():
    rng = np.random.default_rng(1)
    return Sequential(Affine(6, 5, rng=rng), ReLU(), Dropout(0.5, rng=2), Affine(5, 3, rng=rng))


def test_a_net_is_checked_on_a_copy_with_its_dropout_held():
    net, x, t = make_net(), RNG.normal(size=(4, 6)).astype(np.float32), np.array([0, 2, 1, 0])
    state, rng, values = net.state(), net[2].rng.bit_generator.state, x.copy()
    report = check(net, x, t)
    report.assert_ok()
    assert [(row.layer, row.tensor) for row in report.rows] == [
        ("affine1", "W"), ("affine1", "b"), ("affine2", "W"), ("affine2", "b"), ("Sequential", "x"),
    ]  # fmt: skip
    assert all(row.mean_difference < 1e-10 for row in report.rows)
    assert {key: array.tobytes() for key, array in net.state().items()} == {
        key: array.tobytes() for key, array in state.items()
    }
    assert net[2].rng.bit_generator.state == rng
    assert net[0].W.dtype == np.float32
    assert x.tobytes() == values.tobytes()
    check(net, x).assert_ok()
    check(net.eval(), x, np.eye(3)[t], loss=bl.mean_squared_error).assert_ok()


def test_the_layer_with_the_bug_is_named():
    class Wrong(bl.Op):
        def forward(self, x):
            return x * 3

        def backward(self, dz):
            return dz * 2

    class Scale(Layer):
        def __call__(self, x):
            return Wrong()(x)

    net = Sequential(Affine(6, 5, rng=1), Scale(), Affine(5, 3, rng=1))
    report = check(net, RNG.normal(size=(4, 6)), [0, 1, 2, 0], samples=4)
    assert {(row.layer, row.tensor): row.ok for row in report.rows} == {
        ("affine1", "W"): False, ("affine1", "b"): False, ("affine2", "W"): True,
        ("affine2", "b"): True, ("Sequential", "x"): False,
    }  # fmt: skip
    assert [row.checked for row in report.rows] == [4, 4, 4, 3, 4]


# By hand


class ByHand:
    """A net in the chapter's style, with faults on order."""

    def __init__(self, sabotage=None, dtype=float):
        rng = np.random.default_rng(3)
        self.params = {"W": rng.normal(size=(4, 3)).astype(dtype), "b": np.zeros(3, dtype)}
        self.W = self.params["W"]
        self.sabotage = sabotage

    def loss(self, x, t):
        if self.sabotage == "noise":
            return random.random()
        mask = np.random.rand(3) < 0.7
        return 0.5 * np.sum(((x @ self.W + self.params["b"]) * mask - t) ** 2)

    def gradient(self, x, t):
        if self.sabotage == "raise":
            return {"W": self.params["V"]}
        mask = np.random.rand(3) < 0.7
        d = ((x @ self.W + self.params["b"]) * mask - t) * mask
        found = {"W": x.T @ d, "b": d.sum(axis=0)}
        if self.sabotage == "name":
            found["B"] = found.pop("b")
        if self.sabotage == "write":
            self.params["b"] += 1
        return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_net_by_hand(dtype):
    net = ByHand(dtype=dtype)
    np.random.seed(0)
    state, before = np.random.get_state()[1].tobytes(), net.params["W"].tobytes()
    report = check(net, RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3)))
    report.assert_ok()
    assert [row.tensor for row in report.rows] == ["W", "b"]
    assert (np.random.get_state()[1].tobytes(), net.params["W"].tobytes()) == (state, before)


@pytest.mark.parametrize(
    ("sabotage", "says"),
    [
        ("raise", r"KeyError: 'V' \(raised in gradient\)\s+at test_check.py:\d+: return"),
        ("name", "'B', which params does not have"),
        ("write", "wrote into the parameter b"),
    ],
)
def test_what_goes_wrong_in_a_net_by_hand_is_reported(sabotage, says):
    report = check(ByHand(sabotage), RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3)))
    assert not report.ok
    with pytest.raises(AssertionError, match=says):
        report.assert_ok()


def test_parameters_that_are_views_are_checked_where_they_are():
    net = ByHand()
    flat = net.params["W"].reshape(-1).copy()
    net.flat, net.params["W"] = flat, flat.reshape(4, 3)
    net.W = net.params["W"]
    before = flat.tobytes()
    check(net, RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3))).assert_ok()
    assert flat.tobytes() == before


def test_layers_by_hand_are_searched_for_parameters():
    class Dense:
        def __init__(self, W):
            self.W, self.dW = W, None

        def __call__(self, x):
            self.x = x
            return x @ self.W

        def backward(self, d):
            self.dW = self.x.T @ d
            return d @ self.W.T

    class Chain:
        def __init__(self, *layers):
            self.layers = list(layers)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

        def backward(self, d):
            for layer in reversed(self.layers):
                d = layer.backward(d)
            return d

    chain = Chain(Dense(RNG.normal(size=(3, 4))), Dense(RNG.normal(size=(4, 2)).astype("f")))
    report = check(chain, RNG.normal(size=(5, 3)), [0, 1, 1, 0, 1])
    report.assert_ok()
    assert [(row.layer, row.tensor) for row in report.rows] == [
        ("Chain", "x"), ("Dense (layers[0])", "W"), ("Dense (layers[1])", "W"),
    ]  # fmt: skip


def test_what_has_no_slopes_is_said():
    calls = iter(range(100))
    assert (
        "changes from call to call" in check(lambda x: x.sum() * next(calls), 1.0).faults[0].message
    )
    assert "nan" in check(lambda x: bl.log(x).sum(), np.array([-1.0])).faults[0].message
    single = check(lambda x: x.astype("float32"), np.ones(2))
    single.assert_ok()
    assert "float32" in single.notes[0]
    assert "must return a tensor" in check(lambda x: x.data, np.ones(2)).faults[0].message


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(TypeRefusedError, match="pass an instance"):
        check(bl.ops.Relu, 1.0)
    with pytest.raises(TypeRefusedError, match="can't be checked"):
        check(3, 1.0)
    with pytest.raises(ValueRefusedError, match="nothing to check"):
        check(bl.ops.Relu(), np.array([1, 2]))
    with pytest.raises(ValueRefusedError, match="no gradient"):
        check(bl.ops.DropoutMask(0.5, np.random.default_rng(0)), 1.0)
    with pytest.raises(ValueRefusedError, match="loss="):
        check(bl.ops.Relu(), 1.0, loss=bl.mean_squared_error)
    with pytest.raises(ValueRefusedError, match="samples"):
        check(bl.ops.Relu(), 1.0, samples=0)
    net = ByHand()
    net.params["b"] = np.zeros(3, int)
    with pytest.raises(TypeRefusedError, match="array of floats"):
        check(net, 1, 2)


@pytest.mark.parametrize("factor", [1.0, 1.001, 0.9995])
@pytest.mark.parametrize("element", [(0, 0), (355, 27), (783, 49)])
def test_one_element_that_is_hardly_wrong_is_found_too(element, factor):
    class Product:
        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.dW[element] *= factor
            return dout @ self.W.T

    rng = np.random.default_rng(element[1])
    layer = Product(rng.normal(size=(784, 50)))
    report = bl.check(layer, rng.normal(size=(20, 784)))
    assert [fault.index for fault in report.faults] == ([] if factor == 1 else [element])


def test_what_a_guard_leaves_everywhere_is_searched_for_nothing():
    class Guarded:
        def __init__(self):
            rng = np.random.default_rng(0)
            self.params = {"W": 0.01 * rng.normal(size=(60, 5))}
            self.layers = {"Scores": self}

        def predict(self, x):
            z = x @ self.params["W"]
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)

        def loss(self, x, t):
            return -np.mean(np.log(self.predict(x)[np.arange(len(t)), t] + 1e-7))

        def gradient(self, x, t):
            y = self.predict(x)
            y[np.arange(len(t)), t] -= 1
            return {"W": x.T @ y / len(t)}

    rng = np.random.default_rng(1)
    report = bl.check(Guarded(), rng.normal(size=(20, 60)), rng.integers(0, 5, 20))
    report.assert_ok()
    assert not report.left_out
    assert report.calls < 600
