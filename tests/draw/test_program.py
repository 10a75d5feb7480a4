"""Drawings of compiled steps: legible, complete, and in the words of the source."""

import re
import runpy
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from draw.boxes import assert_apart, assert_legible, crosses

import backlit as bl
from backlit.compile.node import Node, Place, Program
from backlit.draw.program_read import charted
from backlit.draw.scene import Box, Frame, Line
from backlit.draw.theme import THEMES
from backlit.layers import Affine, BatchNorm, Conv2d, Flatten, MaxPool2d, ReLU, Sequential

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)


def stepped(net, x, optimizer=bl.optim.SGD, **options):
    optimizer = optimizer(net.parameters(), 0.1)

    def train_step(x, t):
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    step = bl.compile(train_step, threads=1, **options)
    step(x, RNG.integers(0, 10, len(x)))
    return step


def dense(optimizer=bl.optim.SGD, **options):
    net = Sequential(Affine(30, 12, rng=0), BatchNorm(12), ReLU(), Affine(12, 10, rng=1))
    return stepped(net, RNG.random((20, 30), np.float32), optimizer, **options)


def images(count):
    layers = [Conv2d(1, 8, 3, padding=1, rng=0), BatchNorm(8), ReLU(), MaxPool2d(2)]
    layers += [Conv2d(8, 16, 3, padding=1, rng=1), ReLU(), MaxPool2d(2), Flatten()]
    net = Sequential(*layers, Affine(16 * 49, 10, rng=2))
    return stepped(net, RNG.random((count, 1, 28, 28), np.float32))


def recurrent():
    W = bl.tensor(RNG.normal(size=(6, 6)), "W")
    V = bl.tensor(RNG.normal(size=(6, 10)), "V")
    optimizer = bl.optim.Momentum({"W": W, "V": V}, 0.1, clip_norm=1.0)

    @bl.compile
    def step(x, t):
        h = x
        for _ in range(4):
            h = bl.tanh(h @ W + x)
        loss = bl.softmax_cross_entropy(h @ V, t)
        loss.backward()
        optimizer.step()
        return loss, h

    step(RNG.normal(size=(20, 6)), RNG.integers(0, 10, 20))
    return step


STEPS = {
    "dense": dense,
    "adam": lambda: dense(bl.optim.Adam),
    "kept gradients": lambda: dense(keep_gradients=True),
    "images": lambda: images(20),
    "kernels": lambda: images(100),
    "recurrent": recurrent,
}


@pytest.fixture(scope="module", params=STEPS)
def step(request):
    return STEPS[request.param]()


drawn = runpy.run_path(str(ROOT / "docs/_ext/step_figure.py"))["drawn"]


def blocks(figure):
    return [
        item
        for item in figure.scene.items
        if isinstance(item, Frame) and item.role.startswith("block")
    ]


def texts(figure):
    return [text.text for text in figure.scene.texts()]


@pytest.mark.parametrize(
    ("fold", "direction"), [(True, "right"), (True, "up"), (False, "left"), (False, "down")]
)
def test_nothing_overlaps_and_nothing_is_cut_off(step, fold, direction):
    figure = step.draw(fold=fold, direction=direction)
    assert_legible(figure.scene)
    frames = blocks(figure)
    assert_apart([frame.box for frame in frames])
    for line in figure.scene.items:
        if isinstance(line, Line):
            assert min(line.box) >= 0
            assert line.box.right <= figure.scene.width
            assert line.box.bottom <= figure.scene.height
            for frame in frames:
                left, top, right, bottom = frame.box
                inside = Box(left + 1, top + 1, right - 1, bottom - 1)
                assert not any(crosses(inside, a, b) for a, b in pairwise(line.points))
    for text in figure.scene.texts():  # in its box, or in none
        for frame in frames:
            held = frame.box.left <= text.box.left and text.box.right <= frame.box.right
            assert held or not frame.box.overlaps(text.box), text


@pytest.mark.parametrize("direction", ["right", "up"])
def test_a_program_of_many_long_ways_is_put_in_columns(direction, monkeypatch):
    step = recurrent()
    tidy = step.draw(direction=direction)
    monkeypatch.setattr(sys.modules["backlit.draw.place"], "_FAR", 50)
    figure = step.draw(direction=direction)
    assert_legible(figure.scene)
    assert_apart([frame.box for frame in blocks(figure)])
    assert figure.svg != tidy.svg
    assert str(figure) == str(tidy)


