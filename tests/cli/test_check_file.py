"""``backlit check FILE.py``: what is found, what is guessed, and files that misbehave."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest

from backlit.cli.check import run
from backlit.cli.check_arguments import add_arguments
from backlit.errors import BacklitError

LAYER = """
class {name}:
    def forward(self, x):
        return {factor} * x
    def backward(self, dout):
        return 2 * dout
"""
GOOD, BAD = LAYER.format(name="Good", factor=2), LAYER.format(name="Bad", factor=3)


@pytest.fixture
def checked(tmp_path, capfd):
    """Check a text as a file, and return the status, the answer, and the lines on stderr."""

    def call(text, *words, name="", json_too=True):
        path = tmp_path / "layers_here.py"
        path.write_text(dedent(text), encoding="utf-8")
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        target = f"{path}:{name}" if name else str(path)
        arguments = parser.parse_args([target, *words, *(["--json"] if json_too else [])])
        status = run(arguments)
        out, err = capfd.readouterr()
        return status, json.loads(out) if json_too else out, err

    return call


def test_a_status_for_each_outcome(checked):
    assert checked(GOOD)[0] == 0
    status, answer, _ = checked(GOOD + BAD)
    assert status == answer["status"] == 1
    assert [(each["name"], each["outcome"]) for each in answer["checks"]] == [
        ("Good", "ok"), ("Bad", "fault"),
    ]  # fmt: skip
    assert answer["checks"][1]["report"]["faults"][0]["layer"] == "Bad"
    assert checked(GOOD + BAD, name="Good")[0] == 0
    status, answer, _ = checked("x = 1\n")
    assert status == 2
    assert "no class with forward and backward" in answer["reason"]
    status, answer, _ = checked(GOOD, name="Goood")
    assert status == 2
    assert "there is Good" in answer["reason"]


def test_json_is_the_same_each_time(checked):
    first, again = checked(GOOD + BAD), checked(GOOD + BAD)
    assert first == again
    assert list(first[1]) == ["backlit", "format", "file", "status", "ok", "reason", "checks"]
    assert checked(GOOD, "--seed", "3")[1]["checks"][0]["report"]["ok"]


def test_text_for_people(checked):
    status, out, err = checked("print('imported')\n" + GOOD + BAD, json_too=False)
    assert status == 1
    assert "✓ gradient check of Good: pass" in out
    assert "✗ gradient check of Bad" in out
    assert "guessed: Bad() with x (5, 4)" in out
    assert err == ""


CHAPTER = """
import numpy as np
from common.functions import softmax
from common.layers import Relu

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b
    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.W.T)

class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return -np.sum(np.log(self.y[np.arange(len(t)), t] + 1e-7)) / len(t)
    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / len(self.t)

class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b = W, b
    def _patches(self, x):
        FH, FW = self.W.shape[2:]
        H, W = x.shape[2] - FH + 1, x.shape[3] - FW + 1
        return [(i, j, x[:, :, i:i + FH, j:j + FW]) for i in range(H) for j in range(W)]
    def forward(self, x):
        self.x = x
        FN, _, FH, FW = self.W.shape
        out = np.zeros((len(x), FN, x.shape[2] - FH + 1, x.shape[3] - FW + 1))
        for i, j, patch in self._patches(x):
            out[:, :, i, j] = np.tensordot(patch, self.W, ((1, 2, 3), (1, 2, 3))) + self.b
        return out
    def backward(self, dout):
        dx, self.dW, self.db = np.zeros_like(self.x), np.zeros_like(self.W), dout.sum((0, 2, 3))
        FH, FW = self.W.shape[2:]
        for i, j, patch in self._patches(self.x):
            d = dout[:, :, i, j]
            self.dW += np.tensordot(d, patch, (0, 0))
            dx[:, :, i:i + FH, j:j + FW] += np.tensordot(d, self.W, (1, 0))
        return dx

class BatchScale:
    def __init__(self, gamma, beta, eps=1e-7):
        self.gamma, self.beta = gamma, beta
    def forward(self, x):
        self.x = x
        return self.gamma * x + self.beta
    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.x).sum(0), dout.sum(0)
        return dout * self.gamma

