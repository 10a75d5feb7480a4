"""Opening, closing, moving and enlarging, with a mouse and with fingers."""

import numpy as np
import pytest
from draw import gallery
from draw.page.reading import place, place_of_last, price
from playwright.sync_api import expect

from backlit.draw import draw


def test_ops_open_and_close(opened):
    page = opened(gallery.reuse()[0])
    symbols = page.locator(".node").count()
    page.get_by_label("Show").select_option(label="closed")
    closed = page.locator(".node").count()
    assert closed < symbols
    page.locator(".node[aria-label*='tanh']").first.click()
    assert page.get_by_role("button", name="Open").count() == 0  # it has no inside
    page.locator("#fit").click()
    page.locator(".node[aria-label*='σ']").first.click()
    page.get_by_role("button", name="Open sigmoid").click()
    assert page.locator(".node").count() == symbols
    page.locator("#fit").click()
    page.locator(".node[aria-label*='exp']").first.click()
    page.locator("#panel-body").get_by_role("button", name="Close sigmoid").click()
    assert page.locator(".node").count() == closed
    page.get_by_label("Show").select_option(label="sigmoid open")
    page.get_by_role("button", name="Close sigmoid").first.focus()  # the title of its frame
    page.keyboard.press("Enter")
    assert page.locator(".node").count() == closed


def test_a_large_net_is_folded_and_unfolds(opened):
    from backlit.layers import Affine, ReLU, Sequential

    rng = np.random.default_rng(0)
    net = Sequential(*(layer for _ in range(25) for layer in (Affine(4, 4, rng=rng), ReLU())))
    loss = net(np.ones((2, 4), np.float32)).sum()
    page = opened(draw(loss))
    assert "folded" in page.locator("#fixed").inner_text()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    few = page.locator(".node").count()
    page.locator("#fit").click()
    page.locator(".node").first.click()
    page.get_by_role("button", name="Open").first.click()
    assert page.locator(".node").count() > few


def test_pan_and_zoom_with_a_mouse(opened):
    page = opened(price())
    svg = page.locator("#stage svg")
    box = page.locator("#stage").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    first = svg.get_attribute("viewBox")
    page.mouse.move(*middle)
    page.mouse.wheel(0, -300)
    expect(svg).not_to_have_attribute("viewBox", first)
    near = svg.get_attribute("viewBox")
    assert float(near.split()[2]) < float(first.split()[2])
    page.mouse.down()
    page.mouse.move(middle[0] + 80, middle[1] + 40, steps=4)
    page.mouse.up()
    assert float(svg.get_attribute("viewBox").split()[0]) < float(near.split()[0])
    assert page.locator("#panel-body h2").count() == 0  # a drag is no click
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Smaller").click()
    page.locator("#fit").click()
    assert svg.get_attribute("viewBox") == first


PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

FINGERS = """() => {
  const stage = document.getElementById("stage");
  const {left, top, width, height} = stage.getBoundingClientRect();
  const at = (type, id, x, y) => stage.dispatchEvent(new PointerEvent(type, {
    pointerId: id, pointerType: "touch", bubbles: true,
    clientX: left + width * x, clientY: top + height * y,
  }));
  const width0 = backlit.svg.viewBox.baseVal.width;
  at("pointerdown", 1, 0.4, 0.5);
  at("pointerdown", 2, 0.6, 0.5);
  at("pointermove", 2, 0.8, 0.5);
  at("pointermove", 1, 0.2, 0.5);
  at("pointerup", 1, 0.2, 0.5);
  at("pointerup", 2, 0.8, 0.5);
  return width0 / backlit.svg.viewBox.baseVal.width;
}"""


def test_a_phone(opened):
    page = opened(gallery.softmax_with_loss()[0], **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate("""[...document.querySelectorAll("button, select")]
        .filter((x) => x.offsetParent && Math.min(x.offsetWidth, x.offsetHeight) < 36)
        .map((x) => x.id)""")
    assert small == []
    page.locator(".node").first.tap()
    assert page.locator("#panel-body h2").count() == 1
    assert page.evaluate(FINGERS) == pytest.approx(3, rel=0.01)
    page.get_by_role("button", name="Step back").tap()
    assert place(page) < place_of_last(page)
