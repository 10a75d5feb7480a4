"""What a net makes of samples that it is not being trained on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import ShapeError, ValueRefusedError
from backlit.tensor import no_grad

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from backlit.layers import Layer

BATCH = 1000
"""Samples at a time: large enough to be fast, small enough to stay in the cache."""


@contextmanager
def own_modes(net: Layer) -> Iterator[None]:
    """Put every layer back, afterwards, in the mode that it is in now."""
    modes = [(layer, layer.training) for _, layer in net._walk()]  # noqa: SLF001
    try:
        yield
    finally:
        for layer, mode in modes:
            layer.training = mode


@contextmanager
def evaluation(net: Layer) -> Iterator[None]:
    """Put the net in eval mode and record no history; afterwards put each layer in its mode."""
    with own_modes(net), no_grad():
        net.eval()
        yield


def outputs(net: Layer, x: ArrayLike, *, batch_size: int = BATCH) -> NDArray[Any]:
    """Apply the net in eval mode, batch by batch.

    Parameters
    ----------
    net
        Any layer.
    x
        Samples, ``(N, ...)``.
    batch_size
        Samples at a time.

    Returns
    -------
    ndarray
        What the net gives for each, ``(N, ...)``; logits ``(N, C)`` of a classifier.

    Raises
    ------
    ValueRefusedError
        If there are no samples.
    """
    samples = np.asarray(x)
    if samples.ndim == 0 or len(samples) == 0:
        raise ValueRefusedError(
            f"outputs: x of shape {samples.shape} holds no samples; give at least one, (N, ...)."
        )
    with evaluation(net):
        parts = [
            net(samples[i : i + batch_size]).numpy() for i in range(0, len(samples), batch_size)
        ]
    return np.concatenate(parts)


def accuracy(net: Layer, x: ArrayLike, t: ArrayLike) -> float:
    """Return the fraction of labels that the largest output of their row is the class of, 0 to 1.

    Parameters
    ----------
    net
        A classifier, whose outputs are ``(N, C)``, or ``(N, T, C)`` for each place of sequences.
    x
        Samples, ``(N, ...)``.
    t
        Labels, ``(N,)`` or ``(N, T)``, or one-hot rows of the outputs' shape.

    Raises
    ------
    ShapeError
        If the outputs are not one row of classes for each label.
    """
    y = outputs(net, x)
    labels = np.asarray(t)
    if y.ndim >= 2 and labels.shape == y.shape:
        labels = labels.argmax(axis=-1)
    if y.ndim < 2 or labels.shape != y.shape[:-1]:
        raise ShapeError(
            f"accuracy: the net gives outputs of shape {y.shape} for labels of shape "
            f"{np.shape(t)}; one row of classes is needed for each label."
        )
    return float(np.mean(y.argmax(axis=-1) == labels))


def accuracy_if_any(net: Layer, x: ArrayLike, t: ArrayLike) -> float | None:
    """Return the accuracy of a net whose outputs and labels speak of classes, or ``None``.

    They do where outputs are rows of two numbers or more, and labels are one-hot rows or class
    numbers. Of a regression an accuracy says nothing.
    """
    labels, samples = np.asarray(t), np.asarray(x)
    one = outputs(net, samples[:1]).shape
    if len(one) < 2 or one[-1] < 2:
        return None
    if labels[:1].shape == one:
        speaks = np.isin(labels, (0, 1)).all() and (labels.sum(axis=-1) == 1).all()
    elif labels[:1].shape == one[:-1] and labels.dtype.kind in "iu":
        speaks = labels.min() >= 0 and labels.max() < one[-1]
    else:
        speaks = False
    return accuracy(net, x, t) if speaks else None


def class_numbers(t: ArrayLike) -> NDArray[Any]:
    """Turn one-hot rows into class numbers, and leave class numbers as they are."""
    labels = np.asarray(t)
    return labels.argmax(axis=1) if labels.ndim == 2 else labels


@dataclass(frozen=True)
class Predictions:
    """A classifier's probabilities beside the truth.

    Parameters
    ----------
    probabilities
        ``(N, C)``.
    labels
        Class numbers, ``(N,)``.

    Examples
    --------
    >>> y = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    >>> predictions = Predictions(y, np.array([0, 1, 1]))
    >>> predictions.accuracy
    0.6666666666666666
    >>> predictions.confusion()
    array([[1, 0],
           [1, 1]])
    >>> predictions.mistakes(10)
    array([1])
    """

    probabilities: NDArray[Any]
    labels: NDArray[Any]

    @classmethod
    def of(cls, net: Layer, x: ArrayLike, t: ArrayLike) -> Predictions:
        """Ask a net whose outputs are logits."""
        return cls(probabilities_of(outputs(net, x)), class_numbers(t))

    @property
    def classes(self) -> NDArray[Any]:
        """The most probable class of each sample, ``(N,)``."""
        return self.probabilities.argmax(axis=1)  # type: ignore[no-any-return]

    @property
    def accuracy(self) -> float:
        """The fraction that is right."""
        return float(np.mean(self.classes == self.labels))

    def confusion(self) -> NDArray[Any]:
        """Count the samples by true class (row) and predicted class (column), ``(C, C)``."""
        count = self.probabilities.shape[1]
        pairs = self.labels * count + self.classes
        return np.bincount(pairs, minlength=count**2).reshape(count, count)

    def mistakes(self, count: int) -> NDArray[Any]:
        """Return which samples are wrong, the most confident first, at most ``count``."""
        wrong = np.flatnonzero(self.classes != self.labels)
        confidence = self.probabilities[wrong].max(axis=1)
        return wrong[np.argsort(-confidence, kind="stable")[:count]]


def probabilities_of(logits: NDArray[Any]) -> NDArray[Any]:
    """Apply softmax to each row, in float64."""
    x = logits.astype(np.float64)
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]
