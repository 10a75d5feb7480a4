"""Where arrays enter the layout with the batch innermost, and leave it."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["enter", "leave"]


def enter(images: Any, out: Any) -> None:
    """Write images ``(N, C, H, W)``, or rows ``(N, C)``, to ``out``, ``(H, C, W, N)``.

    Examples
    --------
    >>> out = np.empty((4, 3, 5, 2))
    >>> enter(np.zeros((2, 3, 4, 5)), out)
    """
    np.copyto(out, _images(images).transpose(2, 1, 3, 0))


def leave(x: Any, out: Any) -> None:
    """Write ``x``, ``(H, C, W, N)``, to ``out``, ``(N, C, H, W)`` or ``(N, C)``.

    Examples
    --------
    >>> out = np.empty((2, 3, 4, 5))
    >>> leave(np.zeros((4, 3, 5, 2)), out)
    """
    np.copyto(_images(out), x.transpose(3, 1, 0, 2))


def _images(x: Any) -> Any:
    return x[:, :, None, None] if x.ndim == 2 else x
