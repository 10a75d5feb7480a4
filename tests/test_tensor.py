"""Tensors: NumPy's protocols, gradients left and kept, and what is refused."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import backlit as bl

FUNCTIONS = {
    "np.sum": (np.sum, (), {"axis": 0}),
    "np.mean": (np.mean, (), {"axis": 1, "keepdims": True}),
    "np.max": (np.max, (), {}),
    "np.min": (np.min, (1,), {}),
    "np.var": (np.var, (), {"ddof": 1}),
    "np.std": (np.std, (), {}),
    "np.reshape": (np.reshape, ((3, 2),), {}),
    "np.ravel": (np.ravel, (), {}),
    "np.transpose": (np.transpose, (), {}),
    "np.swapaxes": (np.swapaxes, (0, 1), {}),
    "np.moveaxis": (np.moveaxis, (0, 1), {}),
    "np.expand_dims": (np.expand_dims, (1,), {}),
    "np.squeeze": (np.squeeze, (), {}),
    "np.broadcast_to": (np.broadcast_to, ((4, 2, 3),), {}),
    "np.clip": (np.clip, (0.5, 1.5), {}),
    "np.dot": (np.dot, (np.ones((3, 2)),), {}),
    "np.square": (np.square, (), {}),
    "np.reciprocal": (np.reciprocal, (), {}),
    "np.log1p": (np.log1p, (), {}),
    "np.tanh": (np.tanh, (), {}),
    "np.maximum": (np.maximum, (1.0,), {}),
    "index": (operator.getitem, ((slice(None), [0, 2]),), {}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpy_functions_compute_what_numpy_does(name):
    function, arguments, options = FUNCTIONS[name]
    x = np.random.default_rng(0).uniform(0.2, 2.0, (2, 3))
    y = function(bl.tensor(x), *arguments, **options)
    assert isinstance(y, bl.Tensor)
    np.testing.assert_allclose(y.numpy(), function(x, *arguments, **options), rtol=1e-14)
    y.backward(np.ones(y.shape))


BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("op", "kind"),
    [
        (op, kind)
        for op in BINARY
        for kind in ("tensor", "array", "number")
        if (op, kind) != (operator.matmul, "number")
    ],
)
def test_operators_work_from_both_sides(op, side, kind):
    x = np.random.default_rng(0).uniform(0.5, 2.0, (3, 3))
    other = 2.5 if kind == "number" else x.T + 1
    pair = (x, other) if side == "left" else (other, x)
    a = bl.tensor(x)
    b = bl.tensor(other) if kind == "tensor" else other
    y = op(a, b) if side == "left" else op(b, a)
    assert isinstance(y, bl.Tensor)
    np.testing.assert_allclose(y.numpy(), op(*pair))
    y.sum().backward()
    assert a.grad.shape == (3, 3)


def test_lists_of_tensors_are_joined():
    a, b = bl.tensor([1.0, 2.0]), bl.tensor([3.0, 4.0])
    (np.concatenate([a, b]) * [1.0, 2.0, 3.0, 4.0]).sum().backward()
    assert a.grad.tolist() == [1, 2]
    assert b.grad.tolist() == [3, 4]
    (np.stack([a, b], axis=1) * [1.0, 2.0]).sum().backward()
    assert a.grad.tolist() == [1, 1]
    assert b.grad.tolist() == [2, 2]


def test_comparisons_and_questions_give_plain_values():
    x = bl.tensor([1.0, 3.0])
    assert (x > 2).tolist() == [False, True]
    assert (x == bl.tensor([1.0, 0.0])).tolist() == [True, False]
    assert (np.sign(x) == 1).all()
    assert np.shape(x) == (2,)
    assert np.argmax(x) == 1
    assert np.array_equal(np.zeros_like(x), [0, 0])
    assert len({x, x, bl.tensor([1.0, 3.0])}) == 2


def test_a_number_takes_the_dtype_of_the_tensor_it_meets():
    x = bl.tensor(np.ones(2, np.float32))
    for y in (x * 2.5, 2.5 - x, x**2, 1 / x, np.maximum(x, 0.5), np.where(x > 0, x, 0.0)):
        assert y.dtype == np.float32
        y.backward(np.ones(2))
        assert x.grad.dtype == np.float32


def test_mixed_dtypes_give_each_its_own_gradient():
    single, double = bl.tensor(np.ones(2, np.float32)), bl.tensor(np.ones(2))
    (single * double).sum().backward()
    assert single.grad.dtype == np.float32
    assert double.grad.dtype == np.float64


def test_integers_become_floats_where_a_gradient_is_wanted():
    assert bl.tensor(3).dtype == np.float64
    assert bl.tensor(np.array([1, 2], np.uint8)).dtype == np.float64
    assert bl.tensor([1, 2], requires_grad=False).dtype == np.int64
    assert bl.tensor(1, dtype=np.float32).dtype == np.float32


def test_the_value_is_copied():
    array = np.ones(2)
    x = bl.tensor(array)
    array[0] = 5
    assert x.numpy().tolist() == [1, 1]


def test_a_second_backward_replaces_unless_told_to_accumulate():
    x = bl.tensor([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2, 4]
    y.backward(accumulate=True)
    assert x.grad.tolist() == [4, 8]


def test_intermediate_gradients_are_kept_on_request():
    x = bl.tensor(3.0)
    squared = x**2
    shifted = squared + 1
    y = shifted * 2
    y.backward()
    assert squared.grad is None
    squared.retain_grad()
    y.backward()
    assert (squared.grad, shifted.grad, y.grad) == (2, None, None)
    y.backward(retain_grads=True)
    assert (squared.grad, shifted.grad, y.grad) == (2, 2, 1)


def test_gradients_are_the_callers_own():
    """No gradient shares memory with dout, another gradient or a value, and all can be written."""
    x, y = bl.tensor([1.0, 2.0]), bl.tensor([3.0, 4.0])
    dout = np.array([5.0, 6.0])
    z = x + y
    z.backward(dout, retain_grads=True)
    arrays = [x.grad, y.grad, z.grad, dout, x.data, y.data, z.data]
    for i, a in enumerate(arrays):
        assert a.flags.writeable
        assert not any(np.shares_memory(a, b) for b in arrays[:i])
    leaf = bl.tensor([1.0])
    leaf.backward(dout[:1])
    assert leaf.grad == 5
    assert not np.shares_memory(leaf.grad, dout)


def test_no_grad_and_detach_record_nothing():
    x = bl.tensor(2.0)
    with bl.no_grad():
        assert not (x * 3).requires_grad
    assert (x * 3).requires_grad
    y = x * x.detach()
    y.backward()
    assert x.grad == 2


def test_no_grad_ends_when_its_body_raises():
    with pytest.raises(KeyError), bl.no_grad():
        raise KeyError
    assert (bl.tensor(1.0) * 2).requires_grad


def test_constants_get_no_gradient():
    x, c = bl.tensor(2.0), bl.tensor(3.0, requires_grad=False)
    (x * c).backward()
    assert x.grad == 3
    assert c.grad is None


def test_an_op_called_on_arrays_computes_and_on_tensors_records():
    op = bl.ops.Multiply()
    assert op(2.0, 3.0) == 6
    y = bl.ops.Multiply()(bl.tensor(2.0), 3.0)
    y.backward()
    assert y.op.inputs[0].grad == 3


def test_python_protocols():
    x = bl.tensor([[1.0, 2.0], [3.0, 4.0]], "x")
    assert len(x) == 2
    assert [row.numpy().tolist() for row in x] == [[1, 2], [3, 4]]
    assert float(x[0, 1]) == 2
    assert int(x[1, 1]) == 4
    assert bool(x[0, 0])
    assert f"{x[0, 0]:.2f}" == "1.00"
    assert "name='x'" in repr(x)
    assert x.T.shape == x.transpose(1, 0).shape == (2, 2)
    assert x.reshape(4).shape == x.reshape((4,)).shape == (4,)
    assert np.asarray(x.detach()).tolist() == [[1, 2], [3, 4]]


REFUSED = {
    "backward without a history": (lambda: bl.tensor([1.0]).detach().backward(), "no history"),
    "backward from many": (lambda: bl.tensor([1.0, 2.0], "x").backward(), r"'x' has shape \(2,\)"),
    "dout of another shape": (lambda: bl.tensor([1.0, 2.0]).backward([1.0]), r"\(1,\).*\(2,\)"),
    "item of many": (lambda: bl.tensor([1.0, 2.0]).item(), r"shape \(2,\)"),
    "text": (lambda: bl.tensor("five"), "real numbers.*five"),
    "complex numbers": (lambda: bl.tensor(1j), "complex128"),
    "None": (lambda: bl.tensor(1.0) + None, "add takes real numbers, but got NoneType"),
    "ragged lists": (lambda: bl.tensor([[1.0], [1.0, 2.0]]), "unequal lengths"),
    "integer dtype": (lambda: bl.tensor(1.0, dtype=int), "int64"),
    "writing": (lambda: operator.setitem(bl.tensor([1.0]), 0, 2.0), "np.where"),
    "an unknown ufunc": (lambda: np.arctan(bl.tensor(1.0)), r"np\.arctan has no op"),
    "an unknown function": (lambda: np.linalg.inv(bl.tensor([[1.0]])), r"np\.inv has no op"),
    "a ufunc's method": (lambda: np.add.reduce(bl.tensor([1.0])), r"np\.add\.reduce"),
    "out=": (lambda: np.add(bl.tensor([1.0]), 1, out=np.ones(1)), "with out="),
    "in-place on an array": (lambda: operator.iadd(np.ones(1), bl.tensor([1.0])), "with out="),
    "an unknown option": (lambda: np.sum(bl.tensor([1.0]), dtype=float), "not take that option"),
    "losing the history": (lambda: np.asarray(bl.tensor([1.0])), "lose its history"),
    "an op applied twice": (lambda: _twice(bl.ops.Relu()), "applied before"),
    "length of a number": (lambda: len(bl.tensor(1.0)), "single number"),
    "no arrays": (lambda: bl.concatenate([]), "length 0"),
    "an axis too far": (lambda: bl.swapaxes(bl.tensor([[1.0]]), 0, 5), r"\(1, 1\).*axis=5"),
    "joining numbers": (lambda: bl.concatenate([bl.tensor(1.0), 2.0]), r"concatenate.*\(\)"),
    "where without values": (lambda: np.where(bl.tensor([1.0])), "two values"),
    "opening a leaf": (lambda: bl.opened(bl.tensor(1.0)), "not computed by an op"),
}  # fmt: skip


def _twice(op):
    x = bl.tensor(1.0)
    bl.apply(op, x)
    bl.apply(op, x)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_refused_in_words(case):
    attempt, words = REFUSED[case]
    with pytest.raises(bl.BacklitError, match=words):
        attempt()


def test_an_op_of_the_users_keeps_the_traceback_of_its_own_bug():
    class Broken(bl.Op):
        def forward(self, x):
            return int("seven")

        def backward(self, dz):
            return dz

    with pytest.raises(bl.ShapeError) as caught:
        Broken()(bl.tensor(1.0))
    assert "seven" in str(caught.value.__cause__)


def test_ops_are_final():
    with pytest.raises(bl.TypeRefusedError, match="ops are final"):
        type("Fast", (bl.ops.Relu,), {})


finite = hnp.arrays(
    np.float64,
    hnp.array_shapes(max_dims=3, max_side=4),
    elements=st.floats(allow_nan=False, allow_infinity=False),
)
STABLE = [
    bl.relu, bl.leaky_relu, bl.sigmoid, np.tanh, bl.softplus, bl.gelu, bl.silu, bl.softmax, np.abs,
    np.sin,
]  # fmt: skip


@pytest.mark.parametrize("function", STABLE, ids=lambda f: f.__name__)
@given(x=finite)
def test_activations_are_finite_for_every_finite_input(function, x):
    for dtype in (np.float64, np.float32):
        with np.errstate(over="ignore"):
            value = np.clip(x, np.finfo(dtype).min, np.finfo(dtype).max).astype(dtype)
        tensor = bl.tensor(value)
        y = function(tensor)
        y.backward(np.ones_like(y.data))
        assert np.isfinite(y.data).all()
        assert np.isfinite(tensor.grad).all()


@given(x=finite, seed=st.integers(0, 100))
def test_losses_are_stable(x, seed):
    rng = np.random.default_rng(seed)
    limit = 1e300
    logits = bl.tensor(np.clip(x, -limit, limit))
    targets = rng.integers(0, 2, x.shape).astype(float)
    for loss in (
        bl.softmax_cross_entropy(logits, rng.integers(0, x.shape[-1], x.shape[:-1])),
        bl.binary_cross_entropy(logits, targets),
    ):
        loss.backward()
        assert loss.item() >= 0
        assert np.isfinite(loss.item())
        assert np.isfinite(logits.grad).all()


@given(st.data())
def test_broadcasting_is_undone(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    x, y = (bl.tensor(np.random.default_rng(0).standard_normal(s)) for s in shapes.input_shapes)
    z = x * y
    dout = np.random.default_rng(1).standard_normal(shapes.result_shape)
    z.backward(dout)
    for a, b in ((x, y), (y, x)):
        # By the definition: each element's own difference of a linear function.
        expected = np.zeros_like(a.data)
        for index in np.ndindex(a.shape):
            one = np.zeros_like(a.data)
            one[index] = 1
            expected[index] = np.sum(dout * (one * b.data))
        np.testing.assert_allclose(a.grad, expected, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [np.exp, np.sqrt, bl.sigmoid, bl.softmax, bl.log_softmax, bl.silu, bl.softplus, np.tanh],
    ids=lambda f: f.__name__,
)
def test_bytes_are_taken_as_numbers(function):
    bytes_ = np.array([1, 200], np.uint8)
    y = function(bl.tensor(bytes_, requires_grad=False))
    np.testing.assert_array_equal(y.numpy(), function(bl.tensor(bytes_.astype(float))).numpy())


def test_losses_of_bytes_do_not_wrap_round():
    y, t = np.array([0], np.uint8), np.array([200], np.uint8)
    assert bl.mean_squared_error(y, t).item() == 40000
    assert bl.sum_squares(y, t).item() == 20000
    logits = np.array([[1, 200]], np.uint8)
    assert bl.softmax_cross_entropy(logits, [1]).item() == pytest.approx(0)


def test_blocks_without_recording_may_end_in_any_order():
    def generator():
        with bl.no_grad():
            yield 1
            yield 2

    steps = generator()
    next(steps)
    with bl.no_grad():
        list(steps)
    assert (bl.tensor(1.0) * 2).requires_grad


def test_an_index_that_changes_later_changes_nothing():
    x = bl.tensor([[1.0, 2.0], [3.0, 4.0]])
    index = [0, 1]
    y = x[index]
    index[0] = 1
    y.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 1]]


def test_polynomials_at_zero():
    x = bl.tensor(0.0)
    (x ** np.arange(3.0)).sum().backward()
    assert x.grad == 1


def test_dot_is_numpys():
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(np.dot(bl.tensor(x), 3.0).numpy(), np.dot(x, 3.0))
    np.testing.assert_array_equal(np.dot(bl.tensor(x), x.T).numpy(), np.dot(x, x.T))
    stacked = np.ones((4, 3, 2))
    with pytest.raises(bl.ShapeError, match="pairs the matrices"):
        np.dot(bl.tensor(x), stacked)


@pytest.mark.parametrize("source", [0, -1, (0, 1), (2, 0)])
def test_moveaxis_is_numpys(source):
    destination = 1 if isinstance(source, int) else (1, 2)
    x = np.zeros((2, 3, 4))
    moved = np.moveaxis(bl.tensor(x), source, destination)
    assert moved.shape == np.moveaxis(x, source, destination).shape


def test_subclasses_of_arrays_compute_as_arrays():
    x = bl.tensor(np.ones((2, 2)))
    masked = np.ma.array([[1.0, 2.0], [3.0, 4.0]])
    y = x * masked
    assert type(y.numpy()) is np.ndarray
    masked[0, 0] = np.ma.masked
    with pytest.raises(bl.TypeRefusedError, match="masked elements"):
        bl.tensor(masked)


def test_a_number_too_large_for_the_dtype_is_infinite_without_a_warning():
    assert (bl.tensor(np.float32(1)) * 1e300).item() == np.inf


class Forgetful(bl.Op):
    def __init__(self, size):
        self.factor = size

    def forward(self, x):
        return None if self.factor == 0 else x * self.factor

    def backward(self, dz):
        dz * self.factor


def test_a_forgotten_return_is_told():
    with pytest.raises(bl.TypeRefusedError, match=r"forgetful\.forward returned None.*missing"):
        Forgetful(0)(bl.tensor(1.0))
    with pytest.raises(bl.GraphError, match=r"forgetful\.backward returned None.*missing"):
        Forgetful(2)(bl.tensor(1.0)).backward()
    assert repr(Forgetful(2)) == "Forgetful()"
