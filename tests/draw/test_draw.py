"""What drawing promises besides its looks: options, names, files, limits, odd graphs."""

import io

import numpy as np
import pytest
from PIL import Image

import backlit as bl
from backlit.draw import draw
from backlit.layers import Affine, ReLU, Sequential


def texts(figure, role):
    return [text.text for text in figure.scene.texts() if text.role == role]


def test_drawing_changes_nothing():
    x = bl.tensor([1.0, 2.0])
    h = bl.sigmoid(x)
    y = h.sum()
    y.backward(retain_grads=True)
    before = x.grad.copy(), h.grad.copy(), y.op.inputs, h.op.order
    draw(y, open="all")
    assert np.array_equal(before[0], x.grad)
    assert np.array_equal(before[1], h.grad)
    assert (y.op.inputs, h.op.order) == before[2:]


def test_gradients_of_shared_tensors_stand_at_their_branches():
    x = bl.tensor(3.0)
    y = x * x + x
    gradients = sorted(texts(draw(y), "gradient"))
    # x * x sends 3 back twice, + sends 1: together 7.
    assert gradients == sorted(["7", "3", "3", "1", "1", "1"])
    assert draw(y, gradients=False).scene.texts()


def test_options():
    x = bl.tensor(1 / 3)
    y = bl.sigmoid(x)
    assert "0.33333" in texts(draw(y, precision=5), "value")
    assert not texts(draw(y, values=False), "value")
    assert texts(draw(y, depth=1), "symbol") == ["×(−1)", "exp", "+", "/"]
    down = draw(y, direction="down").scene
    assert down.height > down.width
    vector = bl.tensor([1.0, 2.0]) * 2
    assert not texts(draw(vector), "gradient")
    assert "4" in texts(draw(vector, dout=[1.0, 2.0]), "gradient")


def test_depth_opens_what_it_opened():
    x = bl.tensor([0.1, 0.2])
    z = bl.softmax(x).sum()
    once, twice = draw(z, depth=1), draw(z, depth=2)
    assert len(texts(twice, "symbol")) >= len(texts(once, "symbol")) > 2
    grads = texts(draw(z, open="softmax"), "gradient")
    assert grads


def test_wrong_options_are_refused_in_words():
    y = bl.sigmoid(bl.tensor(1.0))
    with pytest.raises(bl.ValueRefusedError, match="light, dark, print"):
        draw(y, theme="sepia")
    with pytest.raises(bl.ValueRefusedError, match="right, left, down or up"):
        draw(y, direction="sideways")
    with pytest.raises(bl.ValueRefusedError, match="size"):
        draw(y, size=0)
    with pytest.raises(bl.ValueRefusedError, match=r"no op 'tanh' .* sigmoid"):
        draw(y, open="tanh")
    with pytest.raises(bl.ValueRefusedError, match="precision"):
        draw(y, precision=0)
    with pytest.raises(bl.TypeRefusedError, match="takes a tensor"):
        draw(3.0)
    with pytest.raises(bl.ShapeError, match="dout"):
        draw(bl.tensor([1.0, 2.0]) * 2, gradients=True)
    with pytest.raises(bl.ValueRefusedError, match=r"\.svg, .* or \.txt"):
        draw(y).save("figure.docx")
    with pytest.raises(bl.ValueRefusedError, match="pixels"):
        draw(y).png(scale=1e4)


def test_a_large_graph_is_refused_before_anything_slow():
    x = bl.tensor(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1.0
    with pytest.raises(bl.ValueRefusedError, match=r"20,000 ops.*limit=20000"):
        draw(y, fold=False)
    with pytest.raises(bl.ValueRefusedError, match=r"fold it"):
        draw(y, limit=10)  # even to fold it, it would have to be read


def test_odd_graphs():
    alone = bl.tensor(5.0)
    assert {"5"} <= set(texts(draw(alone), "value"))
    constant = bl.tensor(5.0, requires_grad=False)
    assert draw(constant).svg
    assert str(draw(bl.tensor(np.zeros((0, 2))).sum()))
    nothing = draw(bl.tensor(np.nan) * np.inf)
    assert "NaN" in str(nothing)
    many = bl.tensor(np.full((30, 40), np.nan))
    assert "no finite number" in str(draw(many.sum()))
    with bl.no_grad():
        assert draw(bl.tensor(2.0) * 3.0).svg


def test_saves_whole_files(tmp_path):
    figure = draw(bl.sigmoid(bl.tensor(1.0)))
    figure.save(tmp_path / "y.svg")
    assert (tmp_path / "y.svg").read_text(encoding="utf-8") == figure.svg
    figure.save(tmp_path / "y.png", scale=3)
    with Image.open(io.BytesIO((tmp_path / "y.png").read_bytes())) as picture:
        assert abs(picture.width - 3 * figure.scene.width) <= 2
        assert len(picture.getcolors(1 << 20)) > 20  # text and lines, smoothed
    figure.save(tmp_path / "y.txt")
    assert str(figure) in (tmp_path / "y.txt").read_text(encoding="utf-8")
    with pytest.raises(bl.DataError):
        figure.save(tmp_path / "none" / "y.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["y.png", "y.svg", "y.txt"]


def test_notebooks_get_svg_and_text():
    bundle = draw(bl.sigmoid(bl.tensor(1.0)))._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "σ" in bundle["text/plain"]


def test_the_same_graph_gives_the_same_file():
    def figure():
        x = bl.tensor(1.0, "x")
        return draw(bl.sigmoid(x) * x + bl.tanh(x), open="sigmoid").svg

    assert figure() == figure()


def test_deep_nets_up_to_the_limit_are_drawn():
    layers = [layer for i in range(50) for layer in (Affine(8, 8, rng=i), ReLU())]
    net = Sequential(*layers)
    loss = bl.softmax_cross_entropy(net(np.ones((2, 8), np.float32)), [1, 2])
    figure = draw(loss, fold=False)
    assert len(texts(figure, "symbol")) == 101
