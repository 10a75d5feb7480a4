"""The report of a run as one page that needs nothing else: no network, no other file."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from backlit._version import __version__
from backlit.train.report.canvas import data_uri
from backlit.train.report.figures import alone, confusion, panels, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from backlit.train.evaluation import Predictions
    from backlit.train.history import History

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="mark">backlit</p>
<h1>{title}</h1>
{facts}
</header>
<main>
{sections}
</main>
<footer>Written by backlit {version}.</footer>
</body>
</html>
"""

MISTAKES = 24
"""Whole rows of 8, 6 or 3, which is what the page shows by its width."""


def page(
    *,
    title: str,
    facts: Mapping[str, str],
    settings: Mapping[str, Any],
    history: History,
    predictions: Predictions,
    images: NDArray[Any],
    classes: Sequence[str],
    check: Mapping[str, Any] | None,
    command: str,
) -> str:
    """Write the page.

    Parameters
    ----------
    title
        What was trained on what.
    facts
        The few numbers that matter most, by what they are.
    settings
        What decided the result, by name.
    history
        The epochs.
    predictions
        Of the test samples.
    images
        The test samples, ``(N, H, W)``, 0 (paper) to 1 (ink).
    classes
        The names of the classes.
    check
        A gradient check's report as a dictionary, if there was one.
    command
        What trains the same net again.
    """
    sections = [
        _section("Training", "", f'<div class="pair">{_curves(history)}</div>'),
        _section(
            "Test samples by class",
            "A row is a true class, a column what it was taken for: blue is right, orange wrong.",
            f'<div class="confusion">{_confusion(predictions, classes)}</div>',
        ),
        _mistakes(images, predictions, classes),
        _check(check),
        _settings(settings, command),
        _history(history),
    ]
    return PAGE.format(
        title=escape(title),
        style=files("backlit.train.report").joinpath("page.css").read_text(encoding="utf-8"),
        facts=_facts(facts),
        sections="\n".join(filter(None, sections)),
        version=__version__,
    )


def _section(heading: str, note: str, body: str) -> str:
    said = f'<p class="note">{escape(note)}</p>\n' if note else ""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{said}{body}\n</section>"


def _facts(facts: Mapping[str, str]) -> str:
    cells = "".join(
        f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items()
    )
    return f'<dl class="facts">{cells}</dl>'


def _curves(history: History) -> str:
    last = history[-1]
    said = [f"training loss {last.loss:.3f}"]
    for name in ("train", "test"):
        value = getattr(last, f"{name}_accuracy")
        said += [] if value is None else [f"{name} accuracy {value:.2%}"]
    description = f"after {len(history)} epochs: {', '.join(said)}"
    return "".join(
        alone(panel).inline(f"{panel.title} over the epochs; {description}")
        for panel in panels(history)
    )


def _confusion(predictions: Predictions, classes: Sequence[str]) -> str:
    right = f"{predictions.accuracy:.2%} of {len(predictions.labels)} test samples are right"
    return confusion(predictions, classes).inline(right)


def _mistakes(images: NDArray[Any], predictions: Predictions, classes: Sequence[str]) -> str:
    wrong = predictions.mistakes(MISTAKES)
    if not len(wrong):
        return ""
    figures = []
    for i in wrong:
        true, said = classes[predictions.labels[i]], classes[predictions.classes[i]]
        confidence = predictions.probabilities[i].max()
        figures.append(
            f'<figure><img src="{data_uri(images[i])}" width="28" height="28" '
            f'alt="{escape(true)}, taken for {escape(said)}">'
            f"<figcaption>{escape(true)} → <b>{escape(said)}</b>"
            f"<span>{percent(confidence)}</span></figcaption></figure>"
        )
    return _section(
        "Most confidently wrong",
        "True class → predicted class, and the probability the net gave it.",
        f'<div class="digits">{"".join(figures)}</div>',
    )


def _check(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return ""
    verdict = ("good", "✓ pass") if check["ok"] else ("bad", "✗ FAIL")
    rows = [
        (
            f"<code>{escape('.'.join(filter(None, (row['layer'], row['tensor']))))}</code>",
            " × ".join(map(str, row["shape"])),
            f"{row['checked']:,}",
            f"{float(row['mean_difference']):.1e}",
            f"{float(row['max_error']):.1e}",
            f"{row['kinks']:,}",
            '<span class="good">✓ pass</span>' if row["ok"] else '<span class="bad">✗ FAIL</span>',
        )
        for row in check["rows"]
    ]
    faults = "".join(f'<p class="bad">✗ {escape(fault)}</p>' for fault in check.get("said", ()))
    return _section(
        "Gradient check",
        "Backpropagation against numerical differentiation in float64: small tensors are moved "
        "element by element, large ones as a whole, in random directions. "
        "On a kink of the activation there is no one slope to compare with.",
        f'<p class="{verdict[0]}">{verdict[1]}</p>'
        + _table(
            (
                "tensor",
                "shape",
                "elements",
                "mean |difference|",
                "max. relative error",
                "on a kink",
                "",
            ),
            rows,
            numbers=range(2, 6),
        )
        + faults,
    )


def _settings(settings: Mapping[str, Any], command: str) -> str:
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(_said(value))}</dd></div>"
        for name, value in settings.items()
        if value is not None
    )
    again = f"<pre><code>{escape(command)}</code></pre>" if command else ""
    return _section("Settings", "", f'<dl class="settings">{cells}</dl>{again}')


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _history(history: History) -> str:
    def accuracy(value: float | None) -> str:
        return "–" if value is None else f"{value * 100:.2f} %"

    rows = [
        (
            str(row.epoch),
            f"{row.step:,}",
            f"{row.loss:.4f}",
            accuracy(row.train_accuracy),
            accuracy(row.test_accuracy),
            f"{row.seconds:.2f} s",
        )
        for row in history
    ]
    names = ("epoch", "steps", "loss", "train accuracy", "test accuracy", "time")
    return _section("Epochs", "", _table(names, rows, numbers=range(6)))


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int]) -> str:
    numeric = set(numbers)

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=number' if i in numeric else ''}>{cell}</{tag}>"
            for i, cell in enumerate(cells)
        )

    head = f"<thead><tr>{line([escape(n) for n in names], 'th')}</tr></thead>"
    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<div class="scroll"><table>{head}<tbody>{body}</tbody></table></div>'
