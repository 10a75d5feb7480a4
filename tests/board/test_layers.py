"""Every layer in the page against the same layer in Python, forwards and backwards."""

from __future__ import annotations

import numpy as np
import pytest

from backlit import layers
from backlit.board.kinds import KINDS
from backlit.board.numbers import packed
from backlit.board.parts import described, parts_of
from backlit.errors import ShapeError, ValueRefusedError
from backlit.layers import (
    GELU,
    Affine,
    AvgPool2d,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Lambda,
    Layer,
    LeakyReLU,
    LogSoftmax,
    MaxPool2d,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)

RUN = """([part, weights, shape, x, dout, dtype]) => {
  const take = tools.reader(weights, dtype);
  const net = tools.build([part], take);
  const trace = tools.forward(net, tools.tensor(shape, Float64Array.from(x)));
  const y = trace.outputs[0];
  const [dx] = tools.backward(trace, tools.tensor(y.shape, Float64Array.from(dout)));
  return {y: Array.from(y.data), shape: y.shape, dx: Array.from(dx.data), back: dx.shape};
}"""

VECTOR, IMAGE, SMALL = (7,), (4, 6, 7), (2, 1, 3)
CASES = [
    *((make(), VECTOR) for make in (GELU, ReLU, Sigmoid, SiLU, Softplus, Tanh, LeakyReLU)),
    (LeakyReLU(0.2), IMAGE),
    (GELU(), IMAGE),
    (Softmax(), VECTOR),
    (Softmax(1), IMAGE),
    (Softmax(-2), IMAGE),
    (LogSoftmax(), VECTOR),
    (LogSoftmax(2), IMAGE),
    (Flatten(), IMAGE),
    (Flatten(), VECTOR),
    (Dropout(0.5, rng=0), IMAGE),
    (Affine(7, 5, rng=0), VECTOR),
    (Affine(7, 1, rng=0), IMAGE),
    (BatchNorm(7), VECTOR),
    (BatchNorm(4, eps=0.1), IMAGE),
    (Conv2d(4, 3, 1, rng=0), IMAGE),
    (Conv2d(4, 6, 3, padding="same", rng=0), IMAGE),
    (Conv2d(4, 2, (2, 4), padding="same", stride=(2, 3), rng=0), IMAGE),
    (Conv2d(4, 3, 3, stride=2, padding=((0, 2), (1, 0)), bias=False, rng=0), IMAGE),
    (Conv2d(4, 8, (3, 2), dilation=(2, 3), padding=1, groups=4, rng=0), IMAGE),
    (Conv2d(4, 6, 2, groups=2, rng=0), IMAGE),
    (MaxPool2d(), IMAGE),
    (MaxPool2d(3, stride=2, padding=1), IMAGE),
    (MaxPool2d((2, 3), stride=(1, 2), padding=((0, 1), (1, 0)), dilation=(2, 1)), IMAGE),
    (AvgPool2d(), IMAGE),
    (AvgPool2d(3, stride=2, padding=1), IMAGE),
    (AvgPool2d((2, 3), stride=1, padding=((0, 1), (1, 0)), count_include_pad=False), IMAGE),
    (GlobalAvgPool2d(), IMAGE),
    (GlobalMaxPool2d(), IMAGE),
    (GlobalMaxPool2d(), SMALL),
]


def filled(layer, rng):
    """Give every array of a layer random values, as training might; variances stay positive."""
    state = {
        name: np.abs(W) + 0.1 if name == "variance" else W
        for name, W in ((n, rng.standard_normal(a.shape)) for n, a in layer.state().items())
    }
    layer.load_state(state)
    return layer.eval()


def asked(tools, layer, shape, x, dout, precision="float32"):
    (part,) = described([("it", layer)], shape).parts
    plain = {
        "name": part.name,
        "kind": part.kind,
        "options": part.options,
        "parameters": {name: W.shape for name, W in part.parameters.items()},
    }
    weights = packed(part.parameters.values(), precision)
    given = [plain, weights, shape, x.ravel().tolist(), dout.ravel().tolist(), precision]
    return tools.evaluate(RUN, given)


def test_layers_agree_with_python(tools):
    rng = np.random.default_rng(0)
    for layer, shape in CASES:
        exact = filled(layer, rng).astype(np.float64).eval()
        for kind in ("normal", "ties", "large"):
            x = rng.standard_normal((1, *shape))
            if kind == "ties":
                x = np.rint(x)  # whole numbers: kinks, and equal elements in a window
            elif kind == "large":
                x *= 50
            y = exact.forward(x)
            dout = rng.standard_normal(y.shape)
            found = asked(tools, layer, shape, x, dout)
            dx = exact.backward(dout)
            assert tuple(found["shape"]) == y.shape[1:], layer
            assert tuple(found["back"]) == shape, layer
            for name, mine, theirs in (("y", found["y"], y), ("dx", found["dx"], dx)):
                bound = 1e-5 * max(1, np.abs(theirs).max())
                assert np.abs(mine - theirs.ravel()).max() < bound, (layer, kind, name)


def test_no_layer_is_forgotten():
    compared = {type(layer) for layer, _ in CASES}
    assert compared == set(KINDS)
    every = {getattr(layers, name) for name in layers.__all__ if name != "init"}
    assert every - compared == {Conv1d, Lambda, Layer, Sequential}


def test_half_precision_is_read_to_the_bit(tools):
    bits = np.arange(0, 1 << 16, 7, dtype=np.uint16)
    values = bits.view(np.float16)
    values = values[np.isfinite(values)]
    text = packed([values], "float16")
    read = tools.evaluate(
        "([text, n]) => Array.from(tools.reader(text, 'float16')(n))", [text, len(values)]
    )
    assert np.array_equal(np.array(read), values.astype(np.float64))


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        (
            Sequential(Affine(784, 10), Lambda(np.abs)),
            ValueRefusedError,
            ("absolute1 = Lambda", "Affine, "),
        ),
        (Sequential(Sequential(Conv1d(1, 1, 1))), ValueRefusedError, ("sequential1.conv1d1",)),
        (Sequential(Affine(8, 3)), ShapeError, ("affine1 = Affine(8, 3)", "(1, 784)", "28 × 28")),
        (Sequential(Affine(784, 10), Softmax(0)), ValueRefusedError, ("axis=0", "axis=-1")),
        (Sequential(Conv2d(3, 4, 3)), ShapeError, ("conv2d1", "(1, 1, 28, 28)", "3")),
    ],
)
def test_what_can_not_run_is_refused_by_name(layer, error, words):
    with pytest.raises(error) as refused:
        parts_of(layer)
    for word in words:
        assert word in str(refused.value)


def test_a_subclass_is_refused():
    class Odd(ReLU):
        def __call__(self, x):
            return -super().__call__(x)

    with pytest.raises(ValueRefusedError, match="odd1 = Odd"):
        parts_of(Sequential(Odd()))


def test_nested_nets_are_taken_apart_without_a_change_of_mode():
    net = Sequential(Flatten(), Sequential(Affine(784, 4), Dropout(0.5)), Affine(4, 2)).train()
    apart = parts_of(net)
    names = [part.name for part in apart.parts]
    assert names == ["flatten1", "sequential1.affine1", "sequential1.dropout1", "affine1"]
    assert all(layer.training for layer in (net, *net, *net[1]))
