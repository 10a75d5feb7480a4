"""scikit-learn's MLPClassifier."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Dense, Net, data, parameters


def build(net: Net, variant: str) -> Steps:
    """Return the training step."""
    if not net.is_dense:
        raise UnsupportedError("scikit-learn has dense nets only")
    hidden = [layer.size_out for layer in net.layers if isinstance(layer, Dense)][:-1]
    model = MLPClassifier(
        hidden, solver="sgd", alpha=0.0, batch_size=net.batch, learning_rate_init=RATE, momentum=0.0
    )
    x, t = data(net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer samples than a batch, once, to set it up
        model.partial_fit(x[: net.batch], t[: net.batch], classes=np.arange(10))
    # In place: its optimizer holds these very arrays.
    for target, value in zip(model.coefs_, (W for W, _ in parameters(net)), strict=True):
        target[...] = value
    for target, value in zip(model.intercepts_, (b for _, b in parameters(net)), strict=True):
        target[...] = value

    def step(rows: Rows) -> float:
        model.partial_fit(x[rows], t[rows])
        return float(model.loss_)

    return single(step)
