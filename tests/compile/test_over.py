"""Many steps in one call are the same steps."""

import numpy as np
import pytest

import backlit as bl
from backlit import optim
from backlit.compile import CompileWarning
from backlit.layers import Affine, Dropout, ReLU, Sequential
from backlit.ops import relu


def samples(n=37):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 6)).astype(np.float32), rng.integers(0, 3, n)


def rows_of(steps, batch, n=37):
    return np.random.default_rng(1).integers(0, n, (steps, batch))


def trainer(rule=optim.SGD, *, keep_gradients=False):
    net = Sequential(
        Affine(6, 5, init="he", rng=0), ReLU(), Dropout(0.3, rng=1), Affine(5, 3, init="he", rng=2)
    )
    optimizer = rule(net.parameters(), lr=optim.Step(0.1, every=3, factor=0.9))

    @bl.compile if not keep_gradients else lambda f: bl.compile(f, keep_gradients=True)
    def step(x, t):
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return net, optimizer, step


@pytest.mark.parametrize("rule", [optim.SGD, optim.Momentum, optim.Adam])
@pytest.mark.parametrize("steps", [1, 2, 230])
def test_the_same_bits_as_a_loop_of_calls(rule, steps):
    (x, t), rows = samples(), rows_of(steps, 8)
    a, its_optimizer, one = trainer(rule)
    b, other, many = trainer(rule)
    losses = np.array([one(x[batch], t[batch]).item() for batch in rows], np.float32)
    np.testing.assert_array_equal(many.over(rows, x, t), losses)
    for name, value in a.state().items():
        np.testing.assert_array_equal(b.state()[name], value, err_msg=name)
    assert other.steps == its_optimizer.steps == steps
    for name, rng in a.generators().items():
        assert rng.bit_generator.state == b.generators()[name].bit_generator.state


def test_calls_and_other_batches_in_between():
    x, t = samples()
    a, _, one = trainer()
    b, _, many = trainer()
    for batch in (8, 5, 8):
        rows = rows_of(3, batch)
        expected = [one(x[some], t[some]).item() for some in rows]
        np.testing.assert_array_equal(many.over(rows, x, t), np.float32(expected))
        assert one(x, t).item() == many(x, t).item()
    for net in (a, b):
        net.eval()
    np.testing.assert_array_equal(many.over([[1, 2]], x, t), [one(x[1:3], t[1:3]).item()])
    assert one(x, t).item() == many(x, t).item()


def test_gradients_are_those_of_the_last_step():
    x, t = samples()
    a, _, one = trainer(keep_gradients=True)
    b, _, many = trainer(keep_gradients=True)
    rows = rows_of(4, 8)
    for batch in rows:
        one(x[batch], t[batch])
    many.over(rows, x, t)
    for W, V in zip(a.parameters().values(), b.parameters().values(), strict=True):
        np.testing.assert_array_equal(W.grad, V.grad)


def test_what_steps_return_is_stacked():
    W = bl.tensor(np.arange(3.0))

    @bl.compile
    def step(x):
        y = x * W
        return {"sum": y.sum(), "both": (y, x[:1]), "none": None, "list": [np.max(x)]}

    x, rows = np.random.default_rng(0).standard_normal((9, 3)), rows_of(7, 4, 9)
    found = step.over(rows, x)
    np.testing.assert_array_equal(found["sum"], [(x[r] * W.data).sum() for r in rows])
    np.testing.assert_array_equal(found["both"][0], x[rows] * W.data)
    np.testing.assert_array_equal(found["both"][1], x[rows][:, :1])
    np.testing.assert_array_equal(found["list"][0], x[rows].max((1, 2)))
    assert found["none"] is None
    assert type(found["both"]) is tuple


def test_what_a_step_takes_besides_labels_and_images():
    scale = bl.compile(lambda x, w: x * w)
    x, w, rows = np.arange(6.0), np.arange(12.0).reshape(6, 2), rows_of(5, 3, 6)
    column = x[:, np.newaxis]
    np.testing.assert_array_equal(scale.over(rows, column, w), column[rows] * w[rows])
    np.testing.assert_array_equal(scale.over(rows, x, x), x[rows] ** 2)
    np.testing.assert_array_equal(scale.over(rows.tolist(), x.tolist(), x), x[rows] ** 2)


def test_a_step_that_runs_eagerly():
    @bl.compile
    def step(x):
        return bl.tensor(x).sum() if x.sum() > 0 else 0.0

    x, rows = np.array([1.0, -1.0, 3.0]), np.array([[0, 2], [1, 1], [0, 1]])
    with pytest.warns(CompileWarning):
        np.testing.assert_array_equal(step.over(rows, x), [4.0, 0.0, 0.0])


def test_numbers_of_any_kind_share_an_array():
    step = bl.compile(lambda x: 0 if x[0] > 1 else float(x[0]))
    with pytest.warns(CompileWarning):
        found = step.over([[2], [0], [1]], np.array([0.5, 0.25, 3.0]))
    np.testing.assert_array_equal(found, [0, 0.5, 0.25])


