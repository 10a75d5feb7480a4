"""Writing the report into the run's folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from backlit.data.atomic import write_atomically
from backlit.train.documents import write_document
from backlit.train.report.figures import confusion, curves, mistakes
from backlit.train.report.page import page

if TYPE_CHECKING:
    from pathlib import Path

    from backlit.check import Report
    from backlit.data import Dataset
    from backlit.layers import Layer
    from backlit.train.evaluation import Predictions
    from backlit.train.history import History
    from backlit.train.settings import Settings


def write_report(
    folder: Path,
    *,
    net: Layer,
    settings: Settings,
    dataset: Dataset,
    history: History,
    predictions: Predictions,
    check: Report | None = None,
    command: str = "",
) -> None:
    """Write pictures, the gradient check and ``report.html`` into a run's folder.

    Parameters
    ----------
    folder
        The folder of the run.
    net, settings, dataset, history
        What was trained, how, on what, and how it went.
    predictions
        Of ``dataset.test``.
    check
        The gradient check of the net, if there was one.
    command
        What trains the same net again, to be shown in the page.

    Raises
    ------
    DataError
        If a file cannot be written.
    """
    images = dataset.test.x.reshape(-1, 28, 28)
    for name, picture in (
        ("curves", curves(history)),
        ("confusion", confusion(predictions, dataset.classes)),
    ):
        write_atomically(folder / f"{name}.png", picture.png())
        write_atomically(folder / f"{name}.svg", picture.svg().encode())
    wrong = mistakes(images, predictions, dataset.classes)
    write_atomically(folder / "mistakes.png", wrong.png())
    found: dict[str, Any] | None = None
    if check is not None:
        found = check.to_dict()
        write_document(folder / "check.json", "check", found)
        found["said"] = [str(fault) for fault in check.faults]
    text = page(
        title=f"{settings.architecture} on {dataset.name}",
        facts={
            "test accuracy": f"{predictions.accuracy * 100:.2f} %",
            "training loss": f"{history[-1].loss:.4f}",
            "parameters": f"{sum(math.prod(W.shape) for W in net.parameters().values()):,}",
            "steps": f"{history[-1].step:,}",
            "time": _time(history.seconds),
        },
        settings=settings.to_json(),
        history=history,
        predictions=predictions,
        images=images,
        classes=dataset.classes,
        check=found,
        command=command,
    )
    write_atomically(folder / "report.html", text.encode())


def _time(seconds: float) -> str:
    """Write a duration so that it is read at a glance.

    Examples
    --------
    >>> _time(4.26), _time(754), _time(7300)
    ('4.3 s', '12 min 34 s', '2 h 1 min')
    """
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
