"""The pictures of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.train.report.canvas import BLUE, INK, MUTED, ORANGE, PAPER, bare, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from backlit.train.evaluation import Predictions
    from backlit.train.history import History


def curves(history: History) -> Figure:
    """Draw loss and accuracies side by side, or the loss where there are no accuracies."""
    panels = [draw_loss, draw_accuracy] if has_accuracy(history) else [draw_loss]
    figure = new_figure(4.5 * len(panels), 3.4)
    axes = figure.subplots(1, len(panels), squeeze=False, gridspec_kw={"wspace": 0.08})
    for draw, panel in zip(panels, axes.flat, strict=True):
        draw(panel, history)
    return figure


def has_accuracy(history: History) -> bool:
    """Tell whether there is an accuracy to draw."""
    return None not in history.column("train_accuracy")


def draw_loss(axes: Axes, history: History) -> None:
    """Draw the training loss over the epochs."""
    losses = history.column("loss")
    axes.set_title("Loss")
    _over_training(axes, history)
    axes.plot(_places(history), losses, "o-", color=ORANGE, clip_on=False)
    axes.set_ylabel("mean over the epoch / nats")
    axes.set_ylim(0, max(losses) * 1.06 or 1)
    _name_ends(axes, history, [(losses[-1], f"train\n{losses[-1]:.3f}", ORANGE)])


def draw_accuracy(axes: Axes, history: History) -> None:
    """Draw training and test accuracy over the epochs."""
    axes.set_title("Accuracy")
    _over_training(axes, history)
    ends = []
    lowest = 1.0
    for name, colour in (("train", ORANGE), ("test", BLUE)):
        values = history.column(f"{name}_accuracy")
        if None in values:
            continue
        axes.plot(_places(history), values, "o-", color=colour, clip_on=False)
        ends.append((values[-1], f"{name}\n{values[-1] * 100:.2f} %", colour))
        lowest = min(lowest, *values)
    axes.set_ylabel("right after the epoch / %")
    axes.set_ylim(max(0.0, 1 - max(0.01, (1 - lowest) * 1.1)), 1)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.6g}")
    _name_ends(axes, history, ends)


def confusion(predictions: Predictions, classes: Sequence[str]) -> Figure:
    """Draw how often each class was taken for each: blue where right, orange where wrong."""
    counts = predictions.confusion()
    size = len(classes)
    long = max(map(len, classes)) > 2
    labels = 0.9 if long else 0.0
    figure = new_figure(0.44 * size + 0.75 + labels, 0.44 * size + 0.95 + 0.7 * labels)
    axes = figure.subplots()
    bare(axes)
    most = max(1, counts.max())
    most_wrong = max(1, (counts - np.diag(np.diag(counts))).max())
    for true in range(size):
        for said in range(size):
            count = counts[true, said]
            right = true == said
            strength = count / most if right else (count / most_wrong) ** 0.7 * 0.85
            axes.add_patch(_cell(said, true, BLUE if right else ORANGE, strength))
            axes.text(
                said,
                true,
                f"{count:,}" if count else "·",
                ha="center",
                va="center",
                fontsize=8 if count < 10_000 else 6.5,
                color=PAPER if right and strength > 0.5 else INK if count else MUTED,
            )
    axes.set(
        xlim=(-0.5, size - 0.5),
        ylim=(size - 0.5, -0.5),
        aspect="equal",
        xticks=range(size),
        yticks=range(size),
        xlabel="predicted",
        ylabel="true",
    )
    axes.set_xticklabels(classes, rotation=45 if long else 0, ha="right" if long else "center")
    axes.set_yticklabels(classes)
    axes.set_title(f"{predictions.accuracy * 100:.2f} % of {len(predictions.labels):,} are right")
    return figure


def mistakes(
    images: NDArray[Any], predictions: Predictions, classes: Sequence[str], count: int = 24
) -> Figure:
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
    columns = 8
    rows = max(1, -(-len(wrong) // columns))
    figure = new_figure(9, 0.6 + 1.45 * rows)
    figure.suptitle(
        "Most confidently wrong: true → predicted, and its probability"
        if len(wrong)
        else "Nothing is wrong",
        x=0.01,
        ha="left",
        fontsize=10,
        fontweight="bold",
    )
    for i, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        bare(axes)
        axes.set(xticks=[], yticks=[])
        if i < len(wrong):
            which = wrong[i]
            axes.imshow(images[which], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(
                caption(predictions, which, classes),
                fontsize=8.5,
                fontweight="normal",
                loc="center",
                pad=4,
                color=INK,
            )
    return figure


def caption(predictions: Predictions, which: int, classes: Sequence[str]) -> str:
    """Say what a sample is, what it was taken for, and how confidently."""
    true, said = predictions.labels[which], predictions.classes[which]
    confidence = predictions.probabilities[which, said]
    return f"{classes[true]} → {classes[said]}\n{percent(confidence)}"


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


def _cell(x: int, y: int, colour: str, strength: float) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, color=colour, alpha=strength, linewidth=0)


def _places(history: History) -> list[float]:
    """Return where the rows lie: epochs, or steps where not even one epoch is sure to be whole."""
    steps = history.column("step")
    return [step / steps[0] for step in steps] if len(steps) > 1 else steps


def _over_training(axes: Axes, history: History) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    axes.set_xlabel("epoch" if len(history) > 1 else "step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))
    if len(history) == 1:
        axes.set_xlim(0, history[0].step)


def _name_ends(axes: Axes, history: History, ends: list[tuple[float, str, str]]) -> None:
    """Write each line's name at its end, moved apart where two would touch."""
    ends = sorted(ends, reverse=True)
    low, high = axes.get_ylim()
    apart = 0.17 * (high - low)
    places = []
    above = high + apart
    for value, _, _ in ends:
        above = min(value, above - apart)
        places.append(above)
    below = low + apart / 3
    for i in reversed(range(len(places))):
        places[i] = max(places[i], below)
        below = places[i] + apart
    for place, (_, text, colour) in zip(places, ends, strict=True):
        axes.annotate(
            text,
            (_places(history)[-1], place),
            xytext=(8, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontweight="bold",
            fontsize=8.5,
            annotation_clip=False,
        )
