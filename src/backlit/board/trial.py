"""What float16 would do to a net's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.board.numbers import fits, rounded
from backlit.train import outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.board.numbers import Precision
    from backlit.layers import Layer

__all__ = ["Trial", "tried"]


@dataclass(frozen=True)
class Trial:
    """The classes that a net gives, ``(N,)``, and how many are right: with float32 and float16."""

    answers: NDArray[Any]
    right: int
    right_half: int | None


def tried(net: Layer, x: NDArray[Any], t: NDArray[Any]) -> Trial:
    """Ask a net about samples, with its weights rounded to float32 and to float16.

    Parameters
    ----------
    net
        A classifier; it stays as it is.
    x, t
        Samples as the net takes them, and class numbers, ``(N,)``.

    Examples
    --------
    >>> from backlit.layers import Affine
    >>> net = Affine.from_arrays([[2.0, 2.0001]], [0.0, 0.0])
    >>> tried(net, np.ones((1, 1)), np.array([1]))
    Trial(answers=array([1]), right=1, right_half=0)
    """
    copy = net.astype(np.float32)
    answers = _answers(copy, net, x, "float32")
    right_half = None
    if all(fits(W, "float16") for W in net.state().values()):
        right_half = int((_answers(copy, net, x, "float16") == t).sum())
    return Trial(answers, int((answers == t).sum()), right_half)


def _answers(copy: Layer, net: Layer, x: NDArray[Any], precision: Precision) -> NDArray[Any]:
    state = {name: rounded(W, precision, name) for name, W in net.state().items()}
    copy.load_state(state)
    answers: NDArray[Any] = outputs(copy, x).argmax(axis=1)
    return answers
