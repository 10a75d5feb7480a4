"""Folding: blocks for layers and for what repeats, opened by name, with the same numbers."""

from itertools import pairwise

import numpy as np
import pytest
from draw.boxes import assert_legible

import backlit as bl
from backlit.draw import draw
from backlit.draw.folded import Folded
from backlit.layers import Affine, Dropout, Layer, ReLU, Sequential, Sigmoid


class Residual(Layer):
    def __init__(self, size, rng):
        self.affine1, self.affine2 = Affine(size, size, rng=rng), Affine(size, size, rng=rng)

    def __call__(self, x):
        return bl.relu(x + self.affine2(bl.relu(self.affine1(x))))


def residual_net(blocks=50):
    rng = np.random.default_rng(0)
    inside = [Residual(8, rng) for _ in range(blocks)]
    net = Sequential(Affine(12, 8, rng=rng), ReLU(), *inside, Affine(8, 4, rng=rng))
    return net, rng.random((3, 12), dtype=np.float32), [0, 1, 2]


def loss_of(net, x, t):
    return bl.softmax_cross_entropy(net(x), t)


def steps(figure):
    """Return what is drawn, in order."""
    return [x.op.symbol for x in figure._page.diagram.calls]


def block(figure, title):
    return next(x for x in figure._page.diagram.calls if x.op.symbol == title)


def test_a_residual_net_is_seen_at_a_glance():
    net, x, t = residual_net()
    loss = loss_of(net, x, t)
    figure = draw(loss)
    assert steps(figure) == [
        "affine1", "ReLU", "residual1 … residual50 ×50", "affine2", "softmax loss"
    ]  # fmt: skip
    assert_legible(figure.scene)
    texts = [text.text for text in figure.scene.texts()]
    assert {"×50", "Residual", "Affine(12, 8)", "7,200 parameters"} <= set(texts)
    assert "residual1 … residual50 ×50" in str(figure)
    assert not any("W" in text for text in texts)


def test_one_round_is_opened_by_name_and_the_others_stay_folded():
    net, x, t = residual_net()
    loss = loss_of(net, x, t)
    figure = draw(loss, unfold="residual7")
    assert steps(figure) == [
        "affine1", "ReLU", "residual1 … residual6 ×6",
        "residual7.affine1", "ReLU", "residual7.affine2", "+", "ReLU",
        "residual8 … residual50 ×43", "affine2", "softmax loss",
    ]  # fmt: skip
    assert figure._page.diagram.titles == {0: "residual7"}
    assert len(figure._page.diagram.groups) == 5
    assert_legible(figure.scene)
    deeper = draw(loss, unfold=["residual7", "residual7.affine2"])
    assert "affine" in [x.op.name for x in deeper._page.diagram.calls]
    assert "net.residual7.affine2.W" in str(deeper)
    with pytest.raises(bl.ValueRefusedError, match=r"no block 'residual51'.*affine1, residual1"):
        draw(loss, unfold="residual51")


@pytest.mark.parametrize("fold", ["auto", "layer", "repeat"])
def test_blocks_have_the_values_and_gradients_of_their_outputs(fold):
    net, x, t = residual_net(8)
    loss = loss_of(net, x, t)
    whole, folded = (draw(loss, fold=f, limit=1000)._page.diagram for f in (False, fold))
    gradients = {id(x.data): whole.gradients[x] for x in whole.calls}
    assert len(folded.calls) < len(whole.calls) or fold == "layer"
    for y in folded.calls:
        assert np.array_equal(folded.gradients[y], gradients[id(y.data)])
    for source, uses in folded.uses.items():
        arriving = [folded.parts[use] for use in uses if use in folded.parts]
        if arriving:
            assert np.allclose(sum(arriving), folded.gradients[source], rtol=1e-5, atol=1e-9)
    inside = sum(len(x.op.calls) if isinstance(x.op, Folded) else 1 for x in folded.calls)
    assert inside == len(whole.calls)


def test_small_graphs_stay_whole_unless_asked():
    net = Sequential(Affine(4, 3, rng=0), Sigmoid(), Affine(3, 2, rng=1))
    x = np.ones((2, 4), np.float32)
    loss = loss_of(net, x, [0, 1])
    assert steps(draw(loss)) == ["affine", "σ", "affine", "softmax loss"]
    figure = draw(loss, fold="layer")
    assert steps(figure) == ["affine1", "sigmoid1", "affine2", "softmax loss"]
    opened = draw(loss, fold="layer", unfold="affine2")
    assert steps(opened) == ["affine1", "sigmoid1", "affine", "softmax loss"]


def test_two_hundred_layers_of_different_sizes():
    sizes = [300 - i for i in range(201)]
    net = Sequential(
        *(layer for a, b in pairwise(sizes) for layer in (Affine(a, b, rng=0), ReLU()))
    )
    figure = net.draw(np.ones((1, 300)))
    assert steps(figure) == ["affine1 … relu200 ×200"]
    assert "Affine → ReLU" in [text.text for text in figure.scene.texts()]


