import threading

import numpy as np

from backlit.check.clone import Clone


class Thing:
    pass


def test_a_copy_shares_nothing_and_is_float64():
    thing = Thing()
    thing.W, thing.t, thing.inner = np.ones(3, np.float16), np.arange(3), [Thing(), {"a": 1}]
    copy = Clone(thing).root
    assert copy.W.dtype == np.float64
    assert copy.t.dtype == thing.t.dtype
    assert not np.may_share_memory(copy.t, thing.t)
    assert copy.inner[0] is not thing.inner[0]


def test_views_stay_views_of_one_memory():
    W = np.arange(12, dtype=np.float32).reshape(3, 4)
    copy = Clone({"W": W, "T": W.T, "part": W[1:, ::-2]}).root
    copy["W"][1, 3] = 99
    np.testing.assert_array_equal(copy["T"], copy["W"].T)
    np.testing.assert_array_equal(copy["part"], copy["W"][1:, ::-2])
    assert W[1, 3] == 7


def test_functions_get_copies_of_what_they_close_over():
    def make():
        cache = []

        def forward(x):
            cache.append(x)
            return len(cache)

        return forward, lambda: cache.pop()  # noqa: PLW0108 - what has no cells is not copied

    pair = make()
    forward, backward = Clone(pair).root
    assert forward(1) == 1
    assert backward() == 1
    assert pair[0](1) == 1


def test_what_cannot_be_copied_is_shared():
    thing = Thing()
    thing.lock, thing.np, thing.W = threading.Lock(), np, np.ones(2)
    copy = Clone(thing).root
    assert copy.lock is thing.lock
    assert copy.np is np
    assert copy.W is not thing.W


def test_something_can_be_kept_as_it_is():
    memory = []
    thing = Thing()
    thing.memory = memory
    assert Clone(thing, shared=[memory]).root.memory is memory
