"""A small training in a process of its own: what the tests kill."""

from __future__ import annotations

import sys

from train.small import blobs, small_net

from backlit.data import Dataset
from backlit.optim import Adam
from backlit.train import fit

if __name__ == "__main__":
    net = small_net()
    fit(
        net,
        Dataset("blobs", ("a", "b", "c"), train=blobs(0, 1000), test=blobs(1, 100)),
        optimizer=Adam(net.parameters(), 0.01),
        epochs=40,
        batch_size=50,
        folder=sys.argv[1],
        resume=sys.argv[2] == "resume",
        progress=False,
    )
