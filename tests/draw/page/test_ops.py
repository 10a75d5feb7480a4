"""Every op that the page can compute anew: values and gradients equal Python's."""

import inspect

import numpy as np
import pytest

import backlit as bl
from backlit import ops
from backlit.draw.page.recipe import recipe
from backlit.graph import unbroadcast
from backlit.op import Op
from backlit.quiet import quiet
from backlit.tensor import apply
from backlit.web import bundled, document

CARDS = sorted(
    {card for card in vars(ops).values() if inspect.isclass(card) and issubclass(card, Op)} - {Op},
    key=lambda card: card.__name__,
)

SCRIPT = """\
import {ops} from "./ops/all.js";
import {tensor} from "./tensor.js";
import {forward, localGradients} from "./graph.js";
import {number} from "./number.js";

const real = (x) => typeof x === "string" ? Number(x) : x;
const read = ({shape, data}) => tensor(shape, Float64Array.from(data, real));
const write = (x) => x && {shape: x.shape, data: [...x.data].map(String)};

globalThis.number = number;
globalThis.names = Object.keys(ops);
globalThis.compute = ({op, options, shape, inputs, dz}) => {
  const values = inputs.map(read);
  const call = {op, options, shape, inputs: inputs.map((_, i) => i), output: inputs.length};
  forward([call], values);
  return [values[inputs.length], ...localGradients(call, values, read(dz))].map(write);
};
"""


@pytest.fixture(scope="module")
def script(browser, tmp_path_factory):
    """Return the page that holds the ops, and nothing else."""
    folder = tmp_path_factory.mktemp("ops")
    root = bundled_root(folder)
    page = document(title="ops", lang="en", style="", body="", data=None,
                    script=bundled("test.js", root))  # fmt: skip
    (folder / "x.html").write_text(page, encoding="utf-8")
    opened = browser.new_page()
    opened.goto((folder / "x.html").as_uri())
    yield opened
    opened.close()


def bundled_root(folder):
    from importlib.resources import files
    from shutil import copytree

    root = copytree(files("backlit.web") / "js", folder / "js")
    (root / "test.js").write_text(SCRIPT, encoding="utf-8")
    return root


def written(array):
    array = np.asarray(array, float)
    return {"shape": list(array.shape), "data": [repr(float(x)) for x in array.ravel()]}


def js(text):
    return text.replace("inf", "Infinity").replace("nan", "NaN")


def case(call, dz):
    return {
        "op": call.op.name,
        "options": recipe(call),
        "shape": list(call.shape),
        "inputs": [plain(x.data) for x in call.op.inputs],
        "dz": plain(dz),
    }


def plain(array):
    one = written(array)
    one["data"] = [js(x) for x in one["data"]]
    return one


def back(result):
    return result and np.array([float(js_number(x)) for x in result["data"]]).reshape(
        result["shape"]
    )


def js_number(text):
    return text.replace("Infinity", "inf")


def calls(card, rng):
    """Yield a call for each sample, and for each with values that are hard."""
    for sample in card.samples:
        drawn = sample.draw(rng)
        arrays = [drawn]
        soft = [array for array in drawn if array.dtype.kind == "f"]
        if soft and card not in {ops.SoftmaxCrossEntropy, ops.BinaryCrossEntropy, ops.Clip}:
            arrays.append([hard(array, rng) for array in drawn])
        for inputs in arrays:
            tensors = [
                bl.tensor(x) if x.dtype.kind == "f" else bl.Tensor(x, requires_grad=False)
                for x in inputs
            ]
            yield apply(card(**sample.options), *tensors)


def hard(array, rng):
    """Return an array with ties, zeros, large and small numbers in it."""
    if array.dtype.kind != "f" or not array.size:
        return array
    picked = rng.choice([0.0, -0.0, 1.0, -1.0, 2.0, 1e-9, 30.0, -30.0, 710.0], array.shape)
    return np.where(rng.random(array.shape) < 0.6, picked, array)


def expected(call, dz):
    found = call.op.backward(dz)
    found = found if isinstance(found, tuple) else (found,)
    return [
        None if dx is None else unbroadcast(np.asarray(dx), x.shape)
        for dx, x in zip(found, call.op.inputs, strict=True)
    ]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.__name__)
def test_values_and_gradients_equal_pythons(card, script):
    rng = np.random.default_rng(7)
    known = script.evaluate("names")
    for call in calls(card, rng):
        if recipe(call) is None:
            continue
        assert call.op.name in known
        dz = rng.normal(size=call.shape)
        value, *gradients = map(back, script.evaluate("compute", case(call, dz)))
        np.testing.assert_allclose(value, call.data, rtol=1e-12, atol=1e-300)
        for mine, pythons in zip(gradients, quiet(expected, call, dz), strict=True):
            if pythons is None:
                assert mine is None
            else:
                np.testing.assert_allclose(mine, pythons, rtol=1e-10, atol=1e-13)


def test_what_is_missing_is_known(script):
    """All families are there but those that a page does not compute anew."""
    rng = np.random.default_rng(0)
    made = {
        type(call.op) for card in CARDS for call in calls(card, rng) if recipe(call) is not None
    }
    assert {card.__new__(card).name for card in made} == set(script.evaluate("names"))
    missing = {card.__module__.rsplit(".", 1)[1] for card in CARDS if card not in made}
    assert missing <= {"random", "convolution", "normalization", "pooling", "windows"}


@pytest.mark.parametrize("precision", [1, 3, 4, 9])
def test_numbers_are_written_as_in_figures(script, precision):
    from backlit.draw.number import number

    rng = np.random.default_rng(3)
    values = [0.0, -0.0, 1, -1, 220.00000000000003, 1e7, 9999999.4, 1e-4, 9.9999e-5, 1e300,
              -1e-300, 99995.0, 0.099999, 123456.7, -0.8, *rng.normal(size=40),
              *10.0 ** rng.uniform(-9, 9, 60)]  # fmt: skip
    found = script.evaluate("([xs, p]) => xs.map((x) => number(x, p))", [values, precision])
    assert found == [number(x, precision) for x in values]
    ends = script.evaluate("[NaN, Infinity, -Infinity].map((x) => number(x))")
    assert ends == ["NaN", "∞", "−∞"]