class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y
    def backward(self, dout):
        return dout * self.y, dout * self.x

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.1):
        r = np.random
        self.params = {
            "W1": weight_init_std * r.randn(input_size, hidden_size), "b1": np.zeros(hidden_size),
            "W2": weight_init_std * r.randn(hidden_size, output_size), "b2": np.zeros(output_size),
        }
        self.layers = [Affine(self.params["W1"], self.params["b1"]), Relu(),
                       Affine(self.params["W2"], self.params["b2"])]
        self.last = SoftmaxWithLoss()
    def loss(self, x, t):
        for layer in self.layers:
            x = layer.forward(x)
        return self.last.forward(x, t)
    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward(1)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        first, _, second = self.layers
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}
"""


def test_what_the_chapter_builds_is_made_and_called_by_guesses(checked):
    status, answer, _ = checked(CHAPTER)
    assert [(each["name"], each["outcome"], each["reason"]) for each in answer["checks"]] == [
        (name, "ok", "") for name in (
            "Affine", "SoftmaxWithLoss", "Convolution", "BatchScale", "MulLayer", "TwoLayerNet",
        )
    ]  # fmt: skip
    assert status == 0
    guessed = {each["name"]: each["guessed"] for each in answer["checks"]}
    assert guessed["Affine"] == "Affine(W (4, 3), b (3,)) with x (5, 4)"
    assert "x (2, 3, 4, 4)" in guessed["Convolution"]
    assert "input_size=4" in guessed["TwoLayerNet"]


def test_what_the_file_offers_goes_before_guesses(checked):
    offer = "import numpy as np\nchecks = [(Bad(), np.ones(2)), (Good(), np.ones(2))]\n"
    status, answer, _ = checked(GOOD + BAD + offer)
    assert [each["outcome"] for each in answer["checks"]] == ["fault", "ok"]
    assert answer["checks"][0]["guessed"] == ""
    one = "import numpy as np\ndef check_me():\n    return Good(), np.ones(2)\n"
    status, answer, _ = checked(GOOD + BAD + one)
    assert (status, len(answer["checks"])) == (0, 1)
    report = "import numpy as np, backlit as bl\ndef check_me():\n"
    report += "    return bl.check(Bad(), np.ones(2))\n"
    assert checked(GOOD + BAD + report)[0] == 1
    assert checked(GOOD + "checks = []\n")[0] == 2


def test_objects_in_the_file_show_how_they_are_made(checked):
    made = """
    import numpy as np
    class Scale:
        def __init__(self, mystery):
            self.W = mystery
        def forward(self, x):
            self.x = x
            return x @ self.W
        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T
    """
    status, answer, _ = checked(made)
    assert status == 2
    assert "'mystery'" in answer["checks"][0]["reason"]
    status, answer, _ = checked(dedent(made) + "layer = Scale(np.ones((7, 2)))\n")
    assert status == 0
    assert answer["checks"][0]["guessed"] == "x (5, 7)"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("backword", "backward"), ("back_ward", "backward"), ("Backward", "backward"),
     ("foward", "forward")],
)  # fmt: skip
def test_misspelt_methods_are_faults(wrong, right, checked):
    status, answer, _ = checked(GOOD.replace(right, wrong))
    assert status == 1
    (fault,) = answer["checks"][0]["report"]["faults"]
    assert fault["diagnosis"] == "misspelt"
    assert wrong in fault["message"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\ndef f(:\n", "line 2: SyntaxError"),
        ("import numpy\n\n1 / 0\n", "line 3: ZeroDivisionError"),
        ("import nothing_of_that_name\n", "line 1: ModuleNotFoundError"),
        ("import sys\nsys.exit('bye')\n", "it ended the program (SystemExit: bye)"),
        ("def f():\n    f()\nf()\n", "calls itself without end"),
        ("import os\nos.write(1, b'bye')\nos._exit(3)\n", "(3) while it was checked; it last"),
        ("input('name? ')\n", "EOFError"),
        ("\x00", "SyntaxError"),
    ],
)
def test_files_that_cannot_be_imported_are_one_line(text, reason, checked):
    status, answer, err = checked(text)
    assert status == 2
    assert reason in answer["reason"]
    assert err.count("\n") == 1


HANGS = """
import re
class Good:
    def forward(self, x):
        return x
    def backward(self, dout):
        return dout
class Hangs(Good):
    def backward(self, dout):
        {what}
"""


@pytest.mark.parametrize(
    "what",
    ["while True: pass", "re.match('(a+)+$', 'a' * 64 + 'b')",
     "__import__('os').system('sleep 60')"],
    ids=["Python", "C", "a program"],
)  # fmt: skip
@pytest.mark.skipif(sys.platform == "win32", reason="its shell has no sleep")
def test_what_hangs_is_ended_and_the_rest_is_kept(what, checked):
    start = time.monotonic()
    status, answer, _ = checked(HANGS.format(what=what), "--time-limit", "3")
    assert time.monotonic() - start < 30
    assert status == 2
    assert [each["outcome"] for each in answer["checks"]] == ["ok", "unchecked"]
    assert "did not end within 3 seconds (line 10)" in answer["checks"][1]["reason"]


def test_what_it_prints_and_warns_is_shown_apart(checked):
    noisy = GOOD.replace("        return 2 * x", "        print('hey')\n        return 2 * x")
    status, answer, _ = checked("import warnings\nwarnings.warn('odd')\n" + noisy)
    assert status == 0
    assert answer["checks"][0]["printed"].startswith("hey\nhey\n")


def test_neighbours_can_be_imported_and_names_of_the_library_taken(tmp_path, checked):
    (tmp_path / "helper_here.py").write_text("factor = 2\n")
    text = "from helper_here import factor\n" + GOOD.replace("2 * x", "factor * x")
    assert checked(text)[0] == 0


def test_a_page(tmp_path, checked):
    page = tmp_path / "page.html"
    assert checked(GOOD + BAD, "--html", str(page))[0] == 1
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg xmlns") == 2
    assert text.startswith("<!doctype html>")


def test_refusals(tmp_path):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(BacklitError, match="does not exist"):
        run(parser.parse_args([str(tmp_path / "none.py")]))
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(BacklitError, match="is not a Python file"):
        run(parser.parse_args([str(tmp_path / "notes.txt")]))
    for words in (["--time-limit", "0"], ["--time-limit", "x"], ["--samples", "0"]):
        with pytest.raises(SystemExit):
            parser.parse_args(["x.py", *words])


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")
def test_torch_in_a_file(checked):
    status, answer, _ = checked("""
    import torch
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x
        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return 3 * g * x
    class Net(torch.nn.Module):
        def __init__(self, in_features, out_features):
            super().__init__()
            self.fc = torch.nn.Linear(in_features, out_features)
        def forward(self, x):
            return torch.tanh(self.fc(x))
    """, "--time-limit", "120")  # fmt: skip
    assert [(each["name"], each["outcome"]) for each in answer["checks"]] == [
        ("Square", "fault"), ("Net", "ok"),
    ]  # fmt: skip
    assert status == 1


def test_no_process_is_left(checked):
    checked(HANGS.format(what="__import__('os').system('sleep 77')"), "--time-limit", "1")
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            assert b"sleep\x0077" not in file.read_bytes()
