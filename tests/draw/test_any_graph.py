"""Whatever the graph and the names: valid files, nothing overlaps, nothing is missing."""

import sys
from collections import Counter
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from draw.boxes import assert_apart, assert_legible
from draw.graphs import graphs
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import backlit as bl
from backlit.draw import draw
from backlit.draw.assemble import Look, assembled
from backlit.draw.font import shortened
from backlit.draw.formula import symbol
from backlit.draw.glimpse import glimpse
from backlit.draw.place import placed
from backlit.draw.read import read
from backlit.draw.scene import Circle, Frame, Line
from backlit.quiet import quiet

OPTIONS = st.fixed_dictionaries(
    {
        "direction": st.sampled_from(["right", "left", "down", "up"]),
        "theme": st.sampled_from(["light", "dark", "print"]),
        "formulas": st.booleans(),
        "depth": st.sampled_from([0, 0, 1]),
        "fold": st.sampled_from([False, False, "repeat", "auto"]),
        "precision": st.integers(1, 6),
        "size": st.sampled_from([1, 0.5]),
    }
)


@settings(
    max_examples=40,
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(y=graphs(), options=OPTIONS)
def test_every_graph_is_drawn_whole(y, options):
    dout = None if y.size == 1 else np.ones(y.shape)
    figure = quiet(lambda: draw(y, dout=dout, **options))
    diagram, scene = figure._page.diagram, figure.scene
    root = ET.fromstring(figure.svg)
    assert not [tag for tag in root.iter() if tag.tag.endswith("script")]
    assert_legible(scene)
    assert_apart([item.box for item in scene.items if isinstance(item, Circle)])
    expected = Counter(shortened(symbol(x.op), 16) for x in diagram.calls)
    drawn = Counter(text.text for text in scene.texts() if text.role == "symbol")
    blocks = [item for item in scene.items if isinstance(item, Frame) and item.role == "block"]
    if not blocks:
        assert drawn == expected
    backward = [item for item in scene.items if isinstance(item, Line) and item.role == "back"]
    branched = {x for x, uses in diagram.uses.items() if len(uses) > 1}
    parts = [use for use in diagram.parts if use.source in branched]
    assert len(backward) == len(diagram.gradients) + len(parts)
    lines = [line for line in str(figure).splitlines() if not line.startswith("    ")]
    for x in diagram.calls:
        value = str(glimpse(x.data, options["precision"]))
        gradient = diagram.gradients.get(x)
        told = value if gradient is None else f"← {glimpse(gradient, options['precision'])}"
        assert any(value in line and told in line for line in lines)
    assert sum("←" in line for line in lines) == len(diagram.gradients)


@pytest.mark.parametrize("direction", ["right", "left", "down", "up"])
@pytest.mark.parametrize("seed", range(4))
def test_large_graphs_are_put_in_columns_without_overlap(seed, direction, monkeypatch):
    monkeypatch.setattr(sys.modules["backlit.draw.place"], "_LARGE", 20)
    rng = np.random.default_rng(seed)
    there = [bl.tensor(rng.normal(), f"x{i}") for i in range(3)]
    for _ in range(120):
        a, b = (there[-1 - min(int(rng.exponential(6)), len(there) - 1)] for _ in range(2))
        there.append(bl.sigmoid(a * b) if rng.random() < 0.3 else bl.add(a, b) * 0.5)
    figure = draw(there[-1], direction=direction, fold=False, open="sigmoid" if seed else None)
    assert_legible(figure.scene)
    ET.fromstring(figure.svg)


def test_a_tensor_used_fifty_times():
    x = bl.tensor(2.0, "x")
    y = bl.stack([x * float(i) for i in range(50)]).sum()
    figure = draw(y, fold=False, limit=60)
    assert_legible(figure.scene)
    parts = [text.text for text in figure.scene.texts() if text.role == "gradient"]
    assert {str(i) for i in range(50)} <= set(parts)
    assert str(sum(range(50))) in parts
    assert str(figure).count("x                  ") <= 1


def test_one_tensor_as_both_inputs():
    x = bl.tensor(3.0, "x")
    figure = draw(x * x)
    gradients = sorted(text.text for text in figure.scene.texts() if text.role == "gradient")
    assert gradients == ["1", "3", "3", "6"]
    arrows = [item for item in figure.scene.items if isinstance(item, Line) and item.arrow
              and item.role == "wire"]  # fmt: skip
    assert len({arrow.points[-1] for arrow in arrows}) == 3  # two into the circle, one out of it


def test_where_no_gradient_goes():
    x, y = bl.tensor([1.0, 2.0], "x"), bl.tensor([5.0, 6.0], "y")
    t = bl.tensor([1, 0], "t", requires_grad=False)
    z = (x * y.detach() + t).sum()
    text = str(draw(z))
    with_gradient = {line.split()[0] for line in text.splitlines() if "←" in line}
    assert with_gradient == {"x", "#1", "#2", "z"}
    assert "t" in text


def test_a_long_name_is_shortened_and_whole_in_its_title():
    name = f"first{'m' * 300}last"
    figure = draw(bl.tensor(1.0, name) * 2.0)
    shown = [text for text in figure.scene.texts() if text.role == "name"]
    assert shown[0].text.startswith("first")
    assert shown[0].text.endswith("last")
    assert len(shown[0].text) < 40
    titles = [e.text for e in ET.fromstring(figure.svg).iter() if e.tag.endswith("}title")]
    assert name in titles


def test_the_pieces_of_a_page_are_placed_as_those_of_a_figure():
    x = bl.tensor(np.arange(40.0).reshape(4, 10), "x")
    y = bl.tanh(x).sum()
    scene = placed(assembled(read(y), Look()))
    assert_legible(scene)
