"""Nets that were trained, read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backlit.errors import BacklitError, DataError
from backlit.train.arrays import read_arrays
from backlit.train.settings import Settings, settings_of

if TYPE_CHECKING:
    import os

    from numpy.typing import DTypeLike

    from backlit.layers import Layer


def load_net(path: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> tuple[Layer, Settings]:
    """Build the net that a weights file of ``backlit train`` describes, in eval mode.

    Parameters
    ----------
    path
        A ``weights.safetensors``.
    dtype
        The dtype of the net's parameters.

    Returns
    -------
    tuple
        The net, and the settings it was trained with.

    Raises
    ------
    DataError
        If the file is missing, damaged or altered, or holds a net of your own making; or if it
        is that of a run that has not ended.
    """
    path = Path(path)
    if not path.exists() and path.with_name("settings.json").exists():
        raise DataError(
            f"the run in {path.parent} has not ended, so it has no {path.name} yet; resume it "
            f"with `backlit train --resume {path.parent}`."
        )
    arrays, content = read_arrays(path, "weights")
    settings = settings_of(content, str(path))
    net = settings.net(dtype)
    try:
        net.load_state(arrays)
    except BacklitError as error:
        raise DataError(f"{path} holds other weights than its settings say: {error}") from error
    return net.eval(), settings
