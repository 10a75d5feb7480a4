"""Results as a picture: each engine's time over the floor's, on a log scale, a panel per net."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from suite.summary import Result

OURS, THEIRS, GREY = "#c2410c", "#64748b", "#94a3b8"
TICKS = (1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw(results: Sequence[Result], path: Path) -> None:
    """Write the picture as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    columns = min(3, len(results))
    lines = -(-len(results) // columns)
    deepest = max(len(result.figures) for result in results)
    plt.rcParams.update({"svg.hashsalt": "backlit", "font.size": 9})
    figure, axes = plt.subplots(
        lines, columns, figsize=(4.4 * columns, (0.26 * deepest + 1.1) * lines), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axis in axes.flat[len(results) :]:
        axis.set_axis_off()
    for axis, result in zip(axes.flat, results, strict=False):
        shown = [f for f in result.figures if f.ratio is not None and f.engine != "floor"]
        for place, entry in enumerate(reversed(shown)):
            ratio = entry.ratio or 1.0
            colour = OURS if entry.engine.startswith("backlit") else THEIRS
            axis.plot([1, ratio], [place, place], color=colour, linewidth=1.5, alpha=0.45)
            axis.plot(ratio, place, "o", color=colour, markersize=5)
            axis.annotate(
                f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}", (ratio, place), (6, 0),
                textcoords="offset points", va="center", color=colour, fontsize=8,
            )  # fmt: skip
        axis.set_yticks(range(len(shown)), [entry.engine for entry in reversed(shown)])
        axis.set_xscale("log")
        axis.axvline(1, color=GREY, linewidth=1)
        ratios = [entry.ratio or 1.0 for entry in shown] or [1.0]
        greatest = max(ratios)
        axis.set_xlim(0.9 * min(1.0, *ratios), greatest**1.2 * 1.2)
        axis.set_ylim(-0.6, len(shown) - 0.4)
        axis.xaxis.set_major_locator(
            FixedLocator(
                [x for x in TICKS if x <= greatest * 1.1 and (x != TICKS[1] or greatest < 10)]
            )
        )
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_title(fill(result.task, 38), fontsize=9, loc="left")
        axis.tick_params(which="both", length=0)
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
    figure.supxlabel("time of a train step ÷ its matrix products alone", fontsize=9)
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
