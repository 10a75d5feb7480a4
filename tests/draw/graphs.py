"""Graphs of every kind, for Hypothesis."""

import numpy as np
from hypothesis import strategies as st

import backlit as bl

NUMBERS = st.sampled_from(
    [0.0, 1.0, -0.5, 3.25, 1e-9, -1e12, 220.00000000000003, np.nan, np.inf, -np.inf]
)
NAMES = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.sampled_from(
        [
            "x" * 300,
            "<script>alert(1)</script>",
            "]]>&amp;\"'",
            r"$\frac{\partial L}{\partial W}$",
            "🌸👩‍👩‍👧‍👦🇰🇷",
            "שלום עולם",
            "مرحبا\u202e",
            "e\u0301\u0327\u0308",
            "one\ntwo\r\tthree",
            "\x00\x1b\ud800\uffff",
            "   ",
            "データ 값",
        ]
    ),
)
UNARY = [bl.sigmoid, bl.tanh, bl.relu, bl.exp, lambda x: -x, lambda x: x**2, lambda x: x * 0.5]
BINARY = [bl.add, bl.subtract, bl.multiply, bl.divide, bl.maximum]
SHAPES = [(), (), (), (3,), (1,), (2, 3), (0,), (0, 3), (6, 8), (30,), (2, 3, 4, 5)]


@st.composite
def graphs(draw, most=12):
    """A tensor of any shape, computed from few or many others."""
    shape = draw(st.sampled_from(SHAPES))
    there = [draw(leaf(shape)) for _ in range(draw(st.integers(1, 4)))]
    if not any(x.requires_grad for x in there):
        there.append(bl.tensor(np.ones(shape)))
    for _ in range(draw(st.integers(0, most))):
        a, b = (there[draw(st.integers(0, len(there) - 1))] for _ in range(2))
        kind = draw(st.integers(0, 3))
        if kind != 3:  # NumPy has no minus for booleans
            a, b = (x * 1.0 if x.dtype == bool else x for x in (a, b))
        if kind == 0:
            there.append(draw(st.sampled_from(UNARY))(a))
        elif kind == 1:
            there.append(draw(st.sampled_from(BINARY))(a, b))
        elif kind == 2:
            there.append(draw(st.sampled_from(BINARY))(a, a))
        else:
            there.append(draw(st.sampled_from(BINARY))(draw(st.sampled_from([2, 0.5])), b))
    y = there[-1]
    for x in draw(st.lists(st.sampled_from(there), max_size=3)):
        y = x * y
    return y.sum() if y.ndim and draw(st.booleans()) else y


@st.composite
def leaf(draw, shape):
    values = np.full(shape, draw(NUMBERS))
    if values.size > 1:
        values.ravel()[:: draw(st.integers(1, 5))] = draw(NUMBERS)
    name = draw(NAMES)
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return bl.tensor(np.arange(values.size).reshape(shape), name, requires_grad=False)
    if kind == 1:
        return bl.tensor(values > 0, name, requires_grad=False)
    return bl.tensor(values, name, dtype=draw(st.sampled_from(["float32", "float64"])))
