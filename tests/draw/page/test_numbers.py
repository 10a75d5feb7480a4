"""After a change of inputs every value and gradient on the page equals Python's."""

import numpy as np
import pytest
from draw import gallery
from draw.page.again import leaves, replayed

import backlit as bl
from backlit.draw import draw
from backlit.graph import history, propagate
from backlit.quiet import quiet

READ = """() => ({
  labels: backlit.model.view.tensors.map((x) => x.label),
  values: backlit.model.values.map((x) => [x.shape, [...x.data].map(String)]),
  gradients: backlit.model.gradients.map((x) => x && [x.shape, [...x.data].map(String)]),
  edit: backlit.model.view.tensors.map((x, i) => backlit.model.editable(i)),
  fixed: backlit.model.fixed,
  dout: backlit.model.view.root,
})"""


def array(written):
    shape, data = written
    return np.array([float(x.replace("Infinity", "inf")) for x in data]).reshape(shape)


TYPE = """([i, values]) => values.forEach((value, place) => {
  const field = document.querySelector(`#inputs [data-input="${i}:${place}"]`);
  field.value = value;
  field.dispatchEvent(new Event("input", {bubbles: true}));
})"""


def type_in(page, i, values):
    """Put numbers into the fields of an input, as typing does, only faster."""
    page.evaluate(TYPE, [i, [repr(float(value)) for value in np.ravel(values)]])


def gradients_of(root, dout):
    upstream = np.ones_like(root.data) if dout is None else np.asarray(dout, root.dtype)
    return quiet(lambda: propagate(root, upstream, retain=True))


def close(mine, pythons):
    # A page computes in float64; Python in float32 where that is given.
    rough = np.asarray(pythons).dtype == np.float32
    np.testing.assert_allclose(mine, pythons, rtol=1e-5 if rough else 1e-9, atol=1e-6 * rough)


def assert_follows(page, root, rng, draw_value=None):
    """Change every input of the page, and compare all that it shows with Python."""
    before = page.evaluate(READ)
    calls = history(root)[::-1]
    order = [*dict.fromkeys(x for y in calls for x in y.op.inputs if x.op is None), *calls]
    dout = before["gradients"][before["dout"]]
    inputs = {}
    for i, x in enumerate(order):
        if not before["edit"][i] or (x.op is None and x.size > 60):
            continue
        fresh = draw_value(rng, x) if draw_value else x.data + rng.normal(size=x.shape)
        fresh = np.asarray(fresh, x.dtype)
        inputs[x] = fresh
        type_in(page, i, fresh)
    assert inputs
    after, nodes = replayed(root, inputs)
    found = page.evaluate(READ)
    expected = gradients_of(after, None if dout is None else array(dout))
    for i, x in enumerate(order):
        node = nodes.get(x, x)
        close(array(found["values"][i]), node.data)
        if found["gradients"][i] is not None and node.requires_grad:
            close(array(found["gradients"][i]), expected.get(node, np.zeros_like(node.data)))
    return inputs, found


CHANGED = [
    figure for figure in gallery.FIGURES if figure.__name__ not in {"two_layer_net", "hostile"}
]


@pytest.mark.parametrize("figure", CHANGED, ids=lambda figure: figure.__name__)
def test_chapter_figures_follow_their_inputs(figure, opened):
    rng = np.random.default_rng(5)
    drawn, root = figure()
    page = opened(drawn)
    views = page.evaluate("backlit.data.views.map((view) => view.opened)")
    page.evaluate("(n) => backlit.view(n)", views.index([]))  # every op closed, as in Python
    _, found = assert_follows(page, root, rng)
    closed = dict(zip(found["labels"], found["gradients"], strict=True))
    # Opened, the same graph comes to the same gradients.
    for number in range(len(views)):
        page.evaluate("(n) => backlit.view(n)", number)
        inside = page.evaluate(READ)
        assert not inside["fixed"]
        close(array(inside["values"][inside["dout"]]), array(found["values"][found["dout"]]))
        named = zip(inside["labels"], inside["gradients"], strict=True)
        for label, gradient in named:
            if gradient is not None and not label.startswith("#") and label in closed:
                close(array(gradient), array(closed[label]))


