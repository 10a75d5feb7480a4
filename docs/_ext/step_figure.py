"""Draw the compiled step of `compile.md`: `python docs/_ext/step_figure.py` writes its picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import backlit as bl
from backlit.layers import Affine, ReLU, Sequential

if TYPE_CHECKING:
    from backlit.draw import Figure

PICTURE = Path(__file__).parents[1] / "images/train_step.svg"


def drawn() -> Figure:
    """Return the figure."""
    net = Sequential(Affine(784, 50, rng=0), ReLU(), Affine(50, 10, rng=1))
    optimizer = bl.optim.SGD(net.parameters(), 0.1)

    def train_step(x: Any, t: Any) -> bl.Tensor:
        loss = bl.softmax_cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        return loss

    # For one thread the program is the same on every machine.
    step = bl.compile(train_step, threads=1)
    step(np.ones((100, 784), np.float32), np.zeros(100, int))
    return step.draw(direction="down")


if __name__ == "__main__":
    drawn().save(PICTURE)
