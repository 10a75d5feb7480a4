"""BLAS threads: chosen for a program, and put back."""

import numpy as np
import pytest

import backlit as bl
from backlit.compile import threads
from backlit.compile.threads import blas_threads, cores, limited, one_blas_thread
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


def test_in_between_it_is_measured(monkeypatch):
    """Whether a second thread pays is asked of the machine, once for each product."""
    asked = []

    def pays(left, right, dtype):
        asked.append((left, right, dtype))
        return left[0] == 200

    monkeypatch.setattr(threads, "_more_threads_pay", pays)
    W = np.ones((784, 50), np.float32)
    function = bl.compile(lambda x: x @ W)
    for rows, chosen in ((100, 1), (200, blas_threads()), (2, 1)):
        function(np.ones((rows, 784), np.float32))
        assert function.threads_used == chosen
    assert set(asked) == {((rows, 784), (784, 50), np.dtype(np.float32)) for rows in (100, 200)}


def test_trying_leaves_the_threads_as_they_were():
    before = blas_threads()
    pays = threads._more_threads_pay((100, 300), (300, 100), np.dtype(np.float32))
    assert pays in {True, False}
    assert blas_threads() == before
    with one_blas_thread():
        assert not threads._more_threads_pay((100, 301), (301, 100), np.dtype(np.float32))


@pytest.mark.parametrize(("number", "said"), [(0, "at least 1"), (1.5, "whole number")])
def test_refused(number, said):
    with pytest.raises(BacklitError, match=said):
        bl.compile(lambda x: x, threads=number)