def random_graph(rng):
    """Return a graph of some ten ops on tensors of several shapes."""
    pool = [bl.tensor(rng.normal(size=shape), f"x{i}")
            for i, shape in enumerate([(), (3,), (2, 3), (2, 1), (3, 2)])]  # fmt: skip
    unary = [bl.sigmoid, bl.tanh, bl.relu, bl.softplus, bl.exp, bl.sin, lambda x: x**2, bl.silu,
             lambda x: bl.log(x * x + 1.0), lambda x: bl.sqrt(x * x + 0.5), bl.gelu]  # fmt: skip
    for _ in range(10):
        x = pool[rng.integers(len(pool))]
        kind = rng.integers(4)
        if kind == 0:
            z = unary[rng.integers(len(unary))](x * 0.5)
        elif kind == 1:
            y = pool[rng.integers(len(pool))]
            try:
                np.broadcast_shapes(x.shape, y.shape)
            except ValueError:
                y = x
            z = [x + y, x * y, x - y, x / (y * y + 1.0), bl.maximum(x, y)][rng.integers(5)]
        elif kind == 2:
            z = (
                x.sum()
                if rng.random() < 0.5 or not x.ndim
                else x.mean(axis=int(rng.integers(x.ndim)))
            )
        else:
            z = x.T @ x if x.ndim == 2 else bl.reshape(x, (-1, 1))
        if z.size <= 60 and np.abs(z.data).max() < 1e6:
            pool.append(z)
    total = pool[-1].sum()
    for x in pool[:5]:
        total = total + (x * 0.1).sum()
    return total


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs_follow_their_inputs(seed, opened):
    rng = np.random.default_rng(seed)
    root = random_graph(rng)
    assert_follows(opened(draw(root, open=None)), root, rng)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_net_follows_its_inputs(dtype, opened):
    from backlit.layers import Affine, Sequential, Sigmoid

    rng = np.random.default_rng(2)
    net = Sequential(
        Affine(3, 4, rng=rng, dtype=dtype), Sigmoid(), Affine(4, 2, rng=rng, dtype=dtype)
    )
    x, t = rng.normal(size=(2, 3)).astype(dtype), np.array([1, 0])
    loss = bl.softmax_cross_entropy(net(x), t)
    assert_follows(opened(draw(loss)), loss, rng)


def test_infinities_and_nan_follow_too(opened):
    x, y = bl.tensor([0.0, 1.0, -1.0], "x"), bl.tensor(2.0, "y")
    root = (bl.log(x) / y).sum()
    with np.errstate(all="ignore"):
        assert_follows(opened(draw(root)), root, np.random.default_rng(0),
                       lambda rng, x: np.zeros(x.shape))  # fmt: skip


def test_reset_brings_back_pythons_numbers(opened):
    drawn, _ = gallery.softmax_with_loss()
    page = opened(drawn)
    texts = page.locator("#stage svg text").all_text_contents()
    before = page.evaluate(READ)
    page.fill('#inputs [data-input="0:0"]', "3")
    assert page.locator("#stage svg text").all_text_contents() != texts
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate(READ) == before
    assert page.locator("#stage svg text").all_text_contents() == texts
    assert page.locator("#reset").is_disabled()


def where_compared():
    x = bl.tensor([1.0, -2.0], "x")
    return np.where(x > 0, x, 0.0).sum(), "comparison"


def own_op():
    class Cube(bl.Op):
        def forward(self, x):
            self.x = x
            return x**3 + x

        def backward(self, dz):
            return dz * (3 * self.x**2 + 1)

    return Cube()(bl.tensor(2.0, "x")), "cube"


def too_large():
    x = bl.tensor(np.random.default_rng(0).normal(size=(300, 300)), "x")
    return (x * x).sum(), "90,000 elements"


@pytest.mark.parametrize("graph", [where_compared, own_op, too_large])
def test_what_cannot_be_computed_anew_is_said(graph, opened):
    root, why = graph()
    page = opened(draw(root))
    assert why in page.locator("#fixed").inner_text()
    assert not page.locator("#inputs input").count()


def test_an_op_of_ones_own_is_computed_anew_where_it_is_open(opened):
    root, _ = own_op()
    page = opened(draw(root, open="cube"))
    page.fill('#inputs [data-input="0:0"]', "3")
    found = page.evaluate(READ)
    close(array(found["values"][found["dout"]]), 30.0)
    close(array(found["gradients"][0]), 28.0)


def test_a_dropout_mask_stays(opened):
    x = bl.tensor(np.ones(8), "x")
    root = bl.dropout(x, 0.5, np.random.default_rng(1)).sum()
    page = opened(draw(root))
    mask = x.data * 0 + history(root)[1].op.inputs[1].data
    type_in(page, 0, np.arange(8.0))
    found = page.evaluate(READ)
    close(array(found["values"][found["dout"]]), (mask * np.arange(8.0)).sum())
    assert leaves(root) == [x]


def test_an_op_that_tensors_cannot_be_read_by_is_shown(opened):
    class Rounded(bl.Op):
        def forward(self, x):
            self.given = 0
            return np.array([float(f"{value:.1f}") for value in x])

        def backward(self, dz):
            self.given += 1
            if self.given > 1:
                raise RuntimeError
            return dz

    page = opened(draw(Rounded()(bl.tensor([0.12, 0.56], "x")).sum()))
    assert "rounded" in page.locator("#fixed").inner_text()
    assert page.locator("#view-label").is_hidden()
