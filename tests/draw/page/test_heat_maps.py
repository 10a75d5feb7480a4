"""Heat maps tell the element under the pointer, and follow the numbers."""

from math import ceil, prod

import numpy as np
from draw.page.reading import place, place_of_last
from hypothesis import given, settings
from hypothesis import strategies as st

import backlit as bl
from backlit.draw import draw
from backlit.draw.heat import blocks, cells


def test_heat_maps_are_read_under_the_pointer_and_by_keyboard(opened):
    rng = np.random.default_rng(0)
    W = bl.tensor(rng.normal(size=(6, 12)), "W")
    big = bl.tensor(rng.normal(size=(200, 300)), "big")
    page = opened(draw((W * W).sum() + big.sum()))
    heat = page.locator('[data-heat="v0"]')
    box = heat.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 7.5 / 12, box["y"] + box["height"] * 3.5 / 6)
    assert page.locator("#tip").inner_text() == f"W[3, 7] = {told(W.data[3, 7])}"
    number = page.evaluate("backlit.model.view.tensors.findIndex((x) => x.label === 'big')")
    page.locator(f'[data-heat="v{number}"]').hover()
    assert "strongest of big[" in page.locator("#tip").inner_text()
    page.mouse.move(5, 5)
    page.locator('.edge[data-edge="0"]:not([data-use])').click()
    canvas = page.locator("#panel-body canvas").first
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "End"):
        page.keyboard.press(key)
    assert (
        page.locator("#panel-body .reading").first.inner_text()
        == f"W[2, 11] = {told(W.data[2, 11])}"
    )
    assert place(page) == place_of_last(page)
    canvas.hover(position={"x": 1, "y": 1})
    assert (
        page.locator("#panel-body .reading").first.inner_text() == f"W[0, 0] = {told(W.data[0, 0])}"
    )


def told(value):
    from backlit.draw.number import number

    return number(value)


def test_images_are_read_too(opened):
    x = bl.tensor(np.random.default_rng(0).normal(size=(3, 4, 5)), "x")
    page = opened(draw((x * x).sum()))
    found = page.evaluate("""() => {
      const {heat} = document.querySelector("[data-heat='v0']");
      const array = backlit.model.values[0];
      return [heat.rows, heat.columns, [...heat.strongest(array)], heat.levelsOf(array)];
    }""")
    rows, columns, places, levels = found
    shown = np.array([x.data.ravel()[i] if i >= 0 else 0 for i in places])
    np.testing.assert_allclose(shown / np.abs(x.data).max(), levels)
    assert rows * columns == len(places)


@given(st.lists(st.integers(1, 130), min_size=1, max_size=4), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_page_knows_which_elements_are_in_a_cell(shape, seed):
    shape = tuple(shape) if len(shape) < 3 else tuple(1 + length % 12 for length in shape)
    drawn = cells(np.random.default_rng(seed).normal(size=shape))
    down, across = blocks(shape, tiled=drawn.tile is not None)
    if drawn.tile is not None:
        size, length = drawn.tile[:2], shape[-2:]
    else:
        size = drawn.levels.shape
        length = (1, *shape) if len(shape) == 1 else (shape[0], prod(shape[1:]))
    assert size == (ceil(length[0] / down), ceil(length[1] / across))
