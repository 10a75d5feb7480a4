"""``backlit check``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from backlit.check import check
from backlit.cli.console import Console
from backlit.train import Run, load_net

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Check the gradients of a run's net."""
    net, settings = load_net(Run(arguments.folder).weights_file)
    x, t = settings.dataset().train
    console = Console(quiet=arguments.json)
    with console.waiting("checking the gradients"):
        report = check(net, x[: arguments.batch], t[: arguments.batch], samples=arguments.samples)
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
    console.report(report)
    return 0 if report.ok else 1
