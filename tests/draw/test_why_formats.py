"""``why`` and ``what_if`` as HTML and LaTeX, also where names are hostile."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import backlit as bl
from backlit.draw import what_if, why
from backlit.draw.tex import number_tex, text_tex

HOSTILE = [
    "<script>alert('&\"')</script>",
    "🌸 花 값 $\\frac{a}{b}$\n" + "x" * 300,
    "]]> \x00\x1b\ud800 ^~%#_{}$ \\end{document} ` & ²ᵀ",
    "\\) \\] $$ \\text{ }} \\input{/etc/passwd}",
    '" onmouseover="alert(1)',
    "-->",
    "",
]
KNOWN = {
    "backslash", "wedge", "sim", "times", "cdot", "to", "partial", "sigma", "Sigma", "surd",
    "infty", "tfrac", "ldots", "text", "frac", "underbrace", "begin", "end", "quad", "Delta",
    "mathrm", "log", "sqrt",
}  # fmt: skip


class Checked(HTMLParser):
    """Collects tags and text, and holds tags to be closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], set(), set(), []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {key for key, _ in attributes}

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def check_tex(tex):
    """Balanced, only commands of math mode that LaTeX, MathJax and KaTeX share, no ways out."""
    bare = re.sub(r"\\[\\{}$&#%_,;]", "", tex)  # escaped signs, line ends and thin spaces
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert set(re.findall(r"\\([A-Za-z]+)", bare)) <= KNOWN, tex
    assert not re.search(r"[$#%~`]|\\[^A-Za-z]", re.sub(r"\\text\{[`'\"]\}", "", bare))
    aligned = "aligned" in tex
    assert aligned or "&" not in bare
    assert "\n" not in tex
    assert not any(c < " " or "\ud800" <= c <= "\udfff" for c in tex)


def explanations():
    for name in HOSTILE:
        x, y = bl.tensor(2.0, name), bl.tensor(-3.0, HOSTILE[1])
        z = x * y + bl.sigmoid(x) / y
        z.name = name
        yield why(x, z)
        yield why(y, z, most=1)
        yield what_if(z, {x: 1.0, y: -2.0})


def test_hostile_names_stay_text():
    for shown in explanations():
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/latex", "text/plain"}
        check_tex(bundle["text/latex"].removeprefix("$").removesuffix("$"))
        html = Checked(bundle["text/html"])
        assert html.tags <= {"div", "span", "b", "table", "tr", "td", "svg", "path"}
        assert html.attributes <= {"style", "role", "aria-label", "viewbox", "d", "fill"}
        assert "url(" not in bundle["text/html"]
        assert shown._repr_html_() == bundle["text/html"]
        bundle["text/html"].encode()


def test_the_words_of_the_text_are_in_all_three():
    apple, number, tax = bl.tensor(100), bl.tensor(2), bl.tensor(1.1)
    price = apple * number * tax
    reason = why(apple, price)
    words = "".join(Checked(reason._repr_html_()).words)
    assert words == "∂price∂apple = 2.2 = 1 × 1.1× tax × 2× number"
    assert reason.latex() == (
        r"\frac{\partial \text{price}}{\partial \text{apple}} = 2.2 = 1"
        r" \times \underbrace{1.1}_{\times \text{ tax}}"
        r" \times \underbrace{2}_{\times \text{ number}}"
    )
    promise = what_if(price, apple=+1, number=+1)
    words = "".join(Checked(promise._repr_html_()).words)
    assert "+112.2" in words
    assert "+113.3" in words
    assert "112.2" in promise.latex()


def test_sums_have_a_row_for_each_path_and_account_for_the_rest():
    x = bl.tensor(2.0, "x")
    y = x
    for _ in range(30):
        y = y * 0.5 + y * 0.5
    reason = why(x, y)
    words = "".join(Checked(reason._repr_html_()).words)
    assert f"{2**30:,} paths" in words
    assert "all others together" in words
    assert "54 factors" in words
    assert reason.latex().count(r"\\") == 5
    assert len(reason._repr_html_()) < 20_000


def test_nothing_depends_and_odd_numbers():
    lonely, x = bl.tensor(1.0, "lonely"), bl.tensor(np.nan, "x")
    y = x * np.inf
    assert "does not depend" in why(lonely, y)._repr_html_()
    check_tex(why(lonely, y).latex())
    check_tex(why(x, y).latex())
    check_tex(why(y, y).latex())
    assert number_tex(np.inf) == r"\infty "
    assert number_tex(np.nan) == r"\mathrm{NaN}"
    assert number_tex(1234.5, 5) == "1234.5"
    assert text_tex("") == r"\,"


def test_local_derivatives_are_set_as_formulas():
    x = bl.tensor(0.0, "x")
    reason = why(x, bl.sigmoid(x))
    assert reason.paths[0].factors[0].tex == r"z\,(1 - z)"
    assert r"\sigma :\; z\,(1 - z)" in reason.latex()
    assert 'aria-label="σ: z · (1 − z)"' in reason._repr_html_()


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_latex(text):
    shown = text.replace("\n", " ").replace("\ud800", "").replace("\x00", "").replace("\x1b", "")
    check_tex(text_tex(shown))
