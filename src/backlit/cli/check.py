"""``backlit check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from backlit.cli.console import Console

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["run"]

ELEMENTS: dict[str, Literal["all"] | None] = {"dense": "all", "cnn": None}
"""Whether each element is moved by itself, which takes minutes where each has to be convolved."""


def run(arguments: Namespace) -> int:
    """Check the gradients of a run's net, or what is in a file."""
    target: str = getattr(arguments, "target", None) or arguments.folder
    if not Path(target).is_dir() and _is_file(target):
        from backlit.cli.check_file import run as run_file  # noqa: PLC0415 - the other half

        return run_file(arguments)
    return _run_of_training(target, arguments)


def _is_file(target: str) -> bool:
    return target.endswith(".py") or ".py:" in target or Path(target).is_file()


def _run_of_training(folder: str, arguments: Namespace) -> int:
    from backlit.check import check  # noqa: PLC0415 - a file is checked in another process
    from backlit.train import Run, load_net  # noqa: PLC0415

    net, settings = load_net(Run(folder).weights_file)
    x, t = settings.dataset().train
    console = Console(quiet=arguments.json)
    with console.waiting("checking the gradients"):
        report = check(
            net,
            x[: arguments.batch],
            t[: arguments.batch],
            samples=arguments.samples,
            elements=None if arguments.samples else ELEMENTS[settings.model],
        )
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
    console.report(report)
    return 0 if report.ok else 1
