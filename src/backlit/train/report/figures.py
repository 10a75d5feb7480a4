"""The pictures of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.train.report.axes import Curve, Panel
from backlit.train.report.canvas import BLUE, INK, MUTED, ORANGE, PAPER, SIZE, Picture, room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from backlit.train.evaluation import Predictions
    from backlit.train.history import History

CELL = 32.0
"""The side of a cell of the confusion matrix, with the gap to the next."""
COLUMNS = 8
"""Of mistakes."""


def curves(history: History) -> Picture:
    """Draw loss and accuracies side by side, or the loss where there are no accuracies."""
    drawn = panels(history)
    picture = Picture(324 * len(drawn), 245)
    for i, panel in enumerate(drawn):
        panel.draw(picture, 324 * i, 324)
    return picture


def panels(history: History) -> list[Panel]:
    """Return what there is to draw over the epochs."""
    return [_loss(history), _accuracy(history)] if has_accuracy(history) else [_loss(history)]


def alone(panel: Panel) -> Picture:
    """Draw one panel as a picture of its own."""
    picture = Picture(331, 223)
    panel.draw(picture, 0, picture.width)
    return picture


def has_accuracy(history: History) -> bool:
    """Tell whether there is an accuracy to draw."""
    return None not in history.column("train_accuracy")


def _loss(history: History) -> Panel:
    losses = history.column("loss")
    last = f"{losses[-1]:.3f}" if 0.001 <= losses[-1] < 1000 else f"{losses[-1]:.3g}"
    curve = Curve(losses, "train", last, ORANGE)
    return Panel(
        "Loss",
        "mean over the epoch / nats",
        *_along(history),
        low=0.0,
        high=max(losses) * 1.06 or 1.0,
        curves=[curve],
    )


def _accuracy(history: History) -> Panel:
    lines = []
    for name, colour in (("train", ORANGE), ("test", BLUE)):
        values = history.column(f"{name}_accuracy")
        if None not in values:
            lines.append(Curve(values, name, f"{values[-1] * 100:.2f} %", colour))
    lowest = min(min(line.values) for line in lines)
    return Panel(
        "Accuracy",
        "right after the epoch / %",
        *_along(history),
        low=max(0.0, 1 - max(0.01, (1 - lowest) * 1.1)),
        high=1.0,
        curves=lines,
        share=True,
    )


def _along(history: History) -> tuple[str, list[float], float, float]:
    """Lay it along epochs, or along steps where not even one epoch is sure to be whole."""
    steps = history.column("step")
    if len(steps) == 1:
        return "step", steps, 0, steps[0]
    places = [step / steps[0] for step in steps]
    return "epoch", places, places[0] - 0.04 * (places[-1] - places[0]), places[-1]


def confusion(predictions: Predictions, classes: Sequence[str]) -> Picture:
    """Draw how often each class was taken for each: blue where right, orange where wrong."""
    counts = predictions.confusion()
    size = len(classes)
    widest = max(room(name) for name in classes)
    long = widest > CELL - 4
    title = f"{predictions.accuracy * 100:.2f} % of {len(predictions.labels):,} are right"
    left, top = 24 + widest, 26.0
    side = CELL * size
    below = 26 + (0.71 * widest if long else 0)
    picture = Picture(left + max(side, room(title, 11)) + 6, top + side + below + 6)
    picture.text(left + 1, 9, title, INK, size=10, bold=True)
    picture.text(8, top + side / 2, "true", MUTED, anchor="middle", turned=-90)
    picture.text(left + side / 2, top + side + below - 3, "predicted", MUTED, anchor="middle")
    most = max(1, counts.max())
    most_wrong = max(1, (counts - np.diag(np.diag(counts))).max())
    for i, name in enumerate(classes):
        middle = CELL * (i + 0.5)
        picture.text(left - 6, top + middle, name, MUTED, anchor="end")
        if long:
            picture.text(left + middle, top + side + 8, name, MUTED, anchor="end", turned=-45)
        else:
            picture.text(left + middle, top + side + 9, name, MUTED, anchor="middle")
    for true in range(size):
        for said in range(size):
            count = counts[true, said]
            right = true == said
            strength = count / most if right else (count / most_wrong) ** 0.7 * 0.85
            x, y = left + CELL * said, top + CELL * true
            if count:
                picture.square(x + 1, y + 1, CELL - 2, BLUE if right else ORANGE, strength)
            picture.text(
                x + CELL / 2,
                y + CELL / 2,
                f"{count:,}" if count else "·",
                PAPER if right and strength > 0.5 else INK if count else MUTED,
                size=8 if count < 10_000 else 6.5,
                anchor="middle",
            )
    return picture


def mistakes(
    images: NDArray[Any], predictions: Predictions, classes: Sequence[str], count: int = 24
) -> Picture:
    """Draw the samples that are most confidently wrong.

    Parameters
    ----------
    images
        ``(N, H, W)``, 0 (paper) to 1 (ink).
    predictions
        Of the same samples.
    classes
        The names of the classes.
    count
        How many to draw at most.
    """
    wrong = predictions.mistakes(count)
    wide, high, side = 81.0, 104.0, 64.0
    picture = Picture(wide * COLUMNS, 26 + high * max(1, -(-len(wrong) // COLUMNS)))
    said = "Most confidently wrong: true → predicted, and its probability"
    picture.text(7, 10, said if len(wrong) else "Nothing is wrong", INK, size=10, bold=True)
    for i, which in enumerate(wrong):
        x, y = wide * (i % COLUMNS), 26 + high * (i // COLUMNS)
        for line, text in enumerate(caption(predictions, which, classes)):
            place = x + wide / 2, y + 8 + 1.25 * SIZE * line
            size = min(8.5, wide / room(text, 1))
            picture.text(*place, text, INK, size=size, anchor="middle")
        picture.image(x + (wide - side) / 2, y + 30, side, images[which])
    return picture


def caption(predictions: Predictions, which: int, classes: Sequence[str]) -> tuple[str, str]:
    """Say what a sample is and what it was taken for, and how confidently."""
    true, said = predictions.labels[which], predictions.classes[which]
    confidence = predictions.probabilities[which, said]
    return f"{classes[true]} → {classes[said]}", percent(confidence)


def percent(fraction: float) -> str:
    """Write a probability so that only a certain one is 100 %.

    Examples
    --------
    >>> percent(0.5), percent(0.99999), percent(1e-6)
    ('50.0 %', '>99.9 %', '<0.1 %')
    """
    if 0.9995 <= fraction < 1:
        return ">99.9 %"
    if 0 < fraction < 0.0005:
        return "<0.1 %"
    return f"{fraction * 100:.1f} %"
