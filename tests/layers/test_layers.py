"""Every layer: gradients, purity, arrays and tensors, copies."""

import copy
import pickle

import numpy as np
import pytest

import backlit as bl
from backlit import layers
from backlit.errors import GraphError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.layers import Affine, Dropout, Flatten, Lambda, Layer, ReLU, Sequential, Sigmoid


class Gated(Layer):
    """A layer as a user writes one: its own tensors, children in a list, a private memo."""

    def __init__(self, rng):
        self.gain = bl.tensor(rng.normal(size=4), "gain")
        self.maps = [Affine(4, 4, rng=rng, dtype=float), Affine(4, 4, rng=rng, dtype=float)]

    def __call__(self, x):
        self._x = x
        return self.gain * self.maps[0](x) * bl.sigmoid(self.maps[1](x))


def net(rng):
    return Sequential(
        Flatten(),
        Affine(4, 3, init="he", rng=rng, dtype=float),
        bl.tanh,
        Dropout(0.5, rng=0),
        {"head": Sequential(Affine(3, 3, init="xavier", rng=rng, dtype=float), layers.SiLU())},
    )


ACTIVATIONS = [
    "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "Softplus", "GELU", "SiLU", "Softmax", "LogSoftmax",
]  # fmt: skip
MAKERS = {name: lambda rng, name=name: getattr(layers, name)() for name in ACTIVATIONS} | {
    "Affine": lambda rng: Affine(4, 3, init="he", rng=rng, dtype=float),
    "Flatten": lambda rng: Flatten(),
    "Dropout": lambda rng: Dropout(0.5, rng=0),
    "Dropout in evaluation": lambda rng: Dropout(0.5, rng=0).eval(),
    "Lambda": lambda rng: Lambda(bl.square),
    "Gated": Gated,
    "Sequential": net,
    "empty Sequential": lambda rng: Sequential(),
    "nested nothing": lambda rng: Sequential(Sequential(), Sequential()),
    "Conv2d": lambda rng: layers.Conv2d(2, 3, 2, rng=rng, dtype=float),
    "Conv2d, options": lambda rng: layers.Conv2d(
        2, 4, (3, 2), stride=(1, 2), padding="same", dilation=2, groups=2, bias=False, rng=rng,
        dtype=float,
    ),
    "Conv1d": lambda rng: layers.Conv1d(2, 3, 2, padding=1, stride=2, rng=rng, dtype=float),
    "MaxPool2d": lambda rng: layers.MaxPool2d(),
    "MaxPool2d, options": lambda rng: layers.MaxPool2d(2, stride=1, padding=1),
    "AvgPool2d": lambda rng: layers.AvgPool2d((2, 1), count_include_pad=False, padding=(1, 0)),
    "GlobalAvgPool2d": lambda rng: layers.GlobalAvgPool2d(),
    "GlobalMaxPool2d": lambda rng: layers.GlobalMaxPool2d(),
    "BatchNorm": lambda rng: layers.BatchNorm(4, dtype=float),
    "BatchNorm of images": lambda rng: layers.BatchNorm(2, momentum=0.5, dtype=float),
    "BatchNorm in evaluation": lambda rng: layers.BatchNorm(2, eps=0.1, dtype=float).eval(),
}  # fmt: skip
IMAGES = ("Conv2d", "MaxPool2d", "AvgPool2d", "Global", "BatchNorm of", "BatchNorm in")


@pytest.fixture(params=MAKERS)
def name(request):
    return request.param


@pytest.fixture
def layer(name, rng):
    return MAKERS[name](rng)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def x(name, rng):
    shape = (5, 2, 3, 4) if name.startswith(IMAGES) else (5, 2, 4) if name == "Conv1d" else (5, 4)
    return rng.normal(size=shape)


def frozen(layer):
    """Return a function that computes the layer anew, always with the same random masks."""
    return lambda x: copy.deepcopy(layer).forward(x)


def numerical(function, array, dout, h=1e-6):
    """Central differences of ``sum(function() * dout)`` by the elements of ``array``."""
    slopes = np.zeros_like(array)
    for i in np.ndindex(array.shape):
        old = array[i]
        array[i] = old + h
        up = function()
        array[i] = old - h
        slopes[i] = np.sum((up - function()) * dout) / (2 * h)
        array[i] = old
    return slopes


