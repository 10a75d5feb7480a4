"""The picture: nothing overlaps, nothing gets out, all marks are there in black and white."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from check.render.reports import ALL, DEEP, NASTY, ONE, WHOLE, fault, row

from backlit.check import Report, check
from backlit.check.render import picture
from backlit.check.render.layout import WIDTH, laid_out
from backlit.check.render.view import view


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", ALL)
def test_nothing_overlaps_and_all_is_inside(name):
    drawing = laid_out(view(ALL[name]))
    boxes = [(f.x, f.y, f.x + f.width, f.y + f.height) for f in drawing.frames]
    for one, other in combinations(boxes, 2):
        assert not overlap(one, other)
    for box in boxes:
        assert min(box[:2]) >= 0
        assert box[2] <= WIDTH
        assert box[3] <= drawing.height
    for x, y, end in drawing.arrows:
        assert 0 < x < end < WIDTH
        assert not any(overlap((x, y - 4, end, y + 4), box) for box in boxes)
    for frame in drawing.frames:
        extents = [words.extent for words in frame.words]
        for one, other in combinations(extents, 2):
            assert not overlap(one, other), frame.words
        for left, top, right, bottom in extents:
            assert left >= 0
            assert top >= 0
            assert right <= frame.width + 0.01
            assert bottom <= frame.height


@pytest.mark.parametrize("name", ALL)
def test_it_is_xml_without_anything_of_the_names(name):
    root = ET.fromstring(picture(ALL[name]))
    kinds = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert kinds <= {"svg", "style", "rect", "path", "text"}
    assert not any(key.startswith("on") for each in root.iter() for key in each.attrib)


def test_what_is_wrong_is_told():
    text = re.sub(r"<[^>]*>", "\n", picture(ONE))
    for words in ("✗ Affine1", "✓ Relu1", "✗W1", "✓b1", "W1[123, 45]", "0.0123457", "−0.0034512",
                  "transposed (98 %)", "net.py, line 42", "− self.dW = dout.T @ self.x",
                  "+ self.dW = self.x.T @ dout", "1 more element like it"):  # fmt: skip
        assert words in text
    assert picture(ONE) == picture(ONE)


def test_runs_of_healthy_layers_are_one_box_in_a_deep_net():
    drawing = laid_out(view(DEEP))
    many = [frame.words[0].text for frame in drawing.frames if frame.style == "many"]
    assert len(many) == 4
    bad = [frame for frame in drawing.frames if frame.style == "bad"]
    assert [frame.words[0].text for frame in bad] == ["✗ Affine7", "✗ Affine30", "✗ Affine70"]
    assert len(drawing.frames) < 30


def test_the_net_itself_stands_apart():
    whole = view(WHOLE)
    assert [layer.name for layer in whole.layers] == ["Linear (fc1)", "ReLU (act)", "Net"]
    assert len(laid_out(whole).arrows) == 1
    assert "the net itself" in picture(WHOLE)
    listed = WHOLE | {"layers": ["Linear (fc1)", "ReLU (act)"]}
    assert laid_out(view(listed)) == laid_out(whole)


def test_a_layer_that_gets_wrong_numbers_is_not_blamed():
    report = ONE | {"cleared": ["Affine2"]}
    rows = [each | {"ok": each["layer"] != "Affine2" and each["ok"]} for each in ONE["rows"]]
    drawing = laid_out(view(report | {"rows": rows}))
    (box,) = [f for f in drawing.frames if f.words[0].text.endswith("Affine2")]
    assert box.style == "ok"
    assert [words.text for words in box.words] == ["✓ Affine2", "✗W2", "gets a wrong dout"]


def test_of_a_real_report_and_of_its_dictionary():
    class Off:
        def forward(self, x):
            return 2 * x

        def backward(self, dout):
            return dout

    import numpy as np

    report = check(Off(), np.ones(3))
    assert picture(report) == picture(report.to_dict())
    assert "✗ Off" in picture(report)
    assert "✓ pass" in picture(Report(NASTY))


def test_a_layer_that_was_not_examined_is_neither_right_nor_wrong():
    names = ("Affine1", "Block", "Affine2")
    status = ("healthy", "not examined", "faulty")
    layers = [{"name": n, "status": s} for n, s in zip(names, status, strict=True)]
    rows = [row("Affine1", "W"), row("Affine2", "W", ok=False)]
    report = {"target": "Net", "ok": False, "layers": layers, "rows": rows,
              "faults": [fault("Affine2", "W")], "cleared": ["Affine1"]}  # fmt: skip
    seen = {layer.name: layer.is_unseen for layer in view(report).layers}
    assert seen == {"Affine1": False, "Block": True, "Affine2": False}
    frames = {f.words[0].text.split()[-1]: f for f in laid_out(view(report)).frames if f.words}
    texts = [words.text for words in frames["Block"].words]
    assert "not examined" in texts
    assert not any(mark in text for text in texts for mark in "✓✗")
    assert frames["Block"].words[0].style == "dim"
    assert "not examined" not in [words.text for words in frames["Affine1"].words]
    assert "not examined" in picture(report)
