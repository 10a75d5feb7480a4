"""Every figure of the gallery in every language: its boxes, its colours, its letters, its words."""

import json
import re
from functools import cache
from importlib.resources import files
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import backlit as bl
from backlit.draw.font_face import face, language_of, unsized
from backlit.draw.scene import Box, Circle, Frame, Heat, Line
from backlit.draw.svg import svg
from backlit.draw.theme import THEMES
from backlit.gallery import ENTRIES, LANGUAGES, Setting, WrongNumberError, caption, entries
from backlit.gallery.hold import held, hold_gradients, shows
from backlit.gallery.words import name

IDS = [entry.id for entry in ENTRIES]


@cache
def picture(id, language="en"):
    return entries([id])[0].draw(Setting(language))


def test_the_chapter_is_there():
    assert len(IDS) == len(set(IDS)) >= 20
    words = json.loads(files("backlit.gallery").joinpath("words.json").read_text("utf-8"))
    assert sorted(words["captions"]) == sorted(IDS)
    for kind in words.values():
        assert all(len(said) == len(LANGUAGES) == 3 and all(said) for said in kind.values())
    for id in IDS:
        assert len({caption(id, language) for language in LANGUAGES}) == 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", IDS)
def test_nothing_overlaps_or_is_clipped(id, language):
    scene = picture(id, language).scene
    texts = scene.texts()
    assert texts
    for text in texts:
        box = text.box
        assert 0 <= box.left <= box.right <= scene.width, text
        assert 0 <= box.top <= box.bottom <= scene.height, text
    for a, b in combinations(texts, 2):
        assert not a.box.overlaps(b.box), (a, b)
    for item in scene.items:
        for text in texts:
            assert not meets(text, item), (text, item)


def meets(text, item):
    if isinstance(item, Circle):
        return text.box.overlaps(item.box) and not within(text.box, item.box)
    if isinstance(item, Heat):
        return text.box.overlaps(item.box)
    if isinstance(item, Frame):
        return text.box.overlaps(item.box) and not within(text.box, item.box)
    if isinstance(item, Line):
        ends = zip(item.points, item.points[1:], strict=False)
        return any(crosses(text.box, a, b) for a, b in ends)
    return False


def within(box, outer):
    return (
        outer.left < box.left
        and outer.top < box.top
        and box.right < outer.right
        and box.bottom < outer.bottom
    )


def crosses(box, a, b):
    """Whether the segment enters the box: it is clipped to the box, and something is left."""
    low, high = 0.0, 1.0
    for start, end, first, last in zip(a, b, box[:2], box[2:], strict=True):
        if abs(end - start) < 1e-9:
            if not first < start < last:
                return False
            continue
        near, far = sorted(((first - start) / (end - start), (last - start) / (end - start)))
        low, high = max(low, near), min(high, far)
    return high - low > 1e-9


def test_the_boxes_can_tell():
    box = Box(10, 10, 20, 20)
    assert crosses(box, (0, 15), (30, 15))
    assert crosses(box, (0, 0), (30, 30))
    assert not crosses(box, (0, 5), (30, 5))
    assert not crosses(box, (0, 0), (9, 30))


@pytest.mark.parametrize("id", IDS)
def test_themes_change_colours_and_nothing_else(id):
    """So what is shown of the boxes in one theme holds for all."""
    scene = picture(id).scene
    shapes = set()
    for theme in THEMES.values():
        text = svg(scene, theme, "title", "description")
        ET.fromstring(text)
        assert not re.search(r"url\((?!data:)|@import|https?://(?!www\.w3\.org)", text)
        text = re.sub(r'href="data:[^"]*"', "", text)  # a heat map's own colours
        text = re.sub(r"<title>[^<]*</title>", "", text)  # and the words for them
        shapes.add(re.sub(r'#[0-9a-f]{6}|stroke-dasharray="[^"]*"| ', "", text))
    assert len(shapes) == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("id", IDS)
def test_texts_are_legible(id, theme):
    """Contrast of at least 4.5 to 1: WCAG 2.2, success criterion 1.4.3, level AA."""
    scene = picture(id).scene
    colours = THEMES[theme]
    root = ET.fromstring(svg(scene, colours, "title", "description"))
    space = "{http://www.w3.org/2000/svg}"
    formulas = [g.find(f"{space}path") for g in root.iter(f"{space}g") if g.get("role") == "img"]
    written = [*root.iter(f"{space}text"), *formulas]
    assert len(written) == len(scene.texts())
    for element in written:
        symbol = element.get("font-size") == "17"
        below = colours.node if symbol else colours.paper
        assert contrast(element.get("fill"), below) >= 4.5, ET.tostring(element)


def contrast(a, b):
    """As in WCAG 2.2, "contrast ratio" and "relative luminance"."""

    def light(colour):
        shares = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    dark, bright = sorted((light(a), light(b)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_in_a_font_that_comes_along(language):
    texts = [text.text for id in IDS for text in picture(id, language).scene.texts()]
    texts += [caption(id, language) for id in IDS]
    lost = {
        c for text in texts for c in text if not unsized(c) and face(c, language_of(texts)) is None
    }
    assert not lost
    if language == "en":
        assert language_of(texts) == "ja"
        return
    assert language_of(texts) == language
    own = face("가" if language == "ko" else "あ", language)
    names = {c for c in "".join(texts) if c > "\u2fff"}
    assert all(face(c, language) == own for c in names)  # none borrowed from the other


def test_names_are_in_the_language():
    for language in LANGUAGES:
        shown = {text.text for text in picture("apples-gradients", language).scene.texts()}
        assert {name(key, language) for key in ("apple", "number", "tax", "price")} <= shown


def test_a_wrong_number_stops_a_figure():
    x = bl.tensor(2.0, "x")
    y = x * 3.0
    with pytest.raises(WrongNumberError, match=r"the gradient of x is 3\.0.*4"):
        hold_gradients(y, {x: 4})
    with pytest.raises(WrongNumberError, match="should not be there"):
        shows(Setting().draw(y, "y"), [2, 3, 7], [3, 1])
    with pytest.raises(WrongNumberError):
        held("y", np.nan, 1.0)
    with pytest.raises(WrongNumberError):
        held("y", [1.0, 1.0], 1.0)


def test_the_steps_of_the_sigmoid_lie_upon_one_another():
    steps = [picture(id).scene for id in IDS if re.match(r"sigmoid-\d", id)]
    assert len(steps) == 4
    assert len({(step.width, step.height) for step in steps}) == 1
    for before, after in pairwise(steps):
        assert set(before.texts()) < set(after.texts())


def test_derivatives_are_set_as_the_chain_rule_writes_them():
    formulas = {text.text: text.tex for text in picture("chain-rule-derivatives").scene.texts()}
    assert {"∂z/∂z · ∂z/∂t · ∂t/∂x", "∂z/∂z · ∂z/∂t"} <= set(formulas)
    assert formulas["∂z/∂z · ∂z/∂t"].count(r"\dfrac") == 2
