"""Letters: measured with the fonts that draw them, carried along, and told of where they lack."""

import io
import re
import sys
import warnings
from base64 import b64decode

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageFont

import backlit as bl
from backlit.draw import draw, font_missing
from backlit.draw.font import files, leans, width
from backlit.draw.font_cut import carried
from backlit.draw.font_face import em, face, language_of, runs
from backlit.draw.pdf import pdf


def named(*names):
    y = bl.tensor(1.0, names[0])
    for name in names[1:]:
        y = y * bl.tensor(2.0, name)
    return draw(y)


def fonts_in(svg):
    for name, data in re.findall(r"font-family:([\w-]+);[^}]*?base64,([^)]*)\)", svg):
        yield name, TTFont(io.BytesIO(b64decode(data)))


def test_widths_are_those_of_the_fonts():
    for text, slanted in (("price 0.5 −·²", False), ("W1 price", True), ("りんご消費税", False)):
        drawn = face(text[0], slanted=slanted)
        pillow = ImageFont.truetype(drawn.path, 1000, layout_engine=ImageFont.Layout.BASIC)
        measured = sum(pillow.getlength(c) for c in text) / 1000
        assert width(text, 20, slanted=slanted) == pytest.approx(20 * measured, rel=2e-3)
    assert em("\u0301") == em("\u200d") == 0


def test_han_characters_are_those_of_the_language():
    assert language_of(["税"]) == "ja"
    assert language_of(["税", "소비세"]) == "ko"
    assert face("あ").family == "Noto Sans JP"
    assert face("소").family == "Noto Sans KR"
    assert face("全", "ja").family == "Noto Sans JP"
    assert face("全", "ko").family == "Noto Sans KR"  # drawn otherwise
    assert face("大", "ko").family == "Noto Sans JP"  # drawn alike
    assert 'lang="ko"' in named("소비세", "x").svg
    assert 'lang="ja"' in named("消費税", "x").svg
    assert "lang=" not in named("tax", "x").svg


def test_what_has_no_italics_stands_upright():
    assert leans("price_1")
    assert not leans("価格")
    assert not leans("🌸")


def test_an_svg_carries_exactly_its_letters():
    figure = named("りんご", "사과", "tax", "🌸")
    held = set()
    for _, font in fonts_in(figure.svg):
        held |= set(font.getBestCmap())
    texts = {c for text in figure.scene.texts() if not text.tex for c in text.text}
    assert {ord(c) for c in texts} - held == {ord("🌸")}
    assert held <= {ord(c) for c in texts}
    assert len(figure.svg) < 25_000


def test_scripts_that_join_their_letters_are_left_to_the_readers_fonts():
    """Cut out of a font, letters stand alone."""
    held = set()
    for _, font in fonts_in(named("سعر x1", "y").svg):
        held |= set(font.getBestCmap())
    assert held >= {ord("x"), ord("1")}
    assert not held & set(map(ord, "سعر"))


def test_accents_are_put_on_their_letters():
    assert "é" in {text.text for text in named("e\u0301", "x").scene.texts()}


def test_figures_in_one_page_have_fonts_of_their_own_names():
    names = [{name for name, _ in fonts_in(named(name, "x").svg)} for name in ("abc", "りんご")]
    assert not names[0] & names[1]
    again = {name for name, _ in fonts_in(named("abc", "x").svg)}
    assert again == names[0]
    assert carried([]).css == ""


@pytest.mark.parametrize("text", ["👩‍👩‍👧 e\u0301 ﷺ ไทย \u202eabc", "a" * 300, "日本한국🌸", "𓀀𝛼"])
def test_any_name_is_drawn_without_overlap(text):
    figure = named(text, "x")
    texts = figure.scene.texts()
    for a in texts:
        assert 0 <= a.box.left <= a.box.right <= figure.scene.width
        assert not any(a.box.overlaps(b.box) for b in texts if b is not a)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        assert Image.open(io.BytesIO(figure.png())).width > 0
        assert pdf(figure.svg).startswith(b"%PDF-")


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_character_without_a_glyph_is_told(kind, monkeypatch, tmp_path):
    module = sys.modules[f"backlit.draw.{kind}"]
    monkeypatch.setattr(module, "system_font", lambda character, **_: None)
    figure = named("flower 🌸", "x")
    with pytest.warns(UserWarning, match=rf"{kind}: .*🌸 \(U\+1F338 CHERRY BLOSSOM\)"):
        figure.save(tmp_path / f"y.{kind}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.save(tmp_path / "y.svg")
        named("りんご", "사과").save(tmp_path / f"z.{kind}")


def test_a_font_of_the_machine_is_asked():
    whole = font_missing.system_font("a", truetype=True)
    assert whole is None or whole.lower().endswith(".ttf")
    has = font_missing.system_font("a")
    assert has is None or has.endswith((".ttf", ".otf", ".ttc", ".TTF"))
    assert font_missing.system_font("\U0010fffd") is None
    assert font_missing.missing(["aあ가🌸\u200d", "🌸"]) == ["🌸"]


def test_japanese_and_korean_are_drawn_and_not_boxed():
    """A box would be the same picture for every character."""
    pictures = {}
    for name in ("価", "格", "값", "줄"):
        with Image.open(io.BytesIO(named(name, "x").png())) as image:
            pictures[name] = np.asarray(image.convert("L")).tobytes()
    assert len(set(pictures.values())) == 4
    with Image.open(io.BytesIO(named("全", "소").png())) as korean:
        above = korean.crop((0, 0, korean.width, korean.height // 2))
        with Image.open(io.BytesIO(named("全", "そ").png())) as japanese:
            assert above.tobytes() != japanese.crop((0, 0, *above.size)).tobytes()
    assert [run.face.family for run in runs("W 値")] == ["DejaVu Sans", "Noto Sans JP"]


def test_files_are_there():
    assert len(files()) == 4