def test_backward_agrees_with_numerical_differentiation(layer, x, rng):
    compute = frozen(layer)
    dout = rng.normal(size=compute(x).shape)
    numbers = numerical(lambda: compute(x), x, dout)
    slopes = {
        name: numerical(lambda: compute(x), W.data, dout) for name, W in layer.parameters().items()
    }
    layer.forward(x)
    np.testing.assert_allclose(layer.backward(dout), numbers, rtol=1e-6, atol=1e-8)
    for name, W in layer.parameters().items():
        np.testing.assert_allclose(W.grad, slopes[name], rtol=1e-6, atol=1e-8, err_msg=name)


def test_nothing_given_is_written_into_or_shared(layer, x, rng):
    weights = {name: W.data.copy() for name, W in layer.parameters().items()}
    x_before = x.copy()
    out = layer.forward(x)
    dout = rng.normal(size=out.shape)
    dout_before = dout.copy()
    dx = layer.backward(dout)
    again = layer.backward(dout)
    np.testing.assert_array_equal(dx, again)
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(dout, dout_before)
    for name, W in layer.parameters().items():
        np.testing.assert_array_equal(W.data, weights[name])
    grads = [W.grad for W in layer.parameters().values()]
    arrays = [x, out, dout, dx, again, *grads]
    for i, one in enumerate(arrays):
        assert not any(np.shares_memory(one, other) for other in arrays[:i])
    # What came out may be written into, without harm to the way back.
    out[...] = np.nan
    x[...] = np.nan
    np.testing.assert_array_equal(layer.backward(dout), dx)


def test_tensors_arrays_and_lists_give_the_same(layer, x):
    compute = frozen(layer)
    expected = compute(x)
    x_tensor = bl.tensor(x)
    for given in (x, x.tolist(), x_tensor, bl.tensor(x, requires_grad=False)):
        out = copy.deepcopy(layer)(given)
        assert type(out) is bl.Tensor
        np.testing.assert_array_equal(out.data, expected)
    loss = copy.deepcopy(layer)(x_tensor).sum()
    loss.backward()
    assert x_tensor.grad.shape == x.shape


def test_copies_compute_the_same_and_share_nothing(layer, x):
    layer.forward(x)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), layer.astype(float)):
        assert repr(twin) == repr(layer)
        assert list(twin.parameters()) == list(layer.parameters())
        np.testing.assert_array_equal(frozen(twin)(x), frozen(layer)(x))
        for ours, theirs in zip(
            layer.parameters().values(), twin.parameters().values(), strict=True
        ):
            assert not np.shares_memory(ours.data, theirs.data)
        with pytest.raises(GraphError, match="forward"):
            twin.backward(1.0)


def test_float32_stays_and_integers_become_floats(layer, x, rng):
    small = layer.astype(np.float32)
    whole = np.rint(x * 10).astype(np.int8)
    assert frozen(small)(whole).dtype.kind == "f"
    assert frozen(small)(x.astype(np.float32)).dtype == np.float32
    if small.parameters():
        for given in (x, whole, x > 0, bl.tensor(x, requires_grad=False)):
            assert small(given).dtype == np.float32
            out = small.forward(given)
            dx = small.backward(rng.normal(size=out.shape))
            assert out.dtype == dx.dtype == np.float32
            small.update(np.float64(0.1))
            for W in small.parameters().values():
                assert W.grad.dtype == W.dtype == np.float32


def test_shapes_that_do_not_fit_are_explained(layer, x):
    out = layer.forward(x)
    with pytest.raises(ShapeError, match="dout has shape") as caught:
        layer.backward(np.zeros((*out.shape, 1)))
    assert str(out.shape) in str(caught.value)


def test_what_is_no_array_of_numbers_is_refused(layer):
    for given in ("pixels", [[1.0], [2.0, 3.0]], [1j], None):
        with pytest.raises(TypeRefusedError):
            layer(given)


def test_the_chapters_way():
    rng = np.random.default_rng(0)
    layer = Affine(3, 2, rng=rng, dtype=float)
    W, b = layer.W.data.copy(), layer.b.data.copy()
    x, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    np.testing.assert_allclose(layer.forward(x), x @ W + b)
    np.testing.assert_allclose(layer.backward(dout), dout @ W.T)
    np.testing.assert_allclose(layer.dW, x.T @ dout)
    np.testing.assert_allclose(layer.db, dout.sum(axis=0))
    layer.update(0.1)
    np.testing.assert_allclose(layer.W.data, W - 0.1 * x.T @ dout)
    np.testing.assert_allclose(layer.b.data, b - 0.1 * dout.sum(axis=0))