def test_every_call_is_drawn_with_its_name_and_shape(step):
    figure, program, source = step.draw(fold=False), step.program, step.source
    seen_through = {"reshape", "transpose", "expand_dims", "swapaxes", "broadcast_to", "diag"}
    called = Counter(node.function[3:] for node in program.nodes if node.function.startswith("np."))
    shown = Counter(re.split(r"\W", frame.title)[0] for frame in blocks(figure))
    assert {k: n for k, n in called.items() if k not in seen_through}.items() <= shown.items()
    kernels = [x for x in program.nodes if x.function == "kernel"]
    assert all(x.place.name in " ".join(texts(figure)) for x in kernels)
    told = str(figure).splitlines()
    lines = re.findall(r"^    (\w+) = np\.(\w+)\(.*# (\(.*\))$", source, re.MULTILINE)
    for name, function, shape in lines:
        assert function in seen_through or any(
            re.match(rf"(.*, )?{name} {re.escape(shape)}.* = ", line) for line in told
        ), name
    inlined = {re.sub(r"\W", "_", x.name) for x in program.nodes if x not in program.names}
    words = set(re.findall(r"\w+", source)) | inlined
    for line in told:
        names = set(re.findall(r"(?<![#\w.])[A-Za-z_]\w*", line.partition(" = ")[0]))
        assert names - {"new", "grad", "return", "refuse"} <= words, line
    lefts = [name for line in told for name in re.findall(r"(\w+) \(", line.partition(" = ")[0])]
    parameters = {program.names[x] for x in program.states}
    buffers = {name for name in lefts if name.startswith("buffer")}
    counted = Counter(name for name in lefts if name not in parameters | buffers)
    assert set(counted.values()) == {1}


def test_every_parameter_is_updated_and_the_result_returned(step):
    for fold in (True, False):
        told = texts(step.draw(fold=fold))
        parameters = re.search(r"def step\((.*?)\):", step.source, re.DOTALL)[1]
        names = [step.program.names[x] for x in step.program.states]
        assert names
        assert set(names) <= set(re.findall(r"\w+", parameters))
        assert sorted(text for text in told if "←" in text) == sorted(f"{x} ← new" for x in names)
        returned = [text for text in told if text.startswith("return ")]
        assert len(returned) == len(step.program.results)
        grads = [text for text in told if text.endswith("→ .grad")]
        assert len(grads) == len(step.program.gradients)


def test_a_net_of_two_layers_is_read_at_a_glance():
    figure = drawn()
    assert [frame.role.split()[1] for frame in blocks(figure)] == (
        ["forward"] * 4 + ["backward"] * 4 + ["update"] * 2
    )
    assert str(figure).splitlines()[3:6] == [
        "divide1 (100, 10), softmax_cross_entropy = softmax_cross_entropy: affine2, t",
        "d_affine2 (100, 10) = softmax_cross_entropy, backward: t, divide1, lr",
        (
            "d_relu1 (100, 50), d_affine2_W (50, 10), d_affine2_b (10,) = affine2, backward: "
            "d_affine2, affine2_W, relu1"
        ),
    ]


def test_a_kernel_says_what_it_does():
    told = texts(images(100).draw())
    assert "conv2d1 to affine1, backward" in told
    assert {"batchnorm1, relu1", "maxpool2d1", "conv2d2, relu2, maxpool2d2"} <= set(told)


def test_phases_have_their_colours():
    figure = dense().draw(theme="dark")
    root = ET.fromstring(figure.svg)
    edges = {e.get("stroke") for e in root.iter() if e.tag.endswith("rect")} - {None}
    dark = THEMES["dark"]
    assert edges == {dark.node_edge, dark.gradient, dark.muted}
    assert 'stroke-dasharray="4 2.5"' in dense().draw(theme="print").svg


def test_draw_takes_a_step_and_figures_are_saved(tmp_path):
    step = dense()
    figure = bl.draw(step, direction="down", size=0.5)
    assert type(figure) is bl.Figure
    assert figure.svg == step.draw(direction="down", size=0.5).svg
    assert bl.draw(step, fold=False).svg == step.draw(fold=False).svg
    for suffix in (".svg", ".png", ".pdf", ".txt"):
        assert figure.save(tmp_path / f"step{suffix}").stat().st_size > 500
    assert figure._repr_mimebundle_()["image/svg+xml"] == figure.svg
    assert "Compiled program of train_step" in repr(figure)
    with pytest.raises(bl.ValueRefusedError, match=r"html: .* compiled step; save it as .svg"):
        figure.save(tmp_path / "step.html")


