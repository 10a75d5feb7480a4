"""Results as a picture: each engine's time over the floor's, on a log scale, a panel per net."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from suite.summary import Result

OURS, THEIRS, GREY = "#c2410c", "#64748b", "#94a3b8"


def draw(results: Sequence[Result], path: Path) -> None:
    """Write the picture as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, NullFormatter

    columns = min(3, len(results))
    lines = -(-len(results) // columns)
    deepest = max(len(result.figures) for result in results)
    plt.rcParams.update({"svg.hashsalt": "backlit", "font.size": 9})
    figure, axes = plt.subplots(
        lines, columns, figsize=(4.4 * columns, (0.26 * deepest + 0.9) * lines), squeeze=False,
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
        greatest = max((entry.ratio or 1.0) for entry in shown) if shown else 10
        axis.set_xlim(0.9, greatest * 1.9)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_title(result.task, fontsize=9, loc="left")
        axis.tick_params(length=0)
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
    figure.supxlabel("time of a train step ÷ its matrix products alone", fontsize=9)
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
