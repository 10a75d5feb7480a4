"""Two of everything, one stepped eagerly and one compiled."""

import numpy as np

import backlit as bl
from backlit.compile import Compiled


def assert_alike(a, b, dtype):
    tolerance = 2e-4 if np.dtype(dtype) == np.float32 else 1e-9
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def train_alike(build, batches, *, dtype=np.float32):
    """Train what ``build()`` makes, once eagerly and once compiled, and compare everything.

    ``build`` returns a net, its optimiser and a function ``loss(x, t)``.
    """
    ends = []
    for compiled in (False, True):
        net, optimizer, loss = build()

        def step(x, t, loss=loss, optimizer=optimizer):
            value = loss(x, t)
            value.backward()
            optimizer.step()
            return value

        run = bl.compile(step) if compiled else step
        losses = [run(x, t).item() for x, t in batches]
        ends.append((losses, net.state(), optimizer.state(), net.generators(), run))
    (losses, state, memory, generators, _), (*others, run) = ends
    assert isinstance(run, Compiled)
    assert run.source
    assert_alike(losses, others[0], dtype)
    for mine, theirs in ((state, others[1]), (memory, others[2])):
        assert mine.keys() == theirs.keys()
        for name, array in mine.items():
            assert array.dtype == theirs[name].dtype
            assert_alike(array, theirs[name], dtype)
    for name, rng in generators.items():
        assert rng.bit_generator.state == others[3][name].bit_generator.state
    return run
