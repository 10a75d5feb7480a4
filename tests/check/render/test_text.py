"""A report as text and as HTML."""

import io
from html.parser import HTMLParser

import pytest
from check.render.reports import ALL, HEALTHY, NASTY, ONE

from backlit.check import Fault, Report
from backlit.check.render import fragment, mimebundle, page, plain, show, words
from backlit.check.render.words import fitting, in_short, width, wrapped


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("name", ALL)
def test_a_terminal_shows_the_same_words_in_colour(name):
    pipe, terminal = io.StringIO(), Terminal()
    show(ALL[name], pipe)
    assert pipe.getvalue() == plain(ALL[name]) + "\n"
    show(ALL[name], terminal)
    assert not {"\x00", "\u202e"} & {*pipe.getvalue()}
    if name == "one":
        assert "transposed" in terminal.getvalue()


def test_the_lines_of_a_fault():
    text = plain(ONE)
    assert text.startswith("✗ gradient check of TwoLayerNet: 1 fault\n")
    assert "     − self.dW = dout.T @ self.x\n     + self.dW = self.x.T @ dout" in text
    assert "1 more like it" in text
    assert plain(HEALTHY).splitlines()[0] == "✓ gradient check of Affine: pass"
    assert "x" not in plain(Report("y", (), (Fault("y", message="broke"),)))


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(key.startswith("on") for key, _ in attrs)
        if tag not in {"meta", "rect", "path"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in {"rect", "path"}:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("name", ALL)
def test_html_is_whole_and_has_nothing_of_the_names(name):
    reader = Reader()
    reader.feed(page(ALL[name]))
    assert reader.open == []
    assert not reader.tags & {"b onclick", "script", "link", "img"}
    if name == "nastiest":
        assert NASTY.split("\x00")[0] in "".join(reader.text)


def test_what_a_notebook_asks_for():
    bundle = mimebundle(ONE, include=None, exclude=None)
    assert bundle == {"text/plain": plain(ONE), "text/html": fragment(ONE)}
    assert "http" not in bundle["text/html"].replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("columns", [1, 2, 7, 40])
def test_texts_are_made_to_fit(columns):
    for text in (NASTY, "word " * 50, "", "層" * 30, "a\n\tb"):
        assert width(fitting(text, columns)) <= columns
        for line in wrapped(text, max(columns, 2), 3):
            assert width(line) <= max(columns, 2)
        assert len(wrapped(text, max(columns, 2), 3)) <= 3


def test_every_code_has_words():
    from check.faults.case import CODES

    assert words._SHORT.keys() >= CODES
    assert in_short("not_summed") == "not summed over the batch"
