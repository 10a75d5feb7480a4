"""PDF: one page of vectors, the drawing's size, its text as text."""

import re
import zlib

import pytest
from draw import gallery

import backlit as bl
from backlit.draw import draw
from backlit.draw.pdf import pdf

FIGURES = {figure.__name__: figure for figure in gallery.FIGURES}


def streams(content):
    for data in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            yield zlib.decompress(data)
        except zlib.error:
            continue


@pytest.mark.filterwarnings("ignore:pdf. no font")
@pytest.mark.parametrize("name", ["apples", "sigmoid_opened", "two_layer_net", "hostile"])
def test_every_element_of_a_drawing_is_known(name):
    figure = FIGURES[name](theme="print")[0]
    content = pdf(figure.svg)
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") == 1
    box = [float(n) for n in re.search(rb"/MediaBox \[([^\]]*)\]", content)[1].split()]
    scene = figure.scene
    assert box[2:] == pytest.approx([0.75 * scene.width, 0.75 * scene.height], abs=1)


def test_text_can_be_selected_and_searched():
    x = bl.tensor(2.0, "りんご")
    content = pdf(draw(x * 3.0).svg)
    maps = b"".join(
        data for data in streams(content) if b"beginbfrange" in data or b"beginbfchar" in data
    )
    for character in "り6":  # each font says which Unicode character a glyph is
        assert f"{ord(character):04x}".encode() in maps.lower()


def test_no_bitmap_but_for_heat_maps(tmp_path):
    figure = gallery.apples()[0]
    figure.save(tmp_path / "y.pdf")
    assert b"/Subtype /Image" not in (tmp_path / "y.pdf").read_bytes()


def test_the_same_drawing_gives_the_same_file():
    assert pdf(gallery.apples()[0].svg) == pdf(gallery.apples()[0].svg)


def test_what_is_not_known_is_refused():
    start = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9">'
    with pytest.raises(ValueError, match="'ellipse'"):
        pdf(f"{start}<ellipse/></svg>")
    with pytest.raises(ValueError, match="'A'"):
        pdf(f'{start}<path d="M0 0A1 1"/></svg>')
