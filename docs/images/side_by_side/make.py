"""Draw one net and one function with four tools, for docs/side_by_side.md.

    pip install backlit torch torchviz torchview graphviz dezero     # and Graphviz's program `dot`
    python docs/images/side_by_side/make.py

Writes `TOOL_net.svg` and `TOOL_sigmoid.svg` beside itself, and prints the versions.
"""
# ruff: noqa: N812, PLC0415, S607, T201 - a script, whose tools are needed one at a time

from __future__ import annotations

import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
X = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, -1.0]])
W1 = np.array([[0.2, -0.4, 0.1, 0.3], [0.5, 0.1, -0.3, 0.2], [-0.1, 0.4, 0.2, -0.2]])
W2 = np.array([[0.3, -0.1], [0.2, 0.4], [-0.5, 0.1], [0.1, -0.2]])
T = np.array([0, 1])


def with_backlit() -> None:
    """Draw values and gradients."""
    import backlit as bl

    x = bl.tensor(X, "x", requires_grad=False)
    h = bl.relu(bl.affine(x, bl.tensor(W1, "W1"), bl.tensor(np.zeros(4), "b1")))
    y = bl.affine(h, bl.tensor(W2, "W2"), bl.tensor(np.zeros(2), "b2"))
    loss = bl.softmax_cross_entropy(y, T)
    loss.draw().save(HERE / "backlit_net.svg")
    x = bl.tensor(1.0, "x")
    y = 1 / (1 + bl.exp(-x))
    y.draw().save(HERE / "backlit_sigmoid.svg")


def with_torchviz() -> None:
    """Draw what autograd keeps for the way back."""
    import torch
    from torchviz import make_dot

    net, loss = torch_net()
    save("torchviz_net", make_dot(loss, params=dict(net.named_parameters())).source)
    x = torch.tensor(1.0, requires_grad=True)
    y = 1 / (1 + torch.exp(-x))
    save("torchviz_sigmoid", make_dot(y, params={"x": x}).source)


def with_torchview() -> None:
    """Draw modules, functions and tensors with their shapes."""
    import torch
    from torchview import draw_graph

    net, _ = torch_net()

    class Loss(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Any) -> Any:
            return torch.nn.functional.cross_entropy(self.net(x), torch.tensor(T))

    class Sigmoid(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            # A module without modules in it is one node; with one, its functions are shown.
            self.start = torch.nn.Identity()

        def forward(self, x: Any) -> Any:
            return 1 / (1 + torch.exp(-self.start(x)))

    drawn = draw_graph(Loss(), input_data=torch.tensor(X, dtype=torch.float32), expand_nested=True)
    save("torchview_net", drawn.visual_graph.source)
    drawn = draw_graph(Sigmoid(), input_data=torch.tensor([1.0]))
    save("torchview_sigmoid", drawn.visual_graph.source)


def torch_net() -> tuple[Any, Any]:
    """Return the net in PyTorch, and its loss."""
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    with torch.no_grad():
        for layer, W in ((net[0], W1), (net[2], W2)):
            layer.weight.copy_(torch.tensor(W.T))
            layer.bias.zero_()
    y = net(torch.tensor(X, dtype=torch.float32))
    return net, torch.nn.functional.cross_entropy(y, torch.tensor(T))


def with_dezero() -> None:
    """Draw variables and functions."""
    for name, kind in (("int", int), ("float", float), ("bool", bool)):
        if name not in vars(np):  # removed from NumPy 1.24 on, but read by DeZero 0.0.13
            setattr(np, name, kind)
    import dezero.functions as F
    from dezero import Variable
    from dezero.utils import get_dot_graph

    x, w1, b1, w2, b2 = (
        Variable(array, name)
        for array, name in (
            (X, "x"), (W1, "W1"), (np.zeros(4), "b1"), (W2, "W2"), (np.zeros(2), "b2")
        )
    )  # fmt: skip
    loss = F.softmax_cross_entropy(F.linear(F.relu(F.linear(x, w1, b1)), w2, b2), Variable(T, "t"))
    loss.name = "loss"
    loss.backward()
    save("dezero_net", get_dot_graph(loss, verbose=True))
    x = Variable(np.array(1.0), "x")
    y = 1 / (1 + F.exp(-x))
    y.name = "y"
    save("dezero_sigmoid", get_dot_graph(y, verbose=True))


def save(name: str, dot: str) -> None:
    """Draw what is written in the DOT language."""
    # Names from `id` differ from run to run; numbers in order of appearance do not.
    known: dict[str, str] = {}
    stable = re.sub(r"\b\d{12,}\b", lambda found: known.setdefault(found[0], f"{len(known)}"), dot)
    done = subprocess.run(["dot", "-Tsvg"], input=stable.encode(), capture_output=True, check=True)
    (HERE / f"{name}.svg").write_bytes(done.stdout)


def main() -> None:
    """Draw with all, and say with which versions."""
    with_backlit()
    with_torchviz()
    with_torchview()
    with_dezero()
    for package in ("backlit", "torch", "torchviz", "torchview", "dezero"):
        print(package, version(package))
    print(subprocess.run(["dot", "-V"], capture_output=True, check=True).stderr.decode().strip())


if __name__ == "__main__":
    main()
