"""Every figure of the gallery: no text meets another, its circle's border, a line or the edge."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from draw import gallery
from draw.boxes import assert_legible

FIGURES = {figure.__name__: figure for figure in gallery.FIGURES}


@pytest.mark.parametrize("direction", ["right", "left", "down", "up"])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_overlaps_or_is_clipped(name, direction):
    assert_legible(FIGURES[name](direction=direction)[0].scene)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize("name", FIGURES)
def test_is_well_formed_and_stands_alone(name, theme):
    figure = FIGURES[name](theme=theme)[0]
    root = ET.fromstring(figure.svg)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {
        "svg", "title", "desc", "style", "rect", "path", "polygon", "circle", "g", "text", "image"
    }  # fmt: skip
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert not re.search(r"(href=\"|url\()['\"]?(?!data:)|@import", figure.svg)
    assert figure.svg.count("://") == 1  # of the namespace
    assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)
    drawn = {text.text for text in figure.scene.texts() if not text.tex}
    assert drawn == {"".join(e.itertext()) for e in root.iter() if e.tag.endswith("text")} or (
        name == "hostile"
    )


def shown(figure, role):
    return [item.text for item in figure.scene.texts() if item.role == role]


def test_apples():
    figure, price = gallery.apples()
    assert sorted(shown(figure, "value")) == sorted(["100", "2", "200", "1.1", "220"])
    assert sorted(shown(figure, "gradient")) == sorted(["2.2", "110", "1.1", "200", "1"])
    assert sorted(shown(figure, "name")) == ["apple", "number", "price", "tax"]  # from the source
    assert all(x.grad is None for x in (price, *price.op.inputs))
    values, _ = gallery.apples_values()
    assert not shown(values, "gradient")


def test_apples_and_oranges():
    figure, price = gallery.apples_and_oranges()
    assert {"715", "650", "200", "450"} <= set(shown(figure, "value"))
    assert {"110", "2.2", "3.3", "165", "650"} <= set(shown(figure, "gradient"))
    price.backward()
    tax = price.op.inputs[1]
    assert np.isclose(tax.grad, 650)


def test_nodes():
    assert sorted(shown(gallery.multiply_node()[0], "gradient")) == ["1.3", "13", "6.5"]
    assert shown(gallery.add_node()[0], "gradient") == ["1.3", "1.3", "1.3"]
    square = gallery.square_of_sum()[0]
    assert set(shown(square, "gradient")) == {"1", "10"}
    assert "dt = dz · 2 · t" in shown(square, "small")


def test_relu_passes_where_its_input_is_above_zero():
    gradients = shown(gallery.relu()[0], "gradient")
    assert (gradients.count("0"), gradients.count("1")) == (2, 6)


def test_closed_and_opened_are_views_of_one_graph():
    closed, y = gallery.sigmoid()
    opened = gallery.sigmoid_opened()[0]
    assert shown(closed, "symbol") == ["σ"]
    assert shown(opened, "symbol") == ["×(−1)", "exp", "+", "/"]
    z = y.item()
    for figure in (closed, opened):
        assert f"{z * (1 - z):.4g}" in shown(figure, "gradient")
        assert f"{z:.4g}" in shown(figure, "value")
    assert {f"{-(z**2):.4g}".replace("-", "−")} <= set(shown(opened, "gradient"))


def test_softmax_with_loss():
    assert shown(gallery.softmax_with_loss()[0], "gradient")[:4] == ["(3,)", "0.3", "−0.8", "0.5"]
    opened = shown(gallery.softmax_with_loss_opened()[0], "gradient")
    assert {"0.3", "−0.8", "0.5"} <= set(opened)


def test_net_is_named_by_the_users_layers():
    figure, _ = gallery.two_layer_net()
    names = shown(figure, "name")
    assert {"net.affine1.W", "net.affine1.b", "net.affine2.W", "x", "t", "loss"} <= set(names)
    assert "(784, 50)" in shown(figure, "small")