def test_runs_of_plain_ops():
    x = bl.tensor(np.ones((2, 4)), "x")
    h = x
    for i in range(12):
        W = bl.tensor(np.full((4, 4), 0.1 * i))
        h = bl.tanh(h @ W) + h
    figure = draw(h.sum(), fold="repeat")
    assert steps(figure) == ["block 1 ×12", "Σ"]
    (entry,) = (y.op for y in figure._page.diagram.calls if isinstance(y.op, Folded))
    assert entry.inputs[0] is x
    assert len(entry.inputs) == 1  # each round's own weight is inside
    assert entry.parameters == 12 * 16
    assert entry.detail == "@ → tanh → +"
    opened = draw(h.sum(), fold="repeat", unfold="block 1")
    assert steps(opened) == ["@", "tanh", "+", "block 1 ×11", "Σ"]


def test_steps_in_time_share_their_weights():
    rng = np.random.default_rng(0)
    W, U = bl.tensor(rng.normal(size=(3, 3)), "W"), bl.tensor(rng.normal(size=(2, 3)), "U")
    h, xs = bl.tensor(np.zeros((1, 3)), "h0"), rng.normal(size=(20, 1, 2))
    for x in xs:
        h = bl.tanh(h @ W + x @ U)
    loss = h.sum()
    loss.backward()
    diagram = draw(loss)._page.diagram
    assert [y.op.symbol for y in diagram.calls] == ["block 1 ×20", "Σ"]
    assert [diagram.names[x] for x in diagram.calls[0].op.inputs] == ["h0", "W", "U"]
    assert np.allclose(diagram.gradients[W], W.grad)


def test_runs_within_runs():
    x = bl.tensor(np.ones(3), "x")
    h = x
    for _ in range(5):
        for _ in range(4):
            h = bl.tanh(h)
        h = bl.exp(h) * 0.1
    figure = draw(h.sum(), fold="repeat")
    assert steps(figure) == ["block 1 ×5", "Σ"]
    opened = draw(h.sum(), fold="repeat", unfold="block 1")
    assert steps(opened) == ["block 1 ×4", "exp", "×", "block 2 ×4", "Σ"]


def test_what_leaves_a_run_in_the_middle_keeps_it_open():
    x = bl.tensor(np.ones(3), "x")
    h, kept = x, []
    for _ in range(50):
        h = bl.tanh(h)
        kept.append(h)
    y = (h + kept[20]).sum()
    figure = draw(y)
    assert steps(figure) == ["block 1 ×21", "block 2 ×29", "+", "Σ"]


def test_layers_of_ones_own_and_shared_ones():
    class Net(Layer):
        def __init__(self):
            self.cell = Affine(4, 4, rng=0)
            self.head = Sequential({"out": Affine(4, 2, rng=1)})

        def __call__(self, x):
            for _ in range(3):
                x = bl.tanh(self.cell(x))
            return self.head(x)

    net = Net()
    figure = net.draw(np.ones((2, 4)), [0, 1], fold="layer")
    assert steps(figure) == [*["cell", "tanh"] * 3, "head.out", "softmax loss"]
    # A weight that three blocks share is in none of them.
    assert [x for x in map(str, figure._page.diagram.names.values()) if "cell" in x]


def test_net_draws_itself_and_stays_as_it_was():
    net = Sequential(Affine(4, 8, rng=0), Dropout(0.5, rng=1), Affine(8, 2, rng=2))
    before = net.generators()["dropout1.rng"].bit_generator.state
    figure = net.draw(np.ones((3, 4)), [0, 1, 0])
    assert net.generators()["dropout1.rng"].bit_generator.state == before
    assert net.training
    assert net.dropout1.training
    assert steps(figure) == ["affine", "affine", "softmax loss"]
    assert {"x", "t", "loss", "net.affine1.W"} <= set(figure._page.diagram.names.values())
    forward = net.draw(np.ones((3, 4)))
    assert steps(forward) == ["affine", "affine"]
    squared = net.draw(np.ones((3, 4)), np.zeros((3, 2)), bl.mean_squared_error)
    assert steps(squared)[-1] != "softmax loss"
    with pytest.raises(bl.TypeRefusedError, match="labels t"):
        net.draw(np.ones((3, 4)), loss=bl.mean_squared_error)
    with pytest.raises(bl.TypeRefusedError, match="not str"):
        net.draw(np.ones((3, 4)), [0, 1, 0], "mse")


def test_wrong_ways_to_fold_are_refused():
    x = bl.tensor(1.0)
    with pytest.raises(bl.ValueRefusedError, match="'layer', 'repeat' or False"):
        draw(bl.exp(x), fold="layers")


def test_opened_ops_and_blocks_together():
    net, x, t = residual_net(4)
    loss = loss_of(net, x, t)
    figure = draw(loss, fold="layer", open="softmax_cross_entropy")
    assert "affine1" in steps(figure)
    assert "exp" in steps(figure)
    assert_legible(figure.scene)
