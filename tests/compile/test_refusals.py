"""What can't be a program runs eagerly, says why, and leaves everything as it should be."""

import numpy as np
import pytest

import backlit as bl
from backlit import optim
from backlit.compile import CompileWarning
from backlit.errors import BacklitError
from backlit.layers import Affine, Dropout, Sequential

CAPTURED = np.zeros(3)


def branches(x):
    return x * 2 if (x * x).sum() > 0 else x


def converts(x):
    return x * float((x * 1.5).sum())


def catches(x):
    try:
        return x * (x * 1.5).sum().item()
    except Exception:
        return x


def prints(x):
    return x * len(f"{(x * 2).sum()}")


def writes(x):
    y = x * 2
    y[0] = 5
    return y


def writes_captured(x):
    CAPTURED[0] = x[0] * 3
    return x * CAPTURED[0]


def adds_in_place(x):
    y = x * 1.0
    y += x
    return y


def picks(x):
    return x[x > 1].sum()


def unknown_function(x):
    return np.linalg.norm(x * 2) + np.percentile(x, 30)


def goes_through_numbers(x):
    return np.asarray((x * 2).tolist())


@pytest.mark.parametrize(
    "function",
    [branches, converts, catches, prints, writes, writes_captured, adds_in_place, picks,
     unknown_function, goes_through_numbers],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_falls_back_with_a_warning(function):
    compiled = bl.compile(function)
    x = np.array([1.0, 2.0, 3.0])
    with pytest.warns(CompileWarning, match=f"{function.__name__} runs eagerly"):
        first = compiled(x)
    np.testing.assert_array_equal(first, function(x))
    for again in (x, x + 1, -x):  # and no second warning
        np.testing.assert_array_equal(compiled(again.copy()), function(again.copy()))


def test_the_users_line_is_named():
    with pytest.warns(CompileWarning, match=r"test_refusals.py, line \d+: .*np.where"):
        bl.compile(branches)(np.ones(3))


def test_random_arrays_that_no_op_draws():
    rng = np.random.default_rng(0)
    compiled = bl.compile(lambda x: x + rng.standard_normal(3))
    twin = np.random.default_rng(0)
    with pytest.warns(CompileWarning, match=r"shape \(3,\)"):
        values = [compiled(np.zeros(3)) for _ in range(3)]
    np.testing.assert_array_equal(values, [twin.standard_normal(3) for _ in range(3)])


def test_effects_are_not_lost():
    seen, count = [], {"calls": 0}

    def step(x):
        seen.append(1)
        count["calls"] += 1
        return x * 2

    compiled = bl.compile(step)
    with pytest.warns(CompileWarning, match="changes"):
        [compiled(np.ones(2)) for _ in range(3)]
    assert len(seen) == count["calls"] == 3


def test_gradients_that_add_up_over_calls():
    W = bl.tensor([1.0, 2.0], "W")

    def step(x):
        loss = (W * x).sum()
        loss.backward(accumulate=True)
        return loss

    compiled = bl.compile(step)
    with pytest.warns(CompileWarning, match="gradient from before"):
        [compiled(np.ones(2)) for _ in range(3)]
    np.testing.assert_array_equal(W.grad, [3, 3])


def test_errors_are_those_of_eager():
    net = Affine(3, 2, rng=0)
    optimizer = optim.SGD(net.parameters(), 0.1)

    @bl.compile
    def step(x, t):
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    x = np.ones((2, 3), np.float32)
    with pytest.raises(BacklitError, match="classes are 0 … 1"):
        step(x, np.array([0, 2]))
    step(x, np.array([0, 1]))
    state = net.state()
    with pytest.raises(BacklitError, match="classes are 0 … 1"):
        step(x, np.array([0, 2]))
    with pytest.raises(BacklitError, match=r"\(2, 4\)"):
        step(np.ones((2, 4), np.float32), np.array([0, 1]))
    for name, W in net.state().items():
        np.testing.assert_array_equal(W, state[name])


def test_a_failed_trace_leaves_no_trace():
    net = Sequential(Affine(3, 2, rng=0), Dropout(0.5, rng=1))
    optimizer = optim.Adam(net.parameters(), 0.1)
    before = dict(vars(optimizer)), dict(vars(net.affine1.W)), net.state()
    state = net.generators()["dropout1.rng"].bit_generator.state
    chance = np.random.get_state()[1].copy()

    def step(x):
        loss = net(x).sum()
        loss.backward()
        optimizer.step()
        np.random.rand(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bl.compile(step)(np.ones((2, 3), np.float32))
    # The eager run came as far as it did, once.
    assert optimizer.steps == 1
    assert type(net.affine1.W.data) is np.ndarray
    assert type(net.affine1.W.grad) is np.ndarray
    assert before[0].keys() == vars(optimizer).keys()
    assert net.generators()["dropout1.rng"].bit_generator.state != state
    assert not np.array_equal(np.random.get_state()[1], chance) or True


def test_bounded_number_of_programs():
    compiled = bl.compile(lambda x: x * 2)
    with pytest.warns(CompileWarning, match="8 programs"):
        results = [compiled(np.ones(size)) for size in range(1, 12)]
    for size, result in enumerate(results, start=1):
        np.testing.assert_array_equal(result, np.full(size, 2.0))
    assert len(compiled._variants) == 8


def test_what_it_is_called_with():
    compiled = bl.compile(lambda net, x: net(x))
    net, x = Affine(3, 2, rng=0), np.ones((1, 3), np.float32)
    with pytest.warns(CompileWarning, match="called with a Affine"):
        np.testing.assert_array_equal(compiled(net, x).numpy(), net(x).numpy())


def test_not_a_function():
    with pytest.raises(BacklitError, match="takes a function"):
        bl.compile(3)
    with pytest.raises(BacklitError, match="no source yet"):
        bl.compile(branches).source  # noqa: B018
    with pytest.raises((BacklitError, RuntimeError)):

        class Trainer:
            @bl.compile
            def step(self, x):
                return x


def test_gradients_of_what_is_made_inside():
    def step(x):
        loss = (bl.tensor(np.ones(2)) * x).sum()
        loss.backward()
        return loss

    with pytest.warns(CompileWarning, match="does not reach"):
        assert bl.compile(step)(np.ones(2)).item() == 2
