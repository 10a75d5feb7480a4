import numpy as np
import pytest

from backlit.errors import BacklitError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.layers import Affine, Dropout, Flatten, init


def test_any_leading_axes():
    layer = Affine(4, 3, rng=0)
    for shape in [(4,), (5, 4), (2, 5, 4), (0, 4)]:
        assert layer(np.zeros(shape)).shape == (*shape[:-1], 3)


def test_images_are_told_of_flatten():
    with pytest.raises(ShapeError, match="Flatten"):
        Affine(784, 10)(np.zeros((2, 1, 28, 28)))


def test_begins_as_in_the_chapter():
    layer = Affine(400, 300, rng=3)
    np.testing.assert_array_equal(layer.b.data, np.zeros(300, np.float32))
    expected = 0.01 * np.random.default_rng(3).standard_normal((400, 300))
    np.testing.assert_array_equal(layer.W.data, expected.astype(np.float32))
    assert (layer.W.name, layer.b.name) == ("W", "b")


def test_one_generator_gives_one_net():
    def weights(rng):
        return [Affine(3, 3, rng=rng).W.data for _ in range(2)]

    first, second = weights(np.random.default_rng(0)), weights(np.random.default_rng(0))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(*first)
    assert not np.array_equal(*weights(None))


def test_from_arrays_copies_and_keeps_the_dtype():
    W, b = np.ones((3, 2), np.float32), np.zeros(2)
    layer = Affine.from_arrays(W, b)
    W[...] = 5
    assert layer.W.data.max() == 1
    assert layer.W.dtype == layer.b.dtype == np.float32
    assert Affine.from_arrays([[1]], [0]).W.dtype == np.float64
    assert Affine.from_arrays(W, b, dtype=float).b.dtype == np.float64


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Affine(0, 3), ValueRefusedError, "size_in is 0"),
        (lambda: Affine(3, 2.5), TypeRefusedError, r"size_out must be a whole number.*2\.5"),
        (lambda: Affine(True, 3), TypeRefusedError, "size_in"),
        (lambda: Affine(3, 3, dtype=int), TypeRefusedError, "floating-point"),
        (lambda: Affine(3, 3, rng="seed"), TypeRefusedError, "rng.*'seed'"),
        (lambda: Affine(3, 3, rng=-1), ValueRefusedError, "rng.*-1"),
        (lambda: Affine(3, 3, init="hee"), ValueRefusedError, "'hee'.*xavier"),
        (lambda: Affine(3, 3, init=init.He), TypeRefusedError, r"He\(\)"),
        (lambda: Affine(3, 3, init=0.01), TypeRefusedError, "0.01"),
        (lambda: Affine(3, 2, init=lambda shape, rng: np.ones(3)), ShapeError, r"\(3,\).*\(3, 2\)"),
        (lambda: Affine.from_arrays(np.ones((3, 2)), np.ones(3)), ShapeError, r"\(3, 2\).*\(3,\)"),
        (lambda: Affine.from_arrays(np.ones(3), np.ones(3)), ShapeError, r"\(D, M\)"),
        (lambda: init.Xavier()((3,), np.random.default_rng()), ShapeError, r"\(3,\)"),
        (lambda: init.Normal(std=-1), ValueRefusedError, "std is -1"),
        (lambda: Dropout(1), ValueRefusedError, "rate is 1.0"),
        (lambda: Dropout("half"), TypeRefusedError, "rate.*'half'"),
    ],
)
def test_what_makes_no_layer_is_refused(make, error, says):
    with pytest.raises(error, match=says) as caught:
        make()
    assert isinstance(caught.value, BacklitError)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        # (D, M) = (300, 200): 2 / 500, 2 / 300, 0.01²
        ("xavier", 0.004),
        ("glorot_uniform", 0.004),
        ("he", 0.02 / 3),
        ("kaiming_uniform", 0.02 / 3),
        ("normal", 0.0001),
        ("zeros", 0.0),
    ],
)
def test_initialisers_have_the_variance_of_their_papers(name, variance):
    values = init.initialiser(name)((300, 200), np.random.default_rng(0))
    assert values.shape == (300, 200)
    assert values.mean() == pytest.approx(0, abs=1e-3)
    assert values.var() == pytest.approx(variance, rel=0.02)
    if "uniform" in name:
        # The bound of a uniform distribution of variance s² is s √3: √(6 / (D + M)), √(6 / D).
        assert np.abs(values).max() == pytest.approx(np.sqrt(3 * variance), rel=1e-3)


def test_flatten_keeps_vectors_and_empty_batches():
    for given, flat in [((2, 3, 4), (2, 12)), ((5,), (5,)), ((0, 3, 4), (0, 12)), ((2, 3), (2, 3))]:
        assert Flatten()(np.zeros(given)).shape == flat


def test_dropout_drops_at_its_rate_and_keeps_the_mean():
    layer = Dropout(0.25, rng=0)
    out = layer(np.ones(100_000)).data
    assert np.mean(out == 0) == pytest.approx(0.25, abs=0.01)
    assert out.mean() == pytest.approx(1, abs=0.01)
    assert layer.eval()(np.ones(10)).data.tolist() == [1.0] * 10
