"""Whose an object is, without importing anything for the answer."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import backlit as bl
from backlit.check.foreign import adapted, as_pair, is_module, library


def test_what_is_ours_is_left_as_it_is():
    layer, x = bl.layers.ReLU(), np.ones(3)
    assert adapted(layer, (x,), None) == (layer, (x,), None)
    for thing in (layer, np.sin, 3, None, type, "torch", [1.0], bl.tensor(1.0)):
        assert library(thing) == ""
        assert not is_module(thing)
        assert as_pair(thing, (x,)) is None


def test_a_name_is_not_a_library():
    class Torch:
        """Called like one, and from here."""

    Torch.__module__ = "torchlike.nn"
    assert library(Torch()) == ""


def test_nothing_is_imported_that_was_not_given():
    code = (
        "import sys, numpy as np, backlit as bl\n"
        "bl.check(bl.ops.Sine() if hasattr(bl.ops, 'Sine') else bl.ops.Exp(), np.ones(2))\n"
        "from backlit.check.foreign import adapted\n"
        "adapted(print, (np.ones(2),), None)\n"
        "print(sorted({'torch', 'jax'} & sys.modules.keys()))"
    )
    words = [sys.executable, "-c", code]
    found = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert found.stdout.strip() == "[]"
