"""A large array as a heat map: a few cells that hide no extreme, and a small picture of them."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backlit.draw.theme import Theme

__all__ = ["Cells", "blocks", "cells", "picture", "pooled", "scale"]

_THIN, _SMALL, _LARGE, _LONG = 36.0, 1.5, 9.0, 108.0
"""The shorter side of a map should reach the first number of pixels with cells between the next
two; no side is longer than the last."""
_SIDE, _TILED = 64, 84
"""The most cells along a side: three digits of MNIST where there are several images."""
_DOTS = 4
"""Dots of the picture along a cell, so that a cell that is no number can be crossed out."""
_LEVELS, _NAN, _INF, _MINUS_INF, _EDGE, _CROSS, _DOT = 249, 249, 250, 251, 252, 253, 254
"""Of the palette: so many shades, then not a number, infinities, edges of tiles, and the marks in
what is not a number and in infinities."""


@dataclass(frozen=True)
class Cells:
    """A heat map without a place.

    Parameters
    ----------
    levels
        From -1 to 1 in rows and columns: 0 is 0, and the strongest number of the array is ±1.
        NaN and infinities as they are.
    size
        Width and height of a cell in a drawing, in pixels.
    tile
        Rows and columns of one of the images in it, and how many there are, if it shows several.
    part
        Which images it shows if not all, in words.
    block
        What a cell stands for if not one element, in words.
    """

    levels: NDArray[Any]
    size: float
    tile: tuple[int, int, int] | None = None
    part: str = ""
    block: str = ""


def cells(values: NDArray[Any]) -> Cells:
    """Return the heat map of an array with at least one axis and one element.

    A vector is one row. Of three axes each first index is an image, of four each pair of them;
    images stand side by side, and if there are many, only the first. Any other array has a row
    for each first index. Where there are more elements than cells, a cell shows the one that is
    furthest from 0 (or is no number), so that no extreme is averaged away.
    """
    numbers = values.astype(float)
    if values.ndim in {3, 4} and min(values.shape[-2:]) > 1:
        return _tiled(numbers)
    table = numbers.reshape(1, -1) if numbers.ndim == 1 else numbers.reshape(len(numbers), -1)
    size, _ = _size(*table.shape)
    block = blocks(values.shape, tiled=False)
    levels = _levels(pooled(table, *block), _strongest(numbers))
    return Cells(levels, size, None, "", _taken(*block))


def blocks(shape: tuple[int, ...], *, tiled: bool) -> tuple[int, int]:
    """Return how many rows and columns of an array of ``shape`` one cell stands for.

    Examples
    --------
    >>> blocks((50, 10), tiled=False), blocks((6, 28, 28), tiled=True)
    ((2, 1), (1, 1))
    """
    if tiled:
        block = ceil(max(shape[-2:]) / (_TILED // 2))
        return block, block
    table = (1, shape[0]) if len(shape) == 1 else (shape[0], prod(shape[1:]))
    _, side = _size(*table)
    return ceil(table[0] / side), ceil(table[1] / side)


def _taken(down: int, across: int) -> str:
    return f"each cell is the strongest of {down} × {across}" if down * across > 1 else ""


def _size(rows: int, columns: int) -> tuple[float, int]:
    """Return the size of a cell, and the most of them along a side."""
    size = min(max(_THIN / min(rows, columns), _SMALL), _LARGE)
    return size, min(_SIDE, int(_LONG / size))


def _tiled(numbers: NDArray[Any]) -> Cells:
    if numbers.ndim == 4 and numbers.shape[1] == 1:
        numbers = numbers[:, 0]
    height, width = numbers.shape[-2:]
    block, _ = blocks(numbers.shape, tiled=True)
    down, across = ceil(height / block), ceil(width / block)
    most = (max(_TILED // down, 1), max(_TILED // across, 1))
    if numbers.ndim == 3:
        count = min(len(numbers), most[0] * most[1])
        columns = min(max(isqrt(count - 1) + 1, ceil(count / most[0])), most[1])
        rows = ceil(count / columns)
        shown = numbers[:count]
        part = f"the first {count} of {len(numbers)}" if count < len(numbers) else ""
    else:
        n, channels = numbers.shape[:2]
        rows, columns = min(n, most[0]), min(channels, most[1])
        shown = numbers[:rows, :columns].reshape(-1, height, width)
        whole = (rows, columns) == (n, channels)
        part = "" if whole else f"the first {rows} × {columns} of {n} × {channels}"
    table = np.zeros((rows * down, columns * across))
    for k, image in enumerate(shown):
        i, j = divmod(k, columns)
        table[i * down : (i + 1) * down, j * across : (j + 1) * across] = pooled(
            image, block, block
        )
    size = min(max(_THIN / min(table.shape), _SMALL), _LONG / max(table.shape), _LARGE)
    levels = _levels(table, _strongest(numbers))
    return Cells(levels, size, (down, across, len(shown)), part, _taken(block, block))


def pooled(table: NDArray[Any], down: int, across: int) -> NDArray[Any]:
    """Return of each block of so many rows and columns what is furthest from 0."""
    if down == across == 1:
        return table
    rows, columns = ceil(table.shape[0] / down), ceil(table.shape[1] / across)
    padded = np.zeros((rows * down, columns * across))
    padded[: table.shape[0], : table.shape[1]] = table
    blocks = padded.reshape(rows, down, columns, across).swapaxes(1, 2).reshape(rows, columns, -1)
    # argmax takes NaN for the largest, so a cell with one in it shows that.
    furthest = np.abs(blocks).argmax(2)
    return np.take_along_axis(blocks, furthest[..., None], 2)[..., 0]


def _strongest(numbers: NDArray[Any]) -> float:
    return float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0))


def _levels(table: NDArray[Any], strongest: float) -> NDArray[Any]:
    return table / strongest if strongest else table


def picture(levels: NDArray[Any], tile: tuple[int, int, int] | None, theme: Theme) -> str:
    """Return the picture of ``levels`` as the address of a PNG that holds it all."""
    return _picture(levels.tobytes(), levels.shape, tile, theme)


def scale(levels: NDArray[Any], theme: Theme) -> str:
    """Return what the colours of a picture mean, in words."""
    if theme.cold != theme.warm:
        return "0 is pale; the number furthest from 0 has full colour, blue below and orange above"
    if not (levels < 0).any():
        return "0 is white, the largest number black"
    return "0 is grey; the number furthest from 0 is black if positive and white if negative"


@lru_cache(maxsize=256)
def _picture(
    levels: bytes, shape: tuple[int, int], tile: tuple[int, int, int] | None, theme: Theme
) -> str:
    from PIL import Image  # noqa: PLC0415 - for figures only

    dots = _dots(np.frombuffer(levels).reshape(shape), tile)
    image = Image.fromarray(dots, "P")
    positive = not bool((np.frombuffer(levels) < 0).any())
    image.putpalette(_palette(theme, positive=positive))
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=6)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _dots(levels: NDArray[Any], tile: tuple[int, int, int] | None) -> NDArray[np.uint8]:
    finite = np.clip(np.nan_to_num(levels, nan=0.0, posinf=1.0, neginf=-1.0), -1, 1)
    indices = np.rint((finite + 1) / 2 * (_LEVELS - 1)).astype(np.uint8)
    indices[np.isnan(levels)] = _NAN
    indices[np.isposinf(levels)] = _INF
    indices[np.isneginf(levels)] = _MINUS_INF
    dots = indices.repeat(_DOTS, 0).repeat(_DOTS, 1)
    for row, column in np.argwhere(~np.isfinite(levels)):
        y, x = row * _DOTS, column * _DOTS
        if np.isnan(levels[row, column]):
            for k in range(_DOTS):
                dots[y + k, x + k] = dots[y + k, x + _DOTS - 1 - k] = _CROSS
        else:
            dots[y + 1 : y + _DOTS - 1, x + 1 : x + _DOTS - 1] = _DOT
    if tile is not None:
        down, across, count = tile[0] * _DOTS, tile[1] * _DOTS, tile[2]
        columns = dots.shape[1] // across
        for k in range(count, columns * (dots.shape[0] // down)):
            i, j = divmod(k, columns)
            dots[i * down : (i + 1) * down, j * across : (j + 1) * across] = _EDGE
        dots[down::down] = _EDGE
        dots[:, across::across] = _EDGE
    return dots  # type: ignore[no-any-return]


@lru_cache(maxsize=16)
def _palette(theme: Theme, *, positive: bool) -> bytes:
    paper, cold, warm, ink, muted = (
        np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
        for colour in (theme.paper, theme.cold, theme.warm, theme.ink, theme.muted)
    )
    shades = []
    for k in range(_LEVELS):
        level = 2 * k / (_LEVELS - 1) - 1
        if theme.cold == theme.warm:
            strength, end = (max(level, 0.0) if positive else (level + 1) / 2), warm
        else:
            strength, end = abs(level), warm if level > 0 else cold
        shades.append(paper + (end - paper) * strength)
    half = (paper + muted) / 2
    low = shades[0]
    shades += [half, shades[-1], low, muted, ink, ink if theme.cold != theme.warm else half]
    return bytes(np.rint(np.array(shades)).astype(np.uint8).tobytes())
