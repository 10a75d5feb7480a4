"""BLAS threads: chosen for a program, and put back."""

import numpy as np
import pytest

import backlit as bl
from backlit.compile.threads import blas_threads, cores, limited, numpy_blas, one_blas_thread
from backlit.errors import BacklitError


def test_put_back():
    before = blas_threads()
    assert before >= 1
    with pytest.raises(ZeroDivisionError), limited(before + 1):
        raise ZeroDivisionError
    with one_blas_thread():
        assert blas_threads() == 1
    assert blas_threads() == before
    assert cores() >= 1


def test_chosen_by_the_largest_product():
    W = {size: np.ones((size, size), np.float32) for size in (8, 400)}
    before = blas_threads()
    for size, chosen in ((8, 1), (400, before)):
        function = bl.compile(lambda x, size=size: x @ W[size])
        assert function.threads_used is None
        function(W[size])
        assert function.threads_used == chosen
    asked = bl.compile(lambda x: x @ x, threads=1)
    asked(W[400])
    assert asked.threads_used == 1
    assert blas_threads() == before


@pytest.mark.skipif(numpy_blas() is None, reason="this NumPy's BLAS chooses its threads itself")
def test_no_more_threads_than_a_product_has_work_for():
    """On a machine with many cores, where a small product would wait for most of them."""
    W = np.ones((784, 50), np.float32)
    with limited(4):
        used = []
        for rows in (10, 100, 140, 10_000):
            function = bl.compile(lambda x: x @ W)
            function(np.ones((rows, 784), np.float32))
            used.append(function.threads_used)
        assert used == [1, 2, 3, 4]


@pytest.mark.parametrize(("number", "said"), [(0, "at least 1"), (1.5, "whole number")])
def test_refused(number, said):
    with pytest.raises(BacklitError, match=said):
        bl.compile(lambda x: x, threads=number)
