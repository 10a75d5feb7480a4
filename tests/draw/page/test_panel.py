"""A node or an edge in numbers, and inputs that are changed by hand."""

import numpy as np
import pytest
from draw.page.reading import place, price

import backlit as bl
from backlit.draw import draw


def test_the_panel_shows_the_chain_rule_in_numbers(opened):
    page = opened(price())
    page.locator('[data-op="4"]').click()
    panel = page.locator("#panel-body").inner_text()
    for text in ("price = #1 × tax", "200", "1.1", "220", "local derivative ∂z/∂x", "= 1.1",
                 "dz × local = 1 × 200 = 200"):  # fmt: skip
        assert text in panel
    assert page.locator("#panel-body svg[aria-label='z = x * y']").count() == 1
    page.locator('.edge[data-edge="0"]').click()
    panel = page.locator("#panel-body").inner_text()
    assert "apple" in panel
    assert "2.2" in panel


def test_what_has_not_been_computed_is_not_told(opened):
    page = opened(price())
    page.keyboard.press("Home")
    page.locator('[data-op="4"]').click()
    panel = page.locator("#panel-body").inner_text()
    assert "not yet computed" in panel
    assert "220" not in panel


def test_gradients_of_several_uses_are_shown_as_a_sum(opened):
    x = bl.tensor(3.0, "x")
    page = opened(draw(x * x + x))
    page.locator('.edge[data-edge="0"]:not([data-use])').click()
    panel = page.locator("#panel-body").inner_text().lower()
    assert "the gradient is the sum of" in panel
    assert panel.count("through ×") == 2
    assert "through +" in panel


def test_inputs_change_by_keyboard(opened):
    page = opened(price())
    page.get_by_label("apple, slider").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#inputs [data-input='0:0']").input_value() == "101"
    assert "222.2" in page.locator("#stage svg").text_content()
    assert place(page) == 5  # the arrow moved the slider, and not the play
    page.get_by_label("tax", exact=True).locator("input[type=number]").fill("2")
    assert "404" in page.locator("#stage svg").text_content()
    page.locator("#stage [data-op]").first.focus()
    page.keyboard.press("r")
    assert "220" in page.locator("#stage svg").text_content()


def test_a_slider_is_dragged(opened):
    page = opened(price())
    box = page.locator("[data-slider='0:0']").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 9, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    apple = float(page.locator("#inputs [data-input='0:0']").input_value())
    assert apple > 150
    assert page.evaluate("backlit.model.values.at(-1).data[0]") == pytest.approx(apple * 2.2)
    assert page.locator("#changed").is_visible()


def test_a_field_that_holds_no_number_changes_nothing(opened):
    page = opened(price())
    field = page.locator("#inputs [data-input='0:0']")
    field.fill("")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.evaluate("backlit.model.values.at(-1).data[0]") == pytest.approx(220)
    field.fill("50")
    assert field.get_attribute("aria-invalid") == "false"


def test_one_element_of_a_larger_array_is_changed(opened):
    x = bl.tensor(np.zeros((8, 9)), "x")
    page = opened(draw((x * x + x).sum()))
    page.get_by_label("which element of x").fill("10")
    assert "x[1, 1]" in page.locator("#inputs").inner_text()
    page.locator("#inputs [data-input='0:10']").fill("3")
    assert page.evaluate("backlit.model.values.at(-1).data[0]") == 12


def test_a_change_reaches_the_panel_and_what_is_read_aloud(opened):
    page = opened(price())
    page.locator('.edge[data-edge="0"]').click()
    page.get_by_role("button", name="Change it").click()
    assert page.evaluate("document.activeElement.dataset.input") == "0:0"
    page.keyboard.type("50")
    assert page.locator("#panel-body .number.value").inner_text() == "50"
    assert page.get_by_role("button", name="price = #1 × tax, 110").count() == 2  # node and edge
    page.locator('[data-op="4"]').click()
    assert "dz × local = 1 × 100 = 100" in page.locator("#panel-body").inner_text()
