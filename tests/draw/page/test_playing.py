"""Stepping, playing, scrubbing, and going through it all with keys alone."""

from draw.page.reading import caption, hidden, lit, place, price
from playwright.sync_api import expect


def test_the_steps_one_by_one(opened):
    page = opened(price())
    assert place(page) == 5
    assert hidden(page, "value") == hidden(page, "gradient") == 0
    page.get_by_role("button", name="To the beginning").click()
    assert caption(page) == "What is given."
    assert hidden(page, "value") == 2
    assert hidden(page, "gradient") == 5
    said = []
    for _ in range(5):
        page.get_by_role("button", name="Step forward").click()
        said.append(
            (caption(page), len(lit(page)), hidden(page, "value"), hidden(page, "gradient"))
        )
    assert said == [
        ("#1 = apple × number → 200", 1, 1, 5),
        ("price = #1 × tax → 220", 1, 0, 5),
        ("Backwards from price: its gradient is 1.", 0, 0, 4),
        ("Back through ×: #1 ← 1.1, tax ← 200", 1, 0, 2),
        ("Back through ×: apple ← 2.2, number ← 110", 1, 0, 0),
    ]
    assert page.get_by_role("button", name="Step forward").is_disabled()
    page.get_by_role("button", name="Step back").click()
    assert place(page) == 4
    page.get_by_role("button", name="To the end").click()
    assert place(page) == 5


def test_playing_pausing_and_speed(opened):
    page = opened(price())
    page.get_by_role("button", name="Play").click()
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"
    expect(page.locator("#scrub")).not_to_have_value("0")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate("backlit.player.playing") is False
    page.get_by_label("Speed").select_option("4")
    assert page.evaluate("backlit.player.speed") == 4
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#scrub")).to_have_value("5")
    page.get_by_role("button", name="Play", exact=True).wait_for()  # it stops by itself


def test_scrubbing(opened):
    page = opened(price())
    page.locator("#scrub").fill("2")
    assert caption(page) == "price = #1 × tax → 220"
    assert page.locator("#scrub").get_attribute("aria-valuetext") == caption(page)


def test_keyboard_alone(opened):
    page = opened(price())
    press = page.keyboard.press
    press("Home")
    assert place(page) == 0
    press("ArrowRight")
    press("ArrowRight")
    assert place(page) == 2
    press("ArrowLeft")
    assert place(page) == 1
    press("End")
    assert place(page) == 5
    press("Space")
    assert page.evaluate("backlit.player.playing")
    press("Space")
    assert not page.evaluate("backlit.player.playing")
    before = page.locator("#zoom").inner_text()
    press("+")
    assert page.locator("#zoom").inner_text() != before
    press("-")
    press("Shift+ArrowRight")
    moved = page.locator("#stage svg").get_attribute("viewBox")
    press("0")
    assert page.locator("#stage svg").get_attribute("viewBox") != moved
    press("?")
    assert page.get_by_role("dialog").is_visible()
    press("Escape")
    assert not page.get_by_role("dialog").is_visible()


def test_nodes_are_reached_and_inspected_by_keyboard(opened):
    page = opened(price(), reduced_motion="reduce")
    page.keyboard.press("End")
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if page.evaluate("Boolean(document.activeElement.closest('#stage'))"):
            names.append(name)
            widths = page.evaluate(
                """[...document.activeElement.querySelectorAll("rect")]
                .map((x) => parseFloat(getComputedStyle(x).strokeWidth))"""
            )
            assert max(widths) >= 2  # the focus is seen
            page.keyboard.press("Enter")
            assert page.locator("#panel-body h2").count() == 1
        elif names:
            break
    assert len(names) == 7
    assert "price = #1 × tax, 220" in names
    page.keyboard.press("Escape")
    assert page.locator("#panel-body h2").count() == 0
