"""JAX functions with ``custom_vjp``."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jnp = jax.numpy

from backlit.check import check  # noqa: E402
from backlit.check.foreign import adapted, as_pair  # noqa: E402
from backlit.errors import GraphError, TypeRefusedError  # noqa: E402


def checked(target, *inputs):
    target, inputs, _ = adapted(target, inputs)
    return check(target, *inputs)


def custom(forward, backward, function=lambda x, y: jnp.sin(x) * y):
    made = jax.custom_vjp(function)
    made.defvjp(forward, backward)
    return made


def keep(x, y):
    return jnp.sin(x) * y, (x, y)


RIGHT = custom(keep, lambda kept, g: (g * jnp.cos(kept[0]) * kept[1], g * jnp.sin(kept[0])))
x = np.random.default_rng(0).standard_normal((3, 4))


def test_a_right_one_passes_also_compiled_and_in_float32():
    report = checked(RIGHT, x, x + 1)
    report.assert_ok()
    assert [row.tensor for row in report.rows] == ["x", "y"]
    assert all(row.max_error < 1e-8 for row in report.rows)
    checked(jax.jit(RIGHT), x, x + 1).assert_ok()
    checked(lambda a, b: {"y": RIGHT(a, b), "n": 3}, jnp.asarray(x, jnp.bfloat16), x).assert_ok()
    assert not jax.config.jax_enable_x64


def test_faults_are_found():
    wrong = custom(keep, lambda kept, g: (g * jnp.cos(kept[0]), g * jnp.sin(kept[0])))
    report = checked(wrong, x, x + 1)
    assert {fault.tensor for fault in report.faults} == {"x"}


def test_fwd_must_return_the_functions_value():
    other = custom(lambda x, y: (jnp.sin(x), (x, y)), lambda kept, g: (g, g))
    pair = as_pair(other, (x, x + 1))
    y = pair.forward(x, x + 1)
    with pytest.raises(GraphError, match="fwd returns another output"):
        pair.backward(y)


def test_errors_are_told_in_words():
    bare = custom(keep, lambda kept, g: g)
    pair = as_pair(bare, (x, x + 1))
    y = pair.forward(x, x + 1)
    with pytest.raises(GraphError, match="must return a tuple with one gradient"):
        pair.backward(y)
    with pytest.raises(TypeRefusedError, match="no array of floats"):
        as_pair(RIGHT, (1, 2))


def test_integers_and_options_have_no_gradient():
    def scaled(x, power, index):
        return x[index] ** power

    report = checked(lambda x, i: scaled(x, 3, i), jnp.asarray(x), jnp.array([0, 2]))
    report.assert_ok()
    assert [row.tensor for row in report.rows] == ["x"]
