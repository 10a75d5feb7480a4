"""Where training is, and all that it needs to go on from there as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import DataError
from backlit.train.arrays import read_arrays, write_arrays
from backlit.train.history import History, Row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from backlit.layers import Layer
    from backlit.optim import Optimizer


@dataclass
class Position:
    """How far training has come.

    Parameters
    ----------
    step
        Steps taken.
    loss_sum, samples, seconds
        Of the epoch that has begun: the loss summed over its samples so far, how many they are,
        and the time they took.
    history
        The epochs that are done.
    """

    step: int = 0
    loss_sum: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    history: History = field(default_factory=History)

    def add(self, loss: float, samples: int) -> None:
        """Count one step."""
        self.step += 1
        self.loss_sum += loss * samples
        self.samples += samples

    def row(self, train_accuracy: float | None, test_accuracy: float | None) -> Row:
        """Sum up the epoch that has begun, done or not."""
        return Row(
            epoch=len(self.history) + 1,
            step=self.step,
            loss=self.loss_sum / self.samples,
            train_accuracy=train_accuracy,
            test_accuracy=test_accuracy,
            seconds=self.seconds,
        )

    def turn(self, train_accuracy: float | None, test_accuracy: float | None) -> Row:
        """End the epoch, and return its row."""
        row = self.row(train_accuracy, test_accuracy)
        self.history.rows.append(row)
        self.loss_sum, self.samples, self.seconds = 0.0, 0, 0.0
        return row


def save_checkpoint(
    path: Path,
    net: Layer,
    optimizer: Optimizer,
    position: Position,
    settings: Mapping[str, Any],
) -> None:
    """Write everything that training needs to go on into one file, in one step.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    arrays = {f"weights/{name}": array for name, array in net.state().items()}
    arrays |= {f"optimizer/{name}": array for name, array in optimizer.state().items()}
    content = {
        "settings": settings,
        "step": position.step,
        "loss_sum": position.loss_sum,
        "samples": position.samples,
        "seconds": position.seconds,
        "history": position.history.to_json(),
        "generators": {
            name: _plain(generator.bit_generator.state)
            for name, generator in net.generators().items()
        },
    }
    write_arrays(path, "checkpoint", arrays, content)


def load_checkpoint(path: Path, net: Layer, optimizer: Optimizer) -> tuple[Position, Any]:
    """Set the net, its generators and the optimiser to what the file holds.

    Returns
    -------
    tuple
        How far training had come, and the settings of its run.

    Raises
    ------
    DataError
        If the file is missing, damaged or altered, or is of a net with other generators.
    BacklitError
        If the net or the optimiser has other arrays than the file.
    """
    arrays, content = read_arrays(path, "checkpoint")
    generators = net.generators()
    try:
        position = Position(
            step=int(content["step"]),
            loss_sum=float(content["loss_sum"]),
            samples=int(content["samples"]),
            seconds=float(content["seconds"]),
            history=History.from_json(content["history"], f"{path}: history"),
        )
        states, settings = dict(content["generators"]), content["settings"]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no whole checkpoint ({error!r}).") from error
    if sorted(states) != sorted(generators):
        raise DataError(
            f"{path} holds the random generators {sorted(states)}, but the net has "
            f"{sorted(generators)}; resume with the net that the run began with."
        )
    net.load_state(_under("weights/", arrays))
    optimizer.load_state(_under("optimizer/", arrays))
    for name, generator in generators.items():
        generator.bit_generator.state = states[name]
    return position, settings


def _under(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _plain(state: Any) -> Any:
    """Turn a bit generator's state into what JSON can hold (MT19937 keeps an array)."""
    if isinstance(state, dict):
        return {key: _plain(value) for key, value in state.items()}
    if isinstance(state, np.ndarray | np.generic):
        return state.tolist()
    return state
