"""``torch.autograd.Function``: its own backward, against slopes of its own forward."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backlit.check import check  # noqa: E402
from backlit.check.foreign import adapted, as_pair  # noqa: E402
from backlit.errors import GraphError, TypeRefusedError  # noqa: E402

RNG = np.random.default_rng(0)
x, w = RNG.standard_normal((4, 3)), RNG.standard_normal(3)


def checked(target, *inputs, loss=None, **options):
    target, inputs, loss = adapted(target, inputs, loss)
    return check(target, *inputs, loss=loss, **options)


def function(backward, forward=lambda x, w, mode=None: x * x * w):
    """Make a Function of two formulas."""

    class Made(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, mode=None):
            ctx.save_for_backward(x, w)
            return forward(x, w, mode)

        @staticmethod
        def backward(ctx, g):
            return backward(ctx, g, *ctx.saved_tensors)

    return Made


RIGHT = function(lambda ctx, g, x, w: (2 * g * x * w, (g * x * x).sum(0), None))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_right_one_passes_with_options_and_in_any_dtype(dtype):
    report = checked(RIGHT, torch.tensor(x, dtype=dtype), torch.tensor(w, dtype=dtype), "mode")
    report.assert_ok()
    assert [row.tensor for row in report.rows] == ["x", "w"]
    assert all(row.max_error < 1e-8 for row in report.rows)
    checked(RIGHT, x, w).assert_ok()


def test_torch_sums_what_was_broadcast_itself():
    checked(function(lambda ctx, g, x, w: (2 * g * x * w, g * x * x, None)), x, w).assert_ok()


@pytest.mark.parametrize(
    ("backward", "tensors"),
    [
        (lambda ctx, g, x, w: (g * x * w, (g * x * x).sum(0), None), {"x"}),
        (lambda ctx, g, x, w: (2 * g * x * w, None, None), {"w"}),
        (lambda ctx, g, x, w: (2 * g * x * w, (g * x * x).sum(1), None), {"w"}),
        (lambda ctx, g, x, w: (2 * x * w, (g * x * x).sum(0), None), {"x"}),
    ],
    ids=["factor", "none", "wrong axis", "dout ignored"],
)
def test_faults_are_found_where_they_are(backward, tensors):
    report = checked(function(backward), x, w)
    assert {(fault.layer, fault.tensor) for fault in report.faults} == {
        ("Made", tensor) for tensor in tensors
    }
    assert {row.tensor for row in report.rows if not row.ok} == tensors


def test_too_few_gradients_are_told_in_words():
    report = checked(function(lambda ctx, g, x, w: (g, g)), x, w, "mode")
    assert "2 gradients for 3 inputs" in report.faults[0].message


def test_what_needs_no_gradient_has_none():
    still = torch.tensor(w)
    moved = torch.tensor(x, requires_grad=True)
    report = checked(function(lambda ctx, g, x, w: (2 * g * x * w, None, None)), moved, still)
    report.assert_ok()
    assert [row.tensor for row in report.rows] == ["x"]
    with pytest.raises(TypeRefusedError, match="no array of floats"):
        as_pair(RIGHT, (torch.tensor([1]), "mode"))


def test_needs_input_grad_must_not_change_gradients():
    def careless(ctx, g, x, w):
        both = all(ctx.needs_input_grad[:2])
        return 2 * g * x * w * (1 if both else 3), (g * x * x).sum(0), None

    def raising(ctx, g, x, w):
        grad = 2 * g * x * w if ctx.needs_input_grad[0] else None
        return grad, (grad * x / (2 * w)).sum(0), None

    pair = as_pair(function(careless), (x, w))
    y = pair.forward(x, w)
    with pytest.raises(GraphError, match=r"another gradient of x .*needs_input_grad"):
        pair.backward(np.ones_like(y))
    pair = as_pair(function(raising), (x, w))
    y = pair.forward(x, w)
    with pytest.raises(GraphError, match="raises where only w needs"):
        pair.backward(np.ones_like(y))


def test_several_outputs_and_those_without_gradient():
    class Parts(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            order = x.argsort(0)
            ctx.mark_non_differentiable(order)
            return x.exp(), order, x.sum(1)

        @staticmethod
        def backward(ctx, one, _, two):
            (x,) = ctx.saved_tensors
            return one * x.exp() + two[:, None]

    checked(Parts, x).assert_ok()


def test_in_place_with_mark_dirty():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    before = x.copy()
    checked(Double, x).assert_ok()
    np.testing.assert_array_equal(x, before)


def test_a_newer_style_with_setup_context():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * g * x**2

    report = checked(Cube, torch.tensor(x))
    report.assert_ok()
    assert [row.tensor for row in report.rows] == ["x"]


def test_random_numbers_are_the_same_each_time_and_torch_is_left_as_it_was():
    class Drop(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, fresh):
            ctx.mask, ctx.fresh = torch.rand_like(x) > 0.5, fresh
            return x * ctx.mask

        @staticmethod
        def backward(ctx, g):
            mask = torch.rand_like(g) > 0.5 if ctx.fresh else ctx.mask
            return g * mask, None

    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    many = RNG.standard_normal((6, 5))
    checked(Drop, many, False).assert_ok()
    assert not checked(Drop, many, True).ok
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == dtype


def test_a_function_of_tensors_is_differentiated_by_torch():
    def product(a, b):
        return (a * b.detach()).sum()

    report = checked(product, torch.ones(3), torch.ones(3))
    assert {fault.tensor for fault in report.faults} == {"b"}


def test_the_users_line_is_shown():
    def backward(ctx, g, x, w):
        return -2 * g * x * w, (g * x * x).sum(0), None

    (fault,) = checked(function(backward), x, w).faults
    assert fault.diagnosis == "sign"
    assert fault.source.file == __file__
