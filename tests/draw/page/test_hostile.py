"""Names that would be markup or script stay names."""

import pytest

import backlit as bl
from backlit.draw import draw


@pytest.mark.parametrize(
    "options", [{}, {"open": "all"}, {"direction": "down"}, {"formulas": True}]
)
def test_hostile_names_run_nothing(opened, options):
    names = ["</script><script>window.ran = 1</script>", "<img src=x onerror='window.ran = 2'>",
             "\"'`\u2028${window.ran = 3}", "]]>&lt;b>", "🌸" * 9 + "値", "x" * 300]  # fmt: skip
    xs = [bl.tensor(float(i + 1), name) for i, name in enumerate(names)]

    class Hostile(bl.Op):
        symbol = "<svg onload='window.ran = 4'>"
        formula = "</script><script>window.ran = 5</script>"

        def forward(self, x):
            return x + 1.0

        def backward(self, dz):
            return dz

    total = Hostile()(xs[0])
    for x in xs[1:]:
        total = total * bl.sigmoid(x)
    page = opened(draw(total, **options))
    page.evaluate("""() => {
      const every = document.querySelectorAll("[data-op], .edge[tabindex]");
      for (const node of every) backlit.pickElement(node);
    }""")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    for view in range(page.evaluate("backlit.data.views.length")):
        page.evaluate("(n) => backlit.view(n)", view)
    assert page.evaluate("window.ran ?? null") is None
    assert page.locator("#stage img, #stage script, #panel script").count() == 0
    assert page.evaluate("backlit.model.view.tensors.map((x) => x.name)").count(names[0]) == 1
