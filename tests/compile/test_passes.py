"""Every pass alone: what it leaves out, and what it must leave alone."""

import numpy as np
import pytest

from backlit.compile.buffers import Buffer, plan
from backlit.compile.inline import with_inlined
from backlit.compile.node import Node, Place, Program
from backlit.compile.passes import (
    simplified,
    with_fast_calls,
    with_rate_folded,
    with_softmax_divided,
    without_dead,
    without_repeats,
)

F = np.dtype(np.float32)
HERE, BACK = Place(), Place("backward", "layer")


def given(name, shape=(40, 40), dtype=F):
    return Node("input", shape=shape, dtype=dtype, value=("argument", name))


def call(function, *operands, shape=(40, 40), dtype=F, place=HERE, **options):
    return Node(function, operands, options, shape, dtype, place=place)


def functions(program):
    return [node.function for node in program.nodes]


def test_dead_values_go_and_effects_stay():
    x = given(0)
    used, dead = call("np.exp", x), call("np.log", x)
    drawn = call("draw", np.random.default_rng(0), "random")
    program = without_dead(Program([dead, drawn, used], [used], {}))
    assert functions(program) == ["draw", "np.exp"]


def test_repeats_are_computed_once_and_draws_are_not():
    x = given(0)
    rng = np.random.default_rng(0)
    a, b = call("np.exp", x), call("np.exp", x)
    c, d = call("draw", rng, "random"), call("draw", rng, "random")
    other = call("np.exp", x, dtype=np.dtype(float), order="K")
    total = call("np.add", a, b)
    program = without_repeats(Program([a, b, c, d, other, total], [total, other], {}))
    assert functions(program) == ["np.exp", "draw", "draw", "np.exp", "np.add"]
    assert program.results[0].operands == (a, a)


def test_products_with_one_go_where_they_change_nothing():
    x = given(0)
    one = Node("constant", dtype=F, value=np.ones((), F))
    same = call("np.multiply", one, x)
    wider = call("np.multiply", x, np.float64(1), dtype=np.dtype(float))
    divided = call("np.divide", same, 1)
    program = simplified(Program([same, wider, divided], [divided, wider], {}))
    assert program.results[0] is x
    assert functions(program) == ["np.multiply"]


def descent(*extra):
    """Return W -= lr * (xᵀ @ (d * 2)) and whatever else reads the gradient."""
    lr = Node("input", value=("rate", 0, 0))
    x, W = given(0), given(1)
    d = call("np.subtract", x, 1, shape=(4, 2), place=BACK)
    slope = call("np.divide", d, 4, shape=(4, 2), place=BACK)
    gradient = call("np.matmul", x, slope, shape=(4, 2), place=BACK)
    scaled = call("np.multiply", lr, gradient, shape=(4, 2))
    new = call("np.subtract", W, scaled, shape=(4, 2))
    more = [make(gradient, lr) for make in extra]
    return Program([d, slope, gradient, scaled, new, *more], more, {W: new}), lr


def test_the_rate_is_multiplied_in_once():
    program, lr = descent()
    folded = with_rate_folded(program)
    assert len([n for n in folded.nodes if lr in n.operands]) == 1
    assert functions(folded)[-1] == "np.subtract"
    assert folded.nodes[-1].operands[1].function == "np.matmul"


@pytest.mark.parametrize(
    "reader",
    [
        lambda gradient, lr: gradient,
        lambda gradient, lr: call("np.sum", gradient, shape=()),
        lambda gradient, lr: call("np.multiply", gradient, gradient),
        lambda gradient, lr: call("np.exp", lr),
    ],
)
def test_the_rate_stays_where_gradients_or_rate_are_read_otherwise(reader):
    program, _ = descent(reader)
    assert with_rate_folded(program) is program