def test_samples_that_the_steps_themselves_change():
    def build():
        b = bl.tensor(np.arange(1.0, 4.0))
        rule = optim.SGD([b], lr=0.1)

        @bl.compile
        def step(x):
            loss = (b * b).sum() + x.sum()
            loss.backward()
            rule.step()
            return loss

        step(np.zeros(2))  # from here on b's array is the program's
        return b, step

    (b, one), (c, many), rows = build(), build(), rows_of(6, 2, 3)
    expected = [one(b.data[batch]).item() for batch in rows]
    np.testing.assert_array_equal(many.over(rows, c.data), expected)


def test_within_another_program():
    double = bl.compile(lambda x: x * 2)

    @bl.compile
    def outer(y):
        return double.over([[0, 1], [1, 1]], np.arange(2.0)).sum() + y

    assert outer(np.ones(())) == 7


def test_a_net_that_is_changed_in_between():
    x, t = samples()
    net, optimizer, step = trainer()
    rows = rows_of(3, 8)
    step.over(rows, x, t)
    before = net.state()
    net.parameters()["affine1.W"].data = np.zeros((6, 5), np.float32)
    optimizer.schedule = optim.Constant(0.0)
    step.over(rows, x, t)
    np.testing.assert_array_equal(net.parameters()["affine1.W"].data, 0)
    np.testing.assert_array_equal(net.state()["affine2.b"], before["affine2.b"])


def test_a_label_that_is_no_class_is_refused_at_its_step():
    (x, t), rows = samples(), np.arange(30).reshape(6, 5)
    a, _, one = trainer()
    b, optimizer, many = trainer()
    t[17] = 3
    for batch in rows[:3]:
        one(x[batch], t[batch])
    with pytest.raises(bl.errors.ValueRefusedError, match="holds the class 3"):
        many.over(rows, x, t)
    assert optimizer.steps == 3
    for name, value in a.state().items():
        np.testing.assert_array_equal(b.state()[name], value)


def test_one_hot_rows_that_do_not_sum_to_one_are_refused():
    (x, t), rows = samples(), np.arange(30).reshape(6, 5)
    _, optimizer, step = trainer()
    hot = np.eye(3, dtype=np.float32)[t]
    step.over(rows, x, hot)
    hot[12] = 2
    with pytest.raises(bl.errors.ValueRefusedError):
        step.over(rows, x, hot)
    assert optimizer.steps == 6 + 2


X = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (([0, 1], X), bl.errors.ShapeError, r"rows has shape \(2,\), but must be \(steps, batch\)"),
        ((np.zeros((0, 2), int), X), bl.errors.ShapeError, r"rows has shape \(0, 2\)"),
        (([[0, 1], [2]], X), bl.errors.ShapeError, "batches of different lengths"),
        (([[0.0, 1.0]], X), bl.errors.TypeRefusedError, "dtype float64"),
        (([[True, False]], X), bl.errors.TypeRefusedError, "dtype bool"),
        (([[0, 4]], X), bl.errors.ValueRefusedError, "array 1 has 4 rows.* from 0 to 4"),
        (([[-1, 0]], X), bl.errors.ValueRefusedError, "from -1 to 0"),
        (([[0, 3]], X, X[:2]), bl.errors.ValueRefusedError, "array 2 has 2 rows"),
        (([[0, 3]], X, 1.0), bl.errors.ShapeError, "array 2 is a single number"),
        (([[0, 3]],), bl.errors.TypeRefusedError, r"as in over\(rows, x, t\)"),
    ],
)
def test_what_is_given_is_looked_at_first(given, error, said):
    calls = []
    step = bl.compile(lambda *arrays: calls.append(arrays))
    with pytest.raises(error, match=said):
        step.over(*given)
    assert not calls


@pytest.mark.filterwarnings("ignore::backlit.compile.CompileWarning")
@pytest.mark.parametrize(
    ("step", "error", "said"),
    [
        (lambda x: "done", bl.errors.TypeRefusedError, "returned a str"),
        (lambda x: x[x > 0], bl.errors.ShapeError, r"step 2 returned .* \(1,\) where .* \(2,\)"),
        (lambda x: (x, x) if x[0] > 2 else x, bl.errors.TypeRefusedError, "another structure"),
    ],
)
def test_what_can_not_be_stacked_is_refused(step, error, said):
    with pytest.raises(error, match=said):
        bl.compile(step).over([[0, 1], [2, 3]], np.array([1.0, 2.0, 3.0, -1.0]))


def test_elements_of_an_activation_are_its_own():
    """Results are copies: nothing that is returned lies in memory that is used again."""
    step = bl.compile(lambda x: relu(x).reshape(-1))
    x, rows = np.arange(-4.0, 8.0).reshape(6, 2), rows_of(5, 3, 6)
    first = step.over(rows, x)
    kept = first.copy()
    step.over(rows[::-1], x)
    np.testing.assert_array_equal(first, kept)