def test_before_any_gradient():
    layer = Affine(3, 2)
    for attempt, says in (
        (lambda: layer.backward(np.zeros((1, 2))), r"Affine\.backward.*forward\(x\) first"),
        (lambda: layer.update(0.1), r"W, b have no gradient yet"),
        (lambda: layer.dW, r"gradient of W.*backward\(\) first"),
    ):
        with pytest.raises(GraphError, match=says):
            attempt()
    layer.W.grad = np.zeros((3, 2), np.float32)
    W = layer.W.data
    with pytest.raises(GraphError, match="b has no gradient yet"):
        layer.update(0.1)
    assert layer.W.data is W
    with pytest.raises(TypeRefusedError, match="lr must be a number"):
        layer.update("fast")
    with pytest.raises(AttributeError, match="'weight'"):
        _ = layer.weight


def test_update_leaves_a_recorded_graph_valid():
    layer = Affine.from_arrays([[2.0]], [0.0])
    x = bl.tensor([[3.0]])
    loss = layer(x).sum()
    loss.backward()
    layer.update(1.0)
    loss.backward()
    assert x.grad.item() == 2.0
    assert layer.W.data.item() == -1.0


def test_a_layer_that_returns_no_tensor_is_refused():
    class Plain(Layer):
        def __call__(self, x):
            return np.zeros(3)

    for attempt in (Plain().forward, Sequential(Plain()), Lambda(lambda x: x.data)):
        with pytest.raises(TypeRefusedError, match="ndarray"):
            attempt([1.0])


def test_parameters_are_found_once_and_everywhere():
    shared = Affine(3, 3)
    tied = Affine(3, 3)
    tied.W = shared.W
    net = Sequential(shared, ReLU(), shared, {"blocks": Sequential(tied)})
    assert list(net.parameters()) == ["affine1.W", "affine1.b", "blocks.affine1.b"]
    assert list(net.children()) == ["affine1", "relu1", "affine2", "blocks"]
    twin = copy.deepcopy(net)
    assert list(twin.parameters()) == list(net.parameters())
    assert twin.blocks.affine1.W is twin.affine1.W

    gated = Gated(np.random.default_rng(0))
    names = ["gain", "maps.0.W", "maps.0.b", "maps.1.W", "maps.1.b"]
    gated(bl.tensor(np.zeros((1, 4))))
    assert list(gated.parameters()) == names
    assert "maps.1: Affine(4, 4, dtype='float64')" in repr(gated)

    net.loop = net
    assert len(net.parameters()) == 3


def test_frozen_parameters_are_saved_but_not_trained():
    layer = Affine(3, 2)
    layer.W.requires_grad = False
    assert list(layer.parameters()) == ["b"]
    assert list(layer.state()) == ["W", "b"]
    with bl.no_grad():
        layer.hidden = layer(np.zeros((1, 3)))
    assert list(layer.state()) == ["W", "b"]


def test_unnamed_parameters_stay_in_the_state_when_frozen():
    class Own(Layer):
        def __init__(self):
            self.scale = bl.tensor(2.0)
            self.parts = [bl.tensor(1.0)]
            self.parts.append(bl.tensor(1.0))
            self.constant = bl.tensor(3.0, requires_grad=False)
            self._private = bl.tensor(4.0)

        def __call__(self, x):
            return x * self.scale

    own, names = Own(), ["scale", "parts.0", "parts.1"]
    own.scale.requires_grad = own.parts[0].requires_grad = False
    assert list(own.state()) == names
    own.parts[1].requires_grad = False
    assert list(own.state()) == names
    assert own.scale.name == "scale"
    assert own.constant.name is own._private.name is None
    own.hidden = own(bl.tensor(1.0, requires_grad=False))
    assert list(own.state()) == names


def test_containers_are_walked_however_deep():
    class Deep(Layer):
        def __init__(self):
            self.blocks = [[Affine(2, 2)], {"a": (Affine(2, 2), Dropout(0.5, rng=0))}]
            self.blocks.append(self.blocks)
            self.blocks[1]["self"] = self

        def __call__(self, x):
            return x

    deep = Deep()
    assert list(deep.parameters()) == [
        "blocks.0.0.W", "blocks.0.0.b", "blocks.1.a.0.W", "blocks.1.a.0.b"
    ]  # fmt: skip
    assert list(deep.generators()) == ["blocks.1.a.1.rng"]
    deep.eval()
    assert not deep.blocks[1]["a"][1].training
    blocks = deep.blocks
    for _ in range(5000):
        blocks = [blocks]
    deep.blocks = blocks  # at once: each assignment walks what it is given
    assert len(deep.parameters()) == 4


