"""Formulas: every card's gradients are set, and say what the card says."""

import ast
import inspect

import numpy as np
import pytest

import backlit as bl
from backlit import ops
from backlit.card import Words
from backlit.draw import draw
from backlit.draw.formula import gradient_formula, graph_names
from backlit.draw.formula_path import outline
from backlit.draw.formula_tex import equation_tex, expression_tex

CARDS = [card for _, card in inspect.getmembers(ops, inspect.isclass) if issubclass(card, bl.Op)]
STATED = [
    (card.__name__, name, text)
    for card in CARDS
    for name, text in card.gradients.items()
    if text is not None and not isinstance(text, Words)
]
UNSET = {"Astype"}  # its gradient calls a method of an array


@pytest.mark.parametrize(("card", "name", "text"), STATED)
def test_every_card_is_set(card, name, text):
    if card in UNSET:
        with pytest.raises(ValueError, match="no LaTeX"):
            expression_tex(text)
        return
    tex = equation_tex(f"d{name}", text)
    drawn = outline(tex)
    assert drawn.width > 1
    assert drawn.vertices[:, 0].max() <= drawn.width + 1e-9
    assert -drawn.vertices[:, 1].min() <= drawn.ascent + 0.02
    assert drawn.vertices[:, 1].max() <= drawn.descent + 0.02
    # Every letter of the text is in the formula, but those of functions that have a sign.
    named = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    for word in named - {"np", "delta", "axis", "axes", "keepdims", "inverse", "shape"}:
        assert word.replace("_", r"\_") in tex, word


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("dz * y", r"dz \cdot y"),
        ("(x + y) * z", r"(x + y) \cdot z"),
        ("x - (y - z)", "x - (y - z)"),
        ("x - y - z", "x - y - z"),
        ("(x + y) ** 2", "(x + y)^{2}"),
        ("-x ** 2", "-x^{2}"),
        ("(-x) ** 2", "(-x)^{2}"),
        ("x ** (y - 1)", "x^{y - 1}"),
        ("np.exp(-x) ** 2", "(e^{-x})^{2}"),
        ("x / (y / z)", r"\frac{x}{\frac{y}{z}}"),
        ("x * (y / z)", r"x \cdot \frac{y}{z}"),
        ("-(x + y)", "-(x + y)"),
        ("x * -y", r"x\,(-y)"),
        ("x + 1e-05", "x + 10^{-5}"),
        ("x * 2.5e-07", r"x \cdot 2.5 \cdot 10^{-7}"),
        ("x ** -2e-08", r"x^{-2 \cdot 10^{-8}}"),
        ("(x @ y).T", r"(x\,y)^{T}"),
        ("2 * 3 * x", r"2 \cdot 3x"),
        ("dz * (x > 0)", r"dz \cdot [x > 0]"),
    ],
)
def test_brackets_stand_where_they_must(text, tex):
    assert expression_tex(text) == tex


def test_a_users_card_may_hold_anything():
    class Odd(bl.Op):
        formula = "x"
        gradients = {"x": "dz * [y for y in x]"}  # noqa: RUF012

        def forward(self, x):
            return x * 1

        def backward(self, dz):
            return dz

    class Broken(bl.Op):
        gradients = {"x": "dz * ("}  # noqa: RUF012

        def forward(self, x):
            return x * 1

        def backward(self, dz):
            return dz

    figure = draw(Odd()(bl.tensor(1.0)), formulas=True)
    assert [t for t in figure.scene.texts() if t.role == "small"]
    assert draw(Broken()(bl.tensor(1.0)), formulas=True).svg


def test_formulas_take_the_graphs_names_unless_two_would_meet():
    x, W, b = (
        bl.tensor(np.ones((2, 3)), "a1"),
        bl.tensor(np.ones((3, 2)), "W1"),
        bl.tensor([0.0, 0]),
    )
    y = bl.affine(x, W, b)
    known = {x: "a1", W: "W1", y: "y"}
    called = graph_names(y.op, y, known)
    assert called == {"x": "a1", "W": "W1", "z": "y"}
    formula = gradient_formula(y.op, 0, called)
    assert formula.text == "da1 = dy W1ᵀ"
    assert formula.tex == r"da_{1} = dy\,W_{1}^{T}"
    # `b` is no name of the graph, and so still the card's: nothing else may be called so.
    assert graph_names(y.op, y, {x: "b", W: "W1"}) == {}
    assert graph_names(y.op, y, {x: "a rather long name"}) == {}
    swapped = bl.tensor(1.0) * bl.tensor(2.0)
    u, v = swapped.op.inputs
    assert gradient_formula(swapped.op, 0, graph_names(swapped.op, swapped, {u: "y", v: "x"})) == (
        "dy = dz · x",
        r"dy = dz \cdot x",
    )


def test_formulas_are_paths_that_can_be_read_aloud():
    x = bl.tensor(0.5, "x")
    y = bl.sigmoid(x)
    text = draw(y, formulas=True).svg
    assert '<g role="img" aria-label="dx = dy · y · (1 − y)">' in text


def test_derivatives_as_symbols():
    x, y = bl.tensor(2.0, "x"), bl.tensor(3.0, "りんご")
    u = x * y
    z = u * u + x
    figure = draw(z, gradients="symbols")
    texts = {t.text: t.tex for t in figure.scene.texts() if t.role == "gradient"}
    assert texts["∂z/∂z"] == r"\dfrac{\partial z}{\partial z}"
    assert "∂z/∂u" in texts  # used twice: a sum, that is not one product
    assert texts["∂z/∂u · ∂u/∂りんご"] == ""  # no letters for it in mathtext: plain text
    assert "∂z/∂u" in str(figure)


def test_steps():
    x = bl.tensor(2.0, "x")
    y = bl.exp(bl.sin(x))
    whole = [t.text for t in draw(y).scene.texts() if t.role == "gradient"]
    for steps, count in ((0, 1), (1, 2), (2, 3), (9, 3)):
        figure = draw(y, steps=steps)
        assert len([t for t in figure.scene.texts() if t.role == "gradient"]) == count
        assert str(figure).count("←") == count
        assert figure.scene.width == draw(y).scene.width
    assert len(whole) == 3
    for wrong in (-1, 1.5, True):
        with pytest.raises(bl.ValueRefusedError, match="steps"):
            draw(y, steps=wrong)


def test_small_numbers_and_broken_exponents_in_text():
    slight = bl.leaky_relu(bl.tensor(-1.0), 1e-5)
    assert gradient_formula(slight.op, 0).text == "dx = where(x > 0, dz, 10⁻⁵ · dz)"
    for exponent, text in ((1.5, "x^0.5"), (3, "x²"), (1 + 2.5e-7, "x^2.5·10⁻⁷")):
        power = bl.tensor(2.0) ** exponent
        assert gradient_formula(power.op, 0).text.endswith(text)