def test_what_is_refused():
    step = bl.compile(lambda x: x * 2)
    for draw in (step.draw, lambda: bl.draw(step)):
        with pytest.raises(bl.GraphError, match="has no program yet: it is compiled when"):
            draw()
    step = dense()
    for option in ({"values": False}, {"steps": 2}, {"open": "affine"}, {"precision": 3}):
        (name,) = option
        with pytest.raises(bl.ValueRefusedError, match=rf"{name} is for .* tensor.*train_step"):
            step.draw(**option)
    for fold in ("repeat", 3, None):
        with pytest.raises(bl.ValueRefusedError, match=r"fold is .*True.*layer.*False.*call"):
            step.draw(fold=fold)
    with pytest.raises(bl.ValueRefusedError, match="theme is 'sepia'"):
        step.draw(theme="sepia")
    with pytest.raises(bl.ValueRefusedError, match="direction is 'round'"):
        step.draw(direction="round")
    with pytest.raises(bl.ValueRefusedError, match=r"14 boxes.* than 5 .*step.source.*limit=14"):
        step.draw(limit=5)
    with pytest.raises(bl.ValueRefusedError, match=r"\d+ calls.*fold=True"):
        step.draw(fold=False, limit=5)
    with pytest.raises(bl.TypeRefusedError, match="a tensor or a compiled step, but got int"):
        bl.draw(3)


@pytest.mark.parametrize(
    "name",
    ["<script>alert('&\"')</script>", "x" * 300, "🌸 花 값 $\\frac{a}{b}$\n", "]]> \x00\x1b\ud800"],
)
def test_hostile_names(name):
    W = bl.tensor(np.ones((3, 2)), name)
    optimizer = bl.optim.SGD({name: W}, 0.1)

    class Strange(bl.Op):
        """Doubles."""

        formula = 'x <b>& ]]> "2"'

        def forward(self, x):
            return x * 2

        def backward(self, dz):
            return dz * 2

    def train(x):
        loss = bl.apply(Strange(), x @ W).sum()
        loss.backward()
        optimizer.step()
        return loss

    if name.isprintable():
        train.__name__ = name
    step = bl.compile(train)
    step(np.ones((4, 3)))
    for fold in (True, False):
        figure = step.draw(fold=fold)
        assert_legible(figure.scene)
        root = ET.fromstring(figure.svg)
        assert not [e for e in root.iter() if e.tag.rpartition("}")[2] in {"script", "b"}]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x: x, ["return x"]),
        (lambda x: x.reshape(-1), ["return x"]),
        (lambda x: (x + 1)[0], ["#1 (2, 3) = add(·, 1): x", "return #1"]),
        (lambda x: None, []),
    ],
)
def test_programs_of_hardly_any_call(function, told):
    step = bl.compile(function)
    step(np.ones((2, 3)))
    figure = step.draw(fold=False)
    assert_legible(figure.scene)
    assert str(figure).splitlines() == told


def test_a_place_that_would_read_itself_is_two_boxes():
    """Two uses of one op's place with another between them can't be one box."""
    one, other = Place("forward", "one"), Place("forward", "other")
    x = Node("input", shape=(2,))
    a = Node("np.exp", (x,), shape=(2,), place=one)
    b = Node("np.log", (a,), shape=(2,), place=other)
    c = Node("np.sin", (b,), shape=(2,), place=one)
    d = Node("np.cos", (a,), shape=(2,), place=one)
    chart = charted(Program([a, b, c, d], [c, d], {}), fold=True)
    assert [box.title for box in chart.boxes] == ["one", "other", "one"]
    assert [box.nodes for box in chart.boxes] == [[a], [b], [c, d]]


def test_the_picture_of_the_manual_is_what_a_step_draws():
    """Made by `python docs/_ext/step_figure.py`; fonts are packed differently by each zlib."""

    def bare(text):
        return re.sub(r"base64,[^)]*", "", text)

    committed = (ROOT / "docs/images/train_step.svg").read_text("utf-8")
    assert bare(committed) == bare(drawn().svg)
    assert "images/train_step.svg" in (ROOT / "docs/compile.md").read_text("utf-8")
