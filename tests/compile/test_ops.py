"""Every op compiled equals itself run eagerly: value and gradients, at its card's samples."""

import numpy as np
import pytest
from compile.alike import assert_alike

import backlit as bl
from backlit import ops
from backlit.op import Op

CARDS = [card for card in Op.__subclasses__() if card.__module__.startswith("backlit.ops.")]
CASES = [
    pytest.param(card, i, dtype, id=f"{card.__name__}-{i}-{np.dtype(dtype).name}")
    for card in CARDS
    for i in range(len(card.samples))
    if (card.__name__, i) != ("Index", 4)  # a mask that could change, and then the shape
    for dtype in (np.float32, np.float64)
]


@pytest.mark.parametrize(("card", "number", "dtype"), CASES)
def test_op(card, number, dtype):
    sample = card.samples[number]
    rng = np.random.default_rng(number)
    drawn = sample.draw(rng)
    floats = [x.dtype.kind == "f" for x in drawn]
    inputs = [x.astype(dtype) if f else x for x, f in zip(drawn, floats, strict=True)]
    shape = np.shape(card(**sample.options)(*inputs))
    options = dict(sample.options)
    upstream = rng.standard_normal(shape).astype(dtype)

    def function(*arrays):
        tensors = [
            bl.tensor(x, requires_grad=True) if f else x
            for x, f in zip(arrays[:-1], floats, strict=True)
        ]
        y = bl.apply(card(**options), *tensors)
        if y.requires_grad:
            y.backward(arrays[-1])
        return y, [x.grad for x, f in zip(tensors, floats, strict=True) if f]

    eager = function(*inputs, upstream)
    compiled = bl.compile(function)
    for _ in range(2):
        value, gradients = compiled(*inputs, upstream)
        assert_alike(value.numpy(), eager[0].numpy(), dtype)
        assert value.dtype == eager[0].dtype
        for mine, theirs in zip(gradients, eager[1], strict=True):
            assert (mine is None) == (theirs is None)
            if mine is not None:
                assert mine.dtype == theirs.dtype
                assert_alike(mine, theirs, dtype)
    assert "def step(" in compiled.source


def test_every_family_is_here():
    assert {card.__name__ for card in CARDS} <= set(vars(ops))
