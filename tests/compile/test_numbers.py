"""Numbers without axes: written as Python's own, with the results that NumPy has."""

import math

import numpy as np
import pytest

import backlit as bl

EDGES = (0.0, -0.0, -1.5, 0.3, 40.0, 800.0, -800.0, math.inf, -math.inf, math.nan)
FUNCTIONS = (bl.tanh, bl.exp, bl.log, bl.log1p, bl.sqrt, bl.square, bl.sin, bl.cos, bl.relu)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_values_and_gradients_at_the_edges(function):
    """Also where Python's functions raise, and NumPy's give infinity or nan."""

    def twice(x):
        x = bl.tensor(x)
        y = function(function(x) * 0.5) + 1.0
        y.backward()
        return y.data, x.grad

    compiled = bl.compile(twice)
    for value in EDGES:
        found, expected = compiled(np.array(value)), twice(np.array(value))
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-300)


def test_python_does_it():
    compiled = bl.compile(lambda x: bl.exp(bl.tanh(x) * 2) + 1)
    compiled(np.array(0.5))
    assert "import math\n\nimport numpy as np" in compiled.source
    assert "float(np.exp(tanh * 2.0)) + 1.0" in compiled.source
    compiled = bl.compile(lambda x: bl.tanh(x) * 2)
    compiled(np.float32([0.5]))
    assert "import math" not in compiled.source
