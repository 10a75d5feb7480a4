"""``backlit predict``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.cli.images import read_images
from backlit.train import Run, load_net, newest_run
from backlit.train.evaluation import outputs, probabilities_of
from backlit.train.report.figures import percent

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from numpy.typing import NDArray

TOP = 3


def run(arguments: Namespace) -> int:
    """Say what images show."""
    if arguments.weights is not None:
        weights = Path(arguments.weights)
    elif arguments.folder is not None:
        weights = Run(arguments.folder).weights_file
    else:
        weights = newest_run().weights_file
    net, settings = load_net(weights)
    classes = settings.classes
    answers = []
    for name in arguments.images:
        images = read_images(Path(name), raw=arguments.raw, digits=settings.data == "mnist")
        probabilities = probabilities_of(outputs(net, images.reshape(len(images), *settings.shape)))
        for i, each in enumerate(probabilities):
            answers.append((name if len(images) == 1 else f"{name}[{i}]", each))
    if arguments.json:
        print(json.dumps([_as_json(name, each, classes) for name, each in answers], indent=2))
    else:
        width = max(len(name) for name, _ in answers)
        for name, each in answers:
            print(f"{name:{width}}  {_said(each, classes)}")
    return 0


def _said(probabilities: NDArray[Any], classes: Sequence[str]) -> str:
    best = np.argsort(-probabilities, kind="stable")[:TOP]
    told = [f"{classes[i]} {percent(probabilities[i])}" for i in best]
    return f"{classes[best[0]]}   ({', '.join(told)})"


def _as_json(name: str, probabilities: NDArray[Any], classes: Sequence[str]) -> dict[str, Any]:
    return {
        "image": name,
        "class": classes[int(probabilities.argmax())],
        "probabilities": dict(zip(classes, probabilities.tolist(), strict=True)),
    }
