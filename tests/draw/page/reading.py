"""What tests ask of a page."""

from draw import gallery


def price(**options):
    return gallery.apples(**options)[0]


def caption(page):
    return page.locator("#caption").inner_text()


def place(page):
    return int(page.locator("#scrub").input_value())


def place_of_last(page):
    return int(page.locator("#scrub").get_attribute("max"))


def lit(page):
    return page.evaluate("[...document.querySelectorAll('.node.lit')].map((x) => x.dataset.op)")


def hidden(page, kind):
    return page.evaluate(
        "(kind) => [...document.querySelectorAll(`.edge .${kind}.later`)].length", kind
    )
