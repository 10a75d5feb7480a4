"""The report: the same every time, and one page that needs nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backlit.check import check
from backlit.data import Dataset, Split
from backlit.draw.font import width
from backlit.train import History, Predictions, Row, Settings, write_report
from backlit.train.documents import read_document
from backlit.train.report.axes import BELOW, NAME, TITLE, ticks
from backlit.train.report.canvas import BLUE, ORANGE
from backlit.train.report.figures import curves, mistakes

FILES = {
    "check.json",
    "confusion.png",
    "confusion.svg",
    "curves.png",
    "curves.svg",
    "mistakes.png",
    "report.html",
}


def write(folder, rows, probabilities, checked, classes="0123456789"):
    folder.mkdir()
    rng = np.random.default_rng(0)
    settings = Settings(hidden=(3,))
    net = settings.net()
    images = rng.random((len(probabilities), 784), np.float32)
    labels = np.arange(len(probabilities)) % 10
    split = Split(images, labels)
    write_report(
        folder,
        net=net,
        settings=settings,
        dataset=Dataset("<digits>", tuple(classes), train=split, test=split),
        history=History(rows),
        predictions=Predictions(probabilities, labels),
        check=check(net, images[:2], labels[:2], samples=3) if checked else None,
        command="backlit train --hidden 3",
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two reports of the same, one of the least, and one where all is right."""
    path = tmp_path_factory.mktemp("reports")
    rng = np.random.default_rng(1)
    guesses = rng.dirichlet(np.ones(10), 60)
    rows = [Row(i, 600 * i, 1 / i, 1 - 0.2 / i, 1 - 0.3 / i, 0.5) for i in range(1, 6)]
    write(path / "one", rows, guesses, checked=True)
    write(path / "two", rows, guesses, checked=True)
    write(path / "least", [Row(1, 3, 2.0, None, None, 0.1)], guesses, checked=False)
    write(path / "right", rows[:1], np.eye(10), checked=False, classes=["long name"] * 10)
    return path


def test_the_same_run_gives_the_same_bytes(folders):
    assert {path.name for path in (folders / "one").iterdir()} == FILES
    assert {path.name for path in (folders / "least").iterdir()} == FILES - {"check.json"}
    for name in FILES:
        assert (folders / "one" / name).read_bytes() == (folders / "two" / name).read_bytes()
    assert read_document(folders / "one" / "check.json", "check")["ok"]


def test_the_page_needs_nothing_else(folders):
    for path in folders.glob("*/report.html"):
        text = path.read_text(encoding="utf-8")
        links = re.findall(r'(?:src|href|xlink:href)="([^"]*)"|url\(([^)]*)\)|@import', text)
        assert all(re.match("data:|#|$", one or other) for one, other in links)
        assert not re.search(r"<(?:script|link|iframe)", text)
        assert re.findall(r"https?://[^\"]+", re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)) == []
        assert "prefers-color-scheme: dark" in text
        assert 'name="viewport"' in text
        assert "&lt;digits&gt;" in text


class Balanced(HTMLParser):
    """Follows which elements are open, and collects ids."""

    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in ("meta", "img", "path", "use", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if tag not in ("meta", "img", "path", "use", "br"):
            assert self.open.pop() == tag


def test_the_page_is_well_formed(folders):
    for path in folders.glob("*/report.html"):
        page = Balanced()
        page.feed(path.read_text(encoding="utf-8"))
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))


def test_pictures(folders):
    for path in folders.glob("*/*.svg"):
        text = path.read_text(encoding="utf-8")
        ET.fromstring(text)
        assert "<dc:date>" not in text
    for path in folders.glob("*/*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


SVG = "{http://www.w3.org/2000/svg}"
LENGTHS = st.integers(1, 60)
SIZES = st.floats(1e-9, 1e9)


@given(st.data(), LENGTHS, SIZES, st.booleans())
def test_curves_stay_in_their_frame(data, epochs, scale, accurate):
    fraction = st.floats(0, 1)
    losses = data.draw(st.lists(fraction, min_size=epochs, max_size=epochs))
    accuracies = [data.draw(fraction) if accurate else None for _ in losses]
    rows = [
        Row(i + 1, 600 * (i + 1), scale * loss, share, share, 1.0)
        for i, (loss, share) in enumerate(zip(losses, accuracies, strict=True))
    ]
    picture = curves(History(rows))
    drawn = ET.fromstring(picture.svg())
    for line in drawn.iter(f"{SVG}polyline"):
        for x, y in (map(float, point.split(",")) for point in line.get("points").split()):
            assert 0 <= x <= picture.width
            assert TITLE <= y <= picture.height - BELOW + 4
    ends = [text for text in drawn.iter(f"{SVG}text") if text.get("fill") in {BLUE, ORANGE}]
    assert len(ends) == 2 * (3 if accurate else 1)
    heights = sorted(float(text.get("y")) for text in ends[-4:])
    assert len(ends) == 2 or min(b - a for a, b in pairwise(heights)) > 0.9 * NAME
    assert 0 <= heights[0] <= heights[-1] <= picture.height


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12), st.booleans())
@example(1.0, 800801.0, 4, False)
def test_ticks_are_round_and_within(low, span, most, whole):
    found = ticks(low, low + span, most, whole=whole)
    values = [value for value, _ in found]
    assert len(found) <= most + 1
    assert whole or len(found) >= most / 3
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value in values)
    assert len({label for _, label in found}) == len(found)
    assert not whole or all(value == int(value) for value in values)


def test_mistakes_keep_apart_whatever_they_are_called():
    classes = ["a very long name indeed"] * 10
    guesses = np.eye(10)[np.arange(1, 31) % 10]
    predictions = Predictions(guesses, np.arange(30) % 10)
    picture = mistakes(np.zeros((30, 28, 28)), predictions, classes)
    drawn = ET.fromstring(picture.svg())
    assert len(list(drawn.iter(f"{SVG}image"))) == 24
    for text in drawn.iter(f"{SVG}text"):
        if text.get("text-anchor") == "middle":
            assert width(text.text, float(text.get("font-size"))) <= picture.width / 8


def test_a_page_says_what_matters(folders):
    text = (folders / "one" / "report.html").read_text(encoding="utf-8")
    for said in ("784-3-10", "affine1.W", "Gradient check", "backlit train --hidden 3", "94.00 %"):
        assert said in text
    right = (folders / "right" / "report.html").read_text(encoding="utf-8")
    assert "Most confidently wrong" not in right
    assert "100.00 %" in right
