"""Light, dark, printed, saved; for screen readers and for those who want no motion."""

from xml.etree import ElementTree as ET

from draw import gallery
from draw.page.reading import price


def test_the_drawing_is_saved_and_copied(opened, tmp_path):
    page = opened(gallery.sigmoid()[0], color_scheme="dark")
    page.keyboard.press("Home")
    page.keyboard.press("End")
    with page.expect_download() as event:
        page.get_by_role("button", name="Save SVG").click()
    event.value.save_as(tmp_path / "graph.svg")
    text = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert event.value.suggested_filename == "graph.svg"
    assert "var(" not in text
    assert "data-" not in text.replace("data:", "")
    assert float(root.get("width")) > 100
    assert "0.7311" in "".join(root.itertext())
    import resvg_py

    assert len(resvg_py.svg_to_bytes(svg_string=text)) > 1000
    page.get_by_role("button", name="Copy SVG").click()
    page.get_by_text("Copied as SVG.").wait_for()


def paper(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_light_dark_and_print(opened):
    page = opened(price(), color_scheme="light")
    light = paper(page)
    page.emulate_media(color_scheme="dark")
    dark = paper(page)
    assert light != dark
    switch = page.locator("#theme")
    assert switch.get_attribute("aria-label") == "Colours: as the system"
    switch.click()
    assert paper(page) == light
    switch.click()
    assert paper(page) == dark
    page.emulate_media(media="print", color_scheme="dark")
    assert paper(page) == "rgb(255, 255, 255)"
    assert not page.locator("#play-bar").is_visible()
    assert page.locator("#stage svg").is_visible()


def test_a_dark_figure_begins_dark(opened):
    page = opened(price(theme="dark"), color_scheme="light")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_reduced_motion_is_respected(opened):
    page = opened(price(), reduced_motion="reduce")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.node')).transitionDuration")
        == "0s"
    )


def test_everything_has_a_name_for_screen_readers(opened):
    page = opened(gallery.affine_batch()[0])
    nameless = page.evaluate("""
        [...document.querySelectorAll("button, input, select, canvas, [role=button], [tabindex]")]
        .filter((x) => !x.ariaLabel && !x.textContent.trim() && !x.closest("label"))
        .map((x) => x.outerHTML.slice(0, 80))""")
    assert nameless == []
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("#caption").get_attribute("aria-live") == "polite"
    assert page.locator("h1").count() == 1