def test_fast_calls_keep_shapes():
    x = given(0, (100, 10))
    row = call("np.sum", x, shape=(100, 1), axis=-1, keepdims=True)
    column = call("np.sum", x, shape=(10,), axis=0)
    largest = call("np.max", x, shape=(100, 1), axis=-1, keepdims=True)
    integers = call(
        "np.sum", given(1, (3, 3), np.dtype(int)), shape=(3,), dtype=np.dtype(int), axis=0
    )
    program = with_fast_calls(
        Program([row, column, largest, integers], [row, column, largest, integers], {})
    )
    assert [x.shape for x in program.results] == [(100, 1), (10,), (100, 1), (3,)]
    assert functions(program).count("np.dot") == 2
    assert functions(program)[-1] == "np.sum"


def test_buffers_are_used_again_and_in_place():
    x = given(0)
    a = call("np.exp", x)
    b = call("np.sin", a)  # a dies here: in place
    c = call("np.matmul", b, b)  # no product into its own operand
    d = call("np.matmul", c, x)  # b is free by now
    result = call("np.add", d, 1)
    planned = plan(Program([a, b, c, d, result], [result], {}))
    assert planned.homes[a] is planned.homes[b] is planned.homes[d]
    assert planned.homes[c] is not planned.homes[b]
    assert len(planned.buffers) == 2
    assert result not in planned.homes  # the caller's own


def test_new_values_wait_for_the_last_reader_of_the_old():
    W = given(0)
    new = call("np.subtract", W, 1)
    late = call("np.exp", W)
    early = plan(Program([late, new], [late], {W: new}))
    assert early.homes[new] is W
    assert not early.copied
    kept = plan(Program([new, late], [late], {W: new}))
    assert isinstance(kept.homes[new], Buffer)
    assert kept.copied == [(W, new)]
    turned = call("np.subtract", call("np.transpose", W), W)
    across = plan(Program([turned.operands[0], turned], [], {W: turned}))
    assert across.copied == [(W, turned)]


def test_a_mask_is_taken_from_what_is_kept_anyway():
    x = given(0)
    early = call("np.greater", x, 0)
    relu = call("np.maximum", x, 0)
    late = call("np.greater", x, 0, order="K")
    other = call("np.greater", x, 1)
    nodes = [early, relu, late, other]
    program = simplified(Program(nodes, nodes, {}))
    assert [node.operands[0] for node in program.results] == [x, x, relu, x]


@pytest.mark.parametrize("safe", [True, False])
def test_softmax_by_division_where_nothing_overflows(safe):
    x = given(0)
    largest = call("np.max", x, shape=(40, 1), axis=-1, keepdims=True)
    shifted = call("np.subtract", x, largest if safe else 1.0)
    exponentials = call("np.exp", shifted)
    total = call("np.sum", exponentials, shape=(40, 1), axis=-1, keepdims=True)
    log = call("np.log", total, shape=(40, 1))
    logs = call("np.subtract", shifted, log)
    softmax = call("np.exp", logs)
    nodes = [largest, shifted, exponentials, total, log, logs, softmax]
    result = with_softmax_divided(Program(nodes, [softmax], {})).results[0]
    assert result.function == ("np.divide" if safe else "np.exp")


def test_two_scales_become_one():
    lr = Node("input", value=("rate", 0, 0))
    scaled = call("np.divide", call("np.multiply", given(0), lr), 100)
    program = with_fast_calls(Program([scaled.operands[0], scaled], [scaled], {}))
    factor = program.results[0].operands[1]
    assert program.results[0].function == "np.multiply"
    assert (factor.function, factor.operands) == ("/", (lr, 100))


def test_inlined_values_stand_before_their_reader():
    x, W = given(0), given(1)
    turned = call("np.transpose", W)
    flat = call("np.reshape", x, (1600,), shape=(1600,))
    large = call("np.exp", flat, shape=(1600,))
    product = call("np.dot", x, turned)
    again = call("np.dot", product, turned)
    nodes = [turned, flat, large, product, again]
    program, inlined = with_inlined(Program(nodes, [large, again], {}))
    assert inlined == {turned, flat}
    assert functions(program) == [
        "np.reshape", "np.exp", "np.transpose", "np.dot", "np.transpose", "np.dot",
    ]  # fmt: skip