def test_a_computed_tensor_is_no_parameter_and_init_says_so():
    class Scaled(Layer):
        def __init__(self, where):
            W = bl.tensor(np.ones(2)) * 0.01
            self.where = {"parts": [W]} if where == "where.parts.0" else W

        def __call__(self, x):
            self.hidden = self.where = x * 2.0
            return self.hidden

    for name in ("where", "where.parts.0"):
        with pytest.raises(ValueRefusedError, match=f"Scaled: {name} was computed by multiply"):
            Scaled(name)
    kept = Scaled.__new__(Scaled)
    kept(bl.tensor([1.0]))  # a call may keep what it likes
    assert kept.parameters() == {}


def test_arrays_with_rules_of_their_own_become_plain(rng):
    layer = Affine(3, 2, rng=rng, dtype=float)
    x = rng.normal(size=(4, 3))
    expected = layer(x).data
    given = [x.view(np.matrix), np.ma.array(x), x.view(np.recarray)]
    given.append(bl.Tensor(given[0], requires_grad=False))
    for x_like in given:
        out = layer(x_like)
        assert type(out.data) is np.ndarray
        np.testing.assert_array_equal(out.data, expected)
    masked = np.ma.array(x, mask=x > 0)
    with pytest.raises(ValueRefusedError, match=r"Affine: \d+ entries.*\(4, 3\) are masked"):
        layer(masked)


def test_state_goes_round():
    ours, theirs = (Sequential(Affine(3, 2), Sigmoid(), Affine(2, 2)) for _ in range(2))
    theirs.load_state({name: array.astype(float) for name, array in ours.state().items()})
    for name, W in theirs.parameters().items():
        np.testing.assert_array_equal(W.data, ours.state()[name])
        assert W.dtype == np.float32
    ours.state()["affine1.W"][...] = np.nan
    assert np.isfinite(ours["affine1"].W.data).all()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"affine1.b": np.zeros(3)}, ShapeError, ("affine1.b", "(3,)", "(2,)")),
        ({"affine1.b": ["a", "b"]}, TypeRefusedError, ("affine1.b", "<U1")),
        ({"affine9.b": np.zeros(2)}, ValueError, ("affine9.b", "affine1.W, affine1.b")),
        ({"affine1.b": None}, ValueError, ("lacks affine1.b",)),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, says):
    net = Sequential(Affine(3, 2))
    before = net.state()
    state = {name: array + 1 for name, array in before.items()} | change
    state = {name: array for name, array in state.items() if array is not None}
    with pytest.raises(error) as caught:
        net.load_state(state)
    assert isinstance(caught.value, bl.BacklitError)
    assert all(words in str(caught.value) for words in says)
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_training_is_a_matter_of_all_layers():
    net = Sequential(Dropout(0.5), Sequential(Dropout(0.5)))
    assert net.training
    assert net.eval() is net
    assert not net.training
    assert not net[1][0].training
    assert not net[:1].training
    assert net.train() is net
    assert net[1][0].training


def test_generators_go_on_bit_for_bit():
    x = np.ones((100, 10))
    net = Sequential(Dropout(0.5, rng=1), ReLU(), Dropout(0.1, rng=2))
    net(x)
    saved = {name: rng.bit_generator.state for name, rng in net.generators().items()}
    expected = net(x).data
    fresh = Sequential(Dropout(0.5), ReLU(), Dropout(0.1))
    for name, rng in fresh.generators().items():
        rng.bit_generator.state = saved[name]
    np.testing.assert_array_equal(fresh(x).data, expected)
    rng = np.random.default_rng(0)
    assert list(Sequential(Dropout(0.5, rng=rng), Dropout(0.5, rng=rng)).generators()) == [
        "dropout1.rng"
    ]


def test_astype_is_a_copy():
    layer = Affine(3, 2)
    layer.forward(np.ones((1, 3)))
    layer.backward(np.ones((1, 2)))
    converted = layer.astype(np.float64)
    assert converted.W.dtype == np.float64
    assert layer.W.dtype == np.float32
    assert converted.W.grad is None
    assert layer.W.grad is not None
    for dtype in (int, "complex64", "number"):
        with pytest.raises(TypeRefusedError, match="dtype"):
            layer.astype(dtype)
