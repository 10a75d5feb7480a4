import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.data import Batches, Split
from backlit.errors import ShapeError, TypeRefusedError, ValueRefusedError

SETTINGS = st.tuples(st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**70))


def make(n, size, seed, **options):
    x = np.arange(2.0 * n).reshape(n, 2)
    return Batches(x, np.arange(n), size, seed=seed, **options)


@given(SETTINGS, st.integers(0, 1000), st.booleans())
def test_an_epoch_shows_each_sample_once_with_its_label(settings, epoch, shuffle):
    n, size, seed = settings
    batches = make(n, size, seed, shuffle=shuffle)
    seen = list(batches.epoch(epoch))
    assert len(seen) == len(batches) == batches.steps_per_epoch == -(-n // size)
    assert all(len(batch) == size for batch in seen[:-1])
    labels = np.concatenate([batch.t for batch in seen])
    np.testing.assert_array_equal(np.sort(labels), np.arange(n))
    np.testing.assert_array_equal(np.concatenate([batch.x for batch in seen])[:, 0], 2 * labels)
    if not shuffle:
        np.testing.assert_array_equal(labels, np.arange(n))


@given(SETTINGS)
def test_drop_last_keeps_only_full_batches(settings):
    n, size, seed = settings
    if size > n:
        with pytest.raises(ValueRefusedError, match=f"{n} samples do not fill one batch of {size}"):
            make(n, size, seed, drop_last=True)
        return
    seen = [batch.t for batch in make(n, size, seed, drop_last=True).epoch(0)]
    assert [len(t) for t in seen] == [size] * (n // size)
    assert len(np.unique(seen)) == size * (n // size)


@given(SETTINGS, st.lists(st.integers(0, 200), max_size=10))
def test_a_step_is_the_same_from_wherever_it_is_asked(settings, steps):
    asked_about = make(*settings)
    for step in steps:
        fresh, again = make(*settings).batch(step), asked_about.batch(step)
        np.testing.assert_array_equal(fresh.x, again.x)
        np.testing.assert_array_equal(fresh.t, again.t)
        epoch, place = divmod(step, len(asked_about))
        in_passing = list(asked_about.epoch(epoch))[place]
        np.testing.assert_array_equal(fresh.t, in_passing.t)
        np.testing.assert_array_equal(fresh.t, asked_about.indices(step))


def test_the_order_comes_from_seed_and_epoch_alone():
    batches = make(8, 8, seed=1)
    for epoch in range(3):
        expected = np.random.default_rng([1, epoch]).permutation(8)
        np.testing.assert_array_equal(batches.batch(epoch).t, expected)


def test_epochs_and_seeds_differ():
    orders = {tuple(make(50, 50, seed).batch(epoch).t) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


def test_two_epochs_can_be_walked_side_by_side():
    batches = make(6, 2, seed=0)
    pairs = list(zip(batches.epoch(0), batches.epoch(1), strict=True))
    for epoch in range(2):
        alone = [batch.t.tolist() for batch in batches.epoch(epoch)]
        assert [pair[epoch].t.tolist() for pair in pairs] == alone


def test_the_orders_of_two_epochs_are_kept():
    batches = make(6, 2, seed=0)
    for epoch in (0, 1, 0, 2):
        batches.indices(epoch * len(batches))
        assert len(batches._orders) <= 2
    assert list(batches._orders) == [0, 2]


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_share_no_memory_with_the_data(shuffle):
    x, t = np.zeros((4, 2)), np.zeros(4, int)
    batches = Batches(x, t, 4, seed=0, shuffle=shuffle)
    for batch in (batches.batch(0), batches.batch(0)):
        batch.x[:] = batch.t[:] = 1
        assert not x.any()
        assert not t.any()
    batches.indices(0)[:] = 0
    assert batches.indices(0).any()


def test_a_split_of_images_is_unpacked_into_batches():
    split = Split(np.zeros((5, 1, 28, 28), np.float32), np.zeros((5, 10), np.float32))
    batches = Batches(*split, 2, seed=0)
    assert [(b.x.shape, b.t.shape, b.x.dtype) for b in batches.epoch(0)] == [
        ((n, 1, 28, 28), (n, 10), np.float32) for n in (2, 2, 1)
    ]
    assert repr(batches) == "Batches(5 samples, 2 to a batch, 3 steps to an epoch, seed 0)"


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"t": [0, 1]}, ShapeError, r"x of shape \(3,\) and t of shape \(2,\)"),
        ({"x": [], "t": []}, ValueRefusedError, "no samples"),
        ({"batch_size": 0}, ValueRefusedError, "batch_size must be at least 1, not 0"),
        ({"batch_size": 1.5}, TypeRefusedError, "batch_size must be a whole number, not 1.5"),
        ({"seed": -1}, ValueRefusedError, "seed must be at least 0, not -1"),
        ({"seed": None}, TypeRefusedError, "seed must be a whole number, not None"),
    ],
)
def test_what_cannot_be_batched_is_refused(changes, error, said):
    with pytest.raises(error, match=said):
        Batches(**{"x": [1, 2, 3], "t": [0, 1, 2], "batch_size": 2, "seed": 0, **changes})


def test_there_is_nothing_before_the_start():
    batches = make(3, 2, seed=0)
    with pytest.raises(ValueRefusedError, match="step must be at least 0, not -1"):
        batches.batch(-1)
    with pytest.raises(ValueRefusedError, match="epoch must be at least 0, not -1"):
        batches.epoch(-1)  # at once, not at the first batch


def test_a_stream_gives_the_same_batches():
    x, t = np.arange(23.0)[:, None], np.arange(23)
    noise = lambda x, rng: x + rng.standard_normal(x.shape)  # noqa: E731
    for augment in (None, noise):
        batches = Batches(x, t, 5, seed=3, augment=augment)
        for step, (one, labels) in enumerate(batches.stream(4, 17), start=4):
            batch = batches.batch(step)
            np.testing.assert_array_equal(one, batch.x)
            np.testing.assert_array_equal(labels, batch.t)
    assert not np.array_equal(batches.batch(0).x, x[batches.indices(0)])
    with pytest.raises(ShapeError, match=r"augment.*\(1, 1\)"):
        Batches(x, t, 5, seed=3, augment=lambda x, rng: x[:1]).batch(0)
