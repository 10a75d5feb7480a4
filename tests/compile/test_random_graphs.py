"""Random graphs, compiled and eager: values, gradients and an update agree."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import backlit as bl
from backlit import optim

UNARY = [bl.tanh, bl.relu, bl.sigmoid, bl.softplus, bl.negative, bl.square, bl.softmax,
         lambda x: x.T.T, lambda x: x.reshape(-1).reshape(3, 3), lambda x: x[::-1],
         lambda x: bl.concatenate([x[:1], x[1:]]), lambda x: x.T,
         lambda x: x - x.max(axis=1, keepdims=True),
         lambda x: x.sum(axis=0), lambda x: x.mean(axis=-1, keepdims=True) + x * 0.0,
         lambda x: bl.where(np.eye(3) > 0, x, 0.5 * x), lambda x: x * x.sum()]  # fmt: skip
BINARY = [bl.add, bl.subtract, bl.multiply, bl.matmul, bl.maximum,
          lambda x, y: x / (1.0 + y * y), lambda x, y: bl.where(x.numpy() > 0, x, y)]  # fmt: skip

CALLS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(range(len(UNARY))), st.integers(0, 9)),
        st.tuples(
            st.sampled_from(range(len(BINARY))).map(lambda i: -1 - i),
            st.integers(0, 9),
            st.integers(0, 9),
        ),
    ),
    min_size=1,
    max_size=8,
)
RULES = st.sampled_from([optim.SGD, optim.Momentum, optim.Nesterov, optim.Adam])


def forward(calls, *start):
    values = list(start)
    for which, *operands in calls:
        xs = [values[i % len(values)] for i in operands]
        y = UNARY[which](*xs) if which >= 0 else BINARY[-1 - which](*xs)
        values.append(bl.tanh(y * 0.5) if y.shape == (3, 3) else bl.tanh(y) + xs[0] * 0.1)
    return bl.mean(values[-1] * values[-1]) + sum(bl.mean(v * 0.1) for v in start)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(CALLS, RULES, st.integers(0, 1000), st.booleans())
def test_agree(calls, rule, seed, keep_gradients):
    ends = []
    for compiled in (False, True):
        rng = np.random.default_rng(seed)
        W, V = (bl.tensor(rng.standard_normal((3, 3)), name) for name in "WV")
        optimizer = rule([W, V], 0.05)

        def step(x, W=W, V=V, optimizer=optimizer):
            loss = forward(calls, W, V, bl.Tensor(x, requires_grad=False))
            loss.backward()
            optimizer.step()
            return loss, W * 1.0

        run = bl.compile(step, keep_gradients=keep_gradients) if compiled else step
        out = [run(x) for x in rng.standard_normal((3, 3, 3))]
        ends.append([a.numpy() for pair in out for a in pair] + [W.data, V.data])
        if keep_gradients:
            ends[-1] += [W.grad, V.grad]
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
