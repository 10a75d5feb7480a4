"""The board of a run of ``backlit train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.board.write import Board, write_board
from backlit.data import mnist
from backlit.errors import DataError
from backlit.train import History, Run, load_net

if TYPE_CHECKING:
    import os

    from backlit.board.numbers import Precision

__all__ = ["board_of_run"]

OWN_NET = (
    "build its net, load its weights (docs: Nets and training) and call "
    "backlit.board.write_board(path, net, test) with images of 28 × 28 pixels"
)


def board_of_run(
    run: str | os.PathLike[str] | Run,
    path: str | os.PathLike[str] | None = None,
    *,
    lang: str = "en",
    precision: Precision = "float32",
) -> Board:
    """Write the board of a run that was trained on MNIST.

    Parameters
    ----------
    run
        The run, or its folder.
    path
        Where the page goes; ``board.html`` in the run's folder if left out.
    lang, precision
        As for :func:`write_board`.

    Raises
    ------
    DataError
        If the run has not ended, is damaged, or was trained on something else than MNIST.
    ValueRefusedError
        What :func:`write_board` raises.
    """
    run = run if isinstance(run, Run) else Run(run)
    _refuse_other_data(run.settings, run.folder)
    net, settings = load_net(run.weights_file)
    accuracy = History.load(run.history_file)[-1].test_accuracy
    return write_board(
        run.folder / "board.html" if path is None else Path(path),
        net,
        mnist(dtype=np.float32).test,
        classes=settings.classes,
        name=settings.architecture,
        data="MNIST",
        accuracy=accuracy,
        lang=lang,
        precision=precision,
    )


def _refuse_other_data(content: Any, folder: Path) -> None:
    """Say what the run was trained on, if not on digits."""
    settings = content.get("settings")
    if not isinstance(settings, dict) or "data" not in settings:
        told = content.get("fit", {}).get("data", {}).get("train", "data of your own")
        raise DataError(
            f"board: the run in {folder} was trained by your own fit, on {told}; "
            f"`backlit board` knows only what `backlit train` makes of MNIST. For a net of "
            f"your own {OWN_NET}."
        )
    if settings["data"] != "mnist":
        raise DataError(
            f"board: the run in {folder} was trained on {settings['data']}, and nothing that is "
            "drawn with a pen looks like that; give a run that was trained on mnist."
        )
