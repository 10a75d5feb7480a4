"""Test digits to start from: one of each class, and some that the net mistakes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Samples"]

MISTAKES = 4


@dataclass(frozen=True)
class Samples:
    """Images with their labels, and whether the net takes each for something else.

    Parameters
    ----------
    images
        ``(N, 28, 28)``, 0 (paper) to 1 (ink).
    labels
        Class numbers, ``(N,)``.
    wrong
        ``(N,)``.
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    wrong: NDArray[np.bool_]

    @classmethod
    def chosen(cls, images: NDArray[Any], labels: NDArray[Any], answers: NDArray[Any]) -> Samples:
        """Take the first of each class that the net has right, and the first it has wrong.

        Examples
        --------
        >>> digits = np.zeros((5, 28, 28))
        >>> samples = Samples.chosen(digits, np.array([1, 1, 0, 0, 0]), np.array([0, 1, 0, 1, 0]))
        >>> samples.labels, samples.wrong
        (array([0, 1, 1, 0]), array([False, False,  True,  True]))
        """
        wrong = answers != labels
        right = [np.flatnonzero((labels == c) & ~wrong)[:1] for c in np.unique(labels)]
        which = np.concatenate([*right, np.flatnonzero(wrong)[:MISTAKES]])
        return cls(images[which], labels[which], wrong[which])

    def to_json(self) -> dict[str, Any]:
        """Return what the page reads: pixels as bytes in base64."""
        pixels = np.rint(self.images * 255).astype(np.uint8)
        return {
            "pixels": b64encode(pixels.tobytes()).decode(),
            "labels": self.labels.tolist(),
            "wrong": self.wrong.tolist(),
        }
