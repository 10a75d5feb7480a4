"""User code that raises, writes where it must not, or returns rubbish never breaks the check."""

import numpy as np
import pytest

from backlit.check import check

X = np.random.default_rng(0).normal(size=(4, 3))
RUBBISH = [
    None,
    "no",
    b"",
    (),
    [],
    {},
    1j,
    True,
    3,
    2.0,
    Ellipsis,
    object(),
    range(3),
    iter([1]),
    lambda: 0,
    (None,),
    (None, None),
    ("a", "b"),
    ([], []),
    {"x": 1},
    {1: 2},
    [[1.0], [2.0, 3.0]],
    np.array(["a"]),
    np.array([None]),
    np.zeros((0, 3)),
    np.zeros((4, 3, 1)),
    np.full((4, 3), np.nan),
    np.full((4, 3), np.inf),
    np.ma.masked_array(np.ones((4, 3)), mask=True),
    np.ones((4, 3), object),
]


class Layer:
    """Returns what it is told to."""

    def __init__(self, forward=None, backward=None):
        self.W, self.dW = np.ones((3, 3)), None
        self.returns = {"forward": forward, "backward": backward}

    def forward(self, x):
        self.x = x
        if self.returns["forward"] is not None:
            return self.returns["forward"][0]
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        if self.returns["backward"] is not None:
            return self.returns["backward"][0]
        return dout @ self.W.T


class Chain:
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)
        return dout


def test_the_layer_itself_is_right():
    check(Layer(), X).assert_ok()


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda x: f"{type(x).__name__} {x!r:.20}")
def test_rubbish_from_backward_is_a_fault(rubbish):
    for target in (Layer(backward=(rubbish,)), Chain(Layer(), Layer(backward=(rubbish,)))):
        report = check(target, X)
        assert not report.ok
        assert report.faults[0].message
        assert "Layer" in report.faults[0].layer
        report.to_dict()
        str(report)


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda x: f"{type(x).__name__} {x!r:.20}")
def test_rubbish_from_forward_is_a_fault(rubbish):
    for target in (Layer(forward=(rubbish,)), Chain(Layer(), Layer(forward=(rubbish,)))):
        report = check(target, X)
        str(report)
        report.to_dict()
        number = isinstance(rubbish, (int, float, np.ndarray, range)) and np.size(rubbish)
        assert not report.ok or number


@pytest.mark.parametrize(
    "error", [ValueError, KeyError, RecursionError, ZeroDivisionError, StopIteration]
)
@pytest.mark.parametrize("when", ["forward", "backward"])
def test_what_is_raised_is_told_with_its_line(error, when):
    class Raises(Layer):
        def forward(self, x):
            if when == "forward":
                raise error("here")
            return super().forward(x)

        def backward(self, dout):
            raise error("here")

    (fault,) = check(Chain(Layer(), Raises()), X).faults
    assert fault.diagnosis == "raised"
    assert fault.layer in {"Raises (layers[1])", "Chain"}
    assert fault.source.text == 'raise error("here")'
    assert "here" in fault.message


def test_all_is_as_it_was():
    class Careless:
        count, seen = 0, []

        def __init__(self):
            self.W, self.dW, self.notes = np.ones((3, 2)), np.zeros((3, 2)), []
            self.rng = np.random.default_rng(1)

        def forward(self, x, memory=[]):  # noqa: B006
            Careless.count += 1
            Careless.seen.append(1)
            memory.append(1)
            self.notes.append(x)
            np.random.rand()
            self.rng.random()
            x *= 1.0
            self.x = x
            return x @ self.W

        def backward(self, dout):
            self.dW += self.x.T @ dout
            dout *= 2
            return dout @ self.W.T / 2

    layer, x = Careless(), X.copy()
    np.random.seed(3)
    state = np.random.get_state()[1].tobytes(), layer.rng.bit_generator.state
    check(layer, x)
    assert (Careless.count, Careless.seen, Careless.forward.__defaults__) == (0, [], ([],))
    assert layer.notes == []
    assert not layer.dW.any()
    assert not hasattr(layer, "x")
    assert x.tobytes() == X.tobytes()
    assert (np.random.get_state()[1].tobytes(), layer.rng.bit_generator.state) == state
