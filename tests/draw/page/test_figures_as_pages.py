"""Every figure as a page: its size, its steps, and what it does not do."""

import re

import numpy as np
import pytest
from draw import gallery
from draw.page.reading import place_of_last, price

import backlit as bl
from backlit.draw import Figure, draw
from backlit.errors import GraphError
from backlit.gallery import ENTRIES, Setting

TEXTS = "[...document.querySelectorAll('#stage svg text')].map((x) => x.lastChild?.data ?? '')"


def nothing_computed():
    x = bl.tensor(3.0, "x")
    return draw(x), x


def no_gradient_to_show():
    x = bl.tensor([[1, 2, 3]], "x")
    y = x * 2 - bl.tensor(np.zeros((0, 1)), "none")
    return draw(y), y


# The others are opened, and changed, in test_numbers.
PLAYED = [gallery.apples, gallery.affine_batch, gallery.two_layer_net, gallery.reuse,
          gallery.hostile, nothing_computed, no_gradient_to_show]  # fmt: skip


@pytest.mark.parametrize("figure", PLAYED, ids=lambda figure: figure.__name__)
def test_a_page_shows_its_figure_and_plays_to_the_end(figure, opened):
    drawn, _ = figure()
    page = opened(drawn)
    shown = page.evaluate(TEXTS)
    texts = [text.text for text in drawn.scene.texts() if not text.tex]
    for view in range(page.evaluate("backlit.data.views.length")):
        page.evaluate("(n) => backlit.view(n)", view)
        page.keyboard.press("Home")
        assert page.locator(".gradient.later").count() == page.locator("#stage .gradient").count()
        page.evaluate("while (backlit.player.at < backlit.player.last) backlit.player.step(1)")
        assert page.locator("#stage .later").count() == 0
        assert page.locator(".link:not([data-edge])").count() == 0
    assert sorted(map(clean, shown)) == sorted(map(clean, texts))


def clean(text):
    return re.sub(r"[^\x20-\ud7ff\ue000-\U0010ffff]", "", text).strip()


def test_a_figure_whose_numbers_have_changed_is_not_made_a_page(tmp_path):
    x = bl.tensor(np.array([1.0, 2.0]), "x")
    figure = draw((x * x).sum())
    x.data += 1
    with pytest.raises(GraphError, match="draw it again"):
        figure.save(tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_a_figure_in_a_notebook_stays_light():
    assert set(price()._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}


def test_a_figure_without_gradients_plays_forwards_only(opened):
    page = opened(gallery.apples_values()[0])
    assert place_of_last(page) == 2
    page.locator("[data-op]").first.click()
    assert "backward" not in page.locator("#panel-body").inner_text().lower()


def test_the_same_figure_makes_the_same_page():
    assert price().html == price().html


def test_the_chapters_pages_are_small_in_a_language_that_needs_fonts_too():
    figures = {entry.id: entry.draw(Setting("ja")) for entry in ENTRIES}
    figures |= {figure.__name__: figure()[0] for figure in gallery.FIGURES}
    sizes = {id: len(figure.html.encode()) for id, figure in figures.items() if is_graph(figure)}
    assert len(sizes) >= 36
    assert max(sizes.values()) < 500_000, sizes


def is_graph(picture):
    return isinstance(picture, Figure)


@pytest.mark.parametrize("direction", ["right", "left", "down", "up"])
def test_every_line_belongs_to_a_tensor(direction):
    for figure in (gallery.apples, gallery.reuse, gallery.softmax_with_loss_opened):
        drawn, _ = figure(direction=direction)
        assert '<g class="link"><' not in drawn.html
