"""Small things to train, in milliseconds."""

from __future__ import annotations

import numpy as np

from backlit.data import Split
from backlit.layers import Affine, Dropout, ReLU, Sequential


def blobs(seed: int, count: int = 230) -> Split:
    """Three classes of points in eight dimensions."""
    rng = np.random.default_rng(seed)
    t = rng.integers(0, 3, count)
    x = rng.standard_normal((count, 8)) + 1.5 * np.eye(8)[t]
    return Split(x.astype(np.float32), t)


def small_net(seed: int = 0) -> Sequential:
    """A net with everything that a checkpoint must keep: weights and random masks."""
    rng = np.random.default_rng(seed)
    dropout = Dropout(0.2, rng=np.random.default_rng(seed + 1))
    return Sequential(
        Affine(8, 16, init="he", rng=rng), ReLU(), dropout, Affine(16, 3, init="he", rng=rng)
    )
