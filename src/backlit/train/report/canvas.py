"""Figures without pyplot: made, dressed and written, the same bytes every time."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER = "#1b2130", "#667085", "#dfe3ea", "#ffffff"
BLUE, ORANGE = "#2f6fde", "#d9622b"
"""Blue is what the test set says and what is right; orange is training, and what is wrong."""

THEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
}
"""What each colour is in a page, where it follows the reader's light or dark."""

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.left": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 3.5,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "backlit",
    "svg.fonttype": "path",
}


@contextmanager
def styled(**more: Any) -> Iterator[None]:
    """Draw and write figures in the project's style."""
    import matplotlib as mpl  # noqa: PLC0415 - `import backlit` stays light

    style: Any = {**STYLE, **more}
    with mpl.rc_context(style):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Make a figure of a size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def bare(axes: Axes) -> None:
    """Take away frame, ticks and grid."""
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def png(figure: Figure) -> bytes:
    """Write a figure as PNG, 200 dots to the inch."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=200, metadata={"Software": None})
    return file.getvalue()


def svg(figure: Figure) -> bytes:
    """Write a figure as SVG, with the date and the tool left out."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """Write a figure as SVG for the inside of a page, whose colours and font it takes on.

    Parameters
    ----------
    figure
        Drawn with ``svg.fonttype`` ``"none"``.
    name
        What sets its ids apart from those of other figures in the page.
    description
        What is read out to those who do not see it.
    """
    text = svg(figure).decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(
        r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?) height="[^"]*"', r"\1\2", text
    )
    text = text.replace("<svg", f'<svg role="img" aria-label="{description}"', 1)
    for colour, variable in THEME.items():
        text = text.replace(colour, variable)
    return text
