"""Heat maps: no extreme is lost, what is no number is marked, and every format shows them."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from PIL import Image

import backlit as bl
from backlit.draw import draw
from backlit.draw.glimpse import glimpse
from backlit.draw.heat import cells, picture, scale
from backlit.draw.scene import Heat
from backlit.draw.theme import THEMES


@settings(max_examples=60, deadline=None)
@given(array_shapes(min_dims=1, max_dims=5, max_side=24), st.integers(0, 99))
def test_extremes_are_kept_and_zero_is_zero(shape, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(*shape[:-1], shape[-1] * rng.integers(1, 9))[-4:])
    values *= seed > 0
    found = cells(values)
    levels = found.levels
    assert max(levels.shape) <= 84
    assert found.size * max(levels.shape) <= 108 + 1e-6 or found.size <= 1.5
    strongest = np.abs(values).max()
    assert np.abs(levels).max() <= 1 + 1e-12
    if not found.part and strongest:
        assert np.isclose(np.abs(levels).max(), 1)
        assert np.isin(np.round(levels[levels != 0] * strongest, 9), np.round(values, 9)).all()
    if not strongest:
        assert not levels.any()


def colours(levels, theme="light", tile=None):
    address = picture(np.asarray(levels, float), tile, THEMES[theme])
    import base64

    with Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))) as image:
        dots = np.asarray(image.convert("RGB")).astype(int)
    return dots.reshape(len(levels), 4, len(levels[0]), 4, 3).swapaxes(1, 2)


def test_colours():
    shown = colours([[-1.0, 0.0, 0.5, 1.0]])[0, :, 0, 0]
    cold, paper, half, warm = shown
    assert tuple(paper) == (255, 255, 255)
    assert cold[2] > cold[0]  # blue
    assert warm[0] > warm[2]  # orange
    assert np.abs(half - (paper + warm) / 2).max() <= 1.5
    grey = colours([[-1.0, 0.0, 1.0]], "print")[0, :, 0, 0]
    assert tuple(grey[0]) == (255, 255, 255)
    assert tuple(grey[2]) == (0, 0, 0)
    assert 120 < grey[1][0] < 135
    positive = colours([[0.0, 1.0]], "print")[0, :, 0, 0]
    assert tuple(positive[0]) == (255, 255, 255)
    assert "white" in scale(np.array([[0.0, 1.0]]), THEMES["print"])


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_no_number_is_marked(theme):
    shown = colours([[1.0, np.nan, np.inf, -np.inf, -1.0]], theme)[0]
    for k in (1, 2, 3):
        assert len({tuple(dot) for dot in shown[k].reshape(-1, 3)}) == 2
    for k in (0, 4):
        assert len({tuple(dot) for dot in shown[k].reshape(-1, 3)}) == 1
    assert len({shown[k].tobytes() for k in range(5)}) == 5


def test_images_stand_side_by_side():
    images = np.zeros((6, 1, 28, 28))
    images[4] = 1.0
    found = cells(images)
    assert found.tile == (28, 28, 6)
    assert found.levels.shape == (56, 84)
    assert found.levels[28:, 28:56].all()
    assert found.levels.sum() == 28 * 28
    assert not found.part
    many = cells(np.ones((100, 16, 14, 14)))
    assert many.tile == (14, 14, 36)
    assert many.part == "the first 6 × 6 of 100 × 16"
    assert cells(np.ones((3, 200, 200))).block == "each cell is the strongest of 5 × 5"


@pytest.mark.parametrize("dtype", [float, np.float32, int, bool, np.uint8])
def test_every_shape_and_dtype_has_a_glimpse(dtype):
    for shape in [(), (1,), (0,), (0, 3), (3, 0, 2), (5,), (40,), (2, 3), (9, 9), (2, 3, 4),
                  (2, 1, 5, 5), (2, 2, 2, 2, 2), (1, 1, 1, 1)]:  # fmt: skip
        values = np.ones(shape, dtype)
        found = glimpse(values, fine=True)
        assert str(found)
        assert str(found) == str(glimpse(values))


def test_every_format_shows_them(tmp_path):
    x = bl.tensor(np.linspace(-1, 1, 600).reshape(20, 30), "x")
    figure = draw((x * 2.0).sum())
    heats = [item for item in figure.scene.items if isinstance(item, Heat)]
    assert len(heats) == 4
    assert figure.svg.count("data:image/png;base64,") == 4
    texts = [text.text for text in figure.scene.texts()]
    assert {"(20, 30)", "−1 … 1"} <= set(texts)
    assert any(text.startswith("mean ") for text in texts)
    with Image.open(io.BytesIO(figure.png(scale=1))) as picture:
        dots = np.asarray(picture.convert("RGB")).astype(int)
    box = heats[0].box
    inside = dots[int(box.top) + 3 : int(box.bottom) - 3, int(box.left) + 3 : int(box.right) - 3]
    assert (inside[0, :, 2] > inside[0, :, 0]).all()  # the first row is the lowest: blue
    assert (inside[-1, :, 0] > inside[-1, :, 2]).all()
    figure.save(tmp_path / "x.pdf")
    content = (tmp_path / "x.pdf").read_bytes()
    assert content.count(b"/Subtype /Image") >= 4
