"""The compiled step of `fit`: the same training as the eager one, to rounding."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from train.small import small_net
from train.test_loop import OPTIMIZERS, OPTIONS

import backlit as bl
from backlit.compile import Compiled, CompileWarning
from backlit.layers import Affine, Lambda, Sequential
from backlit.train import fit
from backlit.train.step import make_step


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_equal_to_eager(optimizer, dataset, tmp_path):
    ends = []
    for eager in (True, False):
        net = small_net()
        rule = OPTIMIZERS[optimizer](net)
        folder = tmp_path / str(eager)
        history = fit(net, dataset, optimizer=rule, eager=eager, folder=folder, **OPTIONS)
        ends.append((history, net.state(), rule.state(), net.generators()))
    (history, state, memory, generators), compiled = ends
    np.testing.assert_allclose(history.column("loss"), compiled[0].column("loss"), rtol=1e-4)
    for mine, theirs in ((state, compiled[1]), (memory, compiled[2])):
        assert mine.keys() == theirs.keys()
        for name, array in mine.items():
            np.testing.assert_allclose(array, theirs[name], rtol=2e-3, atol=1e-4)
    for name, rng in generators.items():
        assert rng.bit_generator.state == compiled[3][name].bit_generator.state


def test_one_program_for_each_size_of_batch(dataset):
    net = small_net()
    optimizer = bl.optim.SGD(net.parameters(), 0.1)
    step = make_step(net, bl.softmax_cross_entropy, optimizer)
    assert isinstance(step, Compiled)
    for x, t in bl.data.Batches(*dataset.train, 16, seed=0).epoch(0):
        step(x, t)
    assert len(step._variants) == 2
    assert not isinstance(make_step(net, bl.softmax_cross_entropy, optimizer, eager=True), Compiled)


def test_what_cannot_be_compiled_is_trained_eagerly_with_one_warning(dataset):
    def scaled(x):
        return x * 2 if x.numpy().mean() > 0 else x

    ends = []
    for eager in (True, False):
        net = Sequential(Affine(8, 3, rng=0), Lambda(scaled))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            fit(net, dataset, epochs=2, progress=False, eager=eager)
        ends.append(net.state())
        assert [w.category for w in seen] == [] if eager else [CompileWarning]
    for name, array in ends[0].items():
        np.testing.assert_array_equal(array, ends[1][name])


def test_a_run_goes_on_in_the_way_it_began(dataset, tmp_path):
    options = {"steps": 20, "folder": tmp_path / "run", "progress": False}
    fit(small_net(), dataset, eager=True, **options)
    with pytest.raises(bl.ValueRefusedError, match="eager"):
        fit(small_net(), dataset, resume=True, **options)
