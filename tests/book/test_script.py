"""Scripts as a reader of the chapter writes them, each in an interpreter of its own."""

import subprocess
import sys
from textwrap import dedent

import pytest

from backlit.book import run_script
from backlit.errors import DataError

GRADIENT_CHECK = """
    import sys, os
    sys.path.append(os.pardir)
    import numpy as np
    from dataset.mnist import load_mnist
    from two_layer_net import TwoLayerNet

    np.random.seed(0)  # not every net has its ReLUs away from their kinks
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=True, one_hot_label=True)
    network = TwoLayerNet(input_size=784, hidden_size=3, output_size=10)
    slow = network.numerical_gradient(x_train[:3], t_train[:3])
    fast = network.gradient(x_train[:3], t_train[:3])
    for key in slow.keys():
        diff = np.average(np.abs(fast[key] - slow[key]))
        assert diff < 1e-8, key
        print(key + ":" + str(diff))
"""

TRAINING = """
    import numpy as np
    from dataset.mnist import load_mnist
    from two_layer_net import TwoLayerNet

    np.random.seed(1)
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=True, one_hot_label=True)
    network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10)
    before = network.accuracy(x_test, t_test)
    for i in range(300):
        batch_mask = np.random.choice(len(x_train), 100)
        grad = network.gradient(x_train[batch_mask], t_train[batch_mask])
        for key in ("W1", "b1", "W2", "b2"):
            network.params[key] -= 0.5 * grad[key]
    accuracy = network.accuracy(x_test, t_test)
    print(before, accuracy)
    assert before < 0.3 < 0.85 < accuracy
"""

OWN_NET = """
    from collections import OrderedDict
    import numpy as np
    from common.layers import *
    from common.gradient import numerical_gradient

    np.random.seed(0)

    class Dense:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            self.dW = np.dot(self.x.T, dout)
            self.db = np.sum(dout, axis=0)
            return np.dot(dout, self.W.T) * WRONG

    class Net:
        def __init__(self):
            self.params = {"W1": np.random.randn(6, 5), "b1": np.zeros(5),
                           "W2": np.random.randn(5, 3), "b2": np.zeros(3)}
            p = self.params
            self.layers = OrderedDict(A=Dense(p["W1"], p["b1"]), R=Sigmoid(),
                                      B=Dense(p["W2"], p["b2"]))
            self.last = SoftmaxWithLoss()

        def loss(self, x, t):
            for layer in self.layers.values():
                x = layer.forward(x)
            return self.last.forward(x, t)

        def gradient(self, x, t):
            self.loss(x, t)
            dout = self.last.backward(1)
            for layer in reversed(list(self.layers.values())):
                dout = layer.backward(dout)
            A, B = self.layers["A"], self.layers["B"]
            return {"W1": A.dW, "b1": A.db, "W2": B.dW, "b2": B.db}

    net, x, t = Net(), np.random.randn(4, 6), np.array([0, 2, 1, 1])
    slow = {k: numerical_gradient(lambda W: net.loss(x, t), W) for k, W in net.params.items()}
    fast = net.gradient(x, t)
    agree = {k: bool(np.abs(slow[k] - fast[k]).max() < 1e-6) for k in slow}
    import backlit
    rows = backlit.check(net, x, t).rows
    assert agree == {row.tensor: row.ok for row in rows}
    print(agree)
"""


def python(code, folder):
    """Run a program in an interpreter of its own, and return what it printed."""
    command = [sys.executable, "-W", "error", "-c", dedent(code)]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", [GRADIENT_CHECK, TRAINING])
def test_a_script_of_the_chapter_runs_unchanged(script, tmp_path):
    (tmp_path / "script.py").write_text(dedent(script))
    assert python("from backlit.book import run_script; run_script('script.py')", tmp_path)
    assert python("import backlit.book; backlit.book.install(); import script", tmp_path)


@pytest.mark.parametrize(("factor", "agree"), [("1.0", True), ("-1.0", False), ("1.001", False)])
def test_the_readers_own_layer_is_found_out(factor, agree, tmp_path):
    (tmp_path / "script.py").write_text(dedent(OWN_NET).replace("WRONG", factor))
    printed = python("from backlit.book import run_script; run_script('script.py')", tmp_path)
    expected = {"W1": agree, "b1": agree, "W2": True, "b2": True}
    assert printed.strip() == str(expected)


def test_everything_is_as_before_when_the_script_ends(tmp_path):
    (tmp_path / "two_layer_net.py").write_text("mine = True\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, two_layer_net, common.layers\n"
        "assert __name__ == '__main__' and two_layer_net.mine\n"
        "arguments, first = sys.argv, sys.path[0]\n"
        "sys.path.append('..')\n"
        "if len(arguments) > 2: raise SystemExit(3)\n"
    )
    argv, path, modules = sys.argv, sys.path.copy(), set(sys.modules)
    found = run_script(script, ["--lr"])
    assert found["arguments"] == [str(script), "--lr"]
    assert found["first"] == str(tmp_path.resolve())
    with pytest.raises(SystemExit):
        run_script(script, ["a", "b"])
    assert (sys.argv, sys.path) == (argv, path)
    assert not {"two_layer_net", "common", "common.layers"} & (set(sys.modules) - modules)


def test_a_missing_script_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.py does not exist"):
        run_script("nowhere.py")
    with pytest.raises(DataError, match="is a folder"):
        run_script(tmp_path)
