"""Images from files, made like those that the net was trained on."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 28
DIGIT = 20
"""The box that a digit of MNIST is scaled into; clothes of Fashion-MNIST fill all 28 pixels."""
INK = 0.2
"""From here on a pixel counts as ink: below it lie paper, shadows and what JPEG adds."""


def read_images(path: Path, *, raw: bool, digits: bool) -> NDArray[np.float32]:
    """Read one image, or a batch from a ``.npy`` file.

    Parameters
    ----------
    path
        A PNG, JPEG or ``.npy`` file.
    raw
        Whether to take images of 28 × 28 pixels as they are, light on dark.
    digits
        Whether to lay them out as MNIST does: in a box of 20 × 20, centred by mass. Otherwise
        they fill the picture, as in Fashion-MNIST.

    Returns
    -------
    ndarray
        ``(N, 28, 28)``, 0 (paper) to 1 (ink).

    Raises
    ------
    DataError
        If the file is missing, is no image, or has another shape.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataError(f"{path} could not be read ({error.strerror or error}).") from error
    pixels = _read_array(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    if pixels.ndim == 3:
        raw, batch = True, pixels
    else:
        batch = pixels[np.newaxis]
    if raw:
        if batch.shape[1:] != (SIDE, SIDE):
            if pixels.ndim == 3:
                raise DataError(
                    f"{path} has shape {pixels.shape}; a batch is taken as it is, so it has shape "
                    f"(N, {SIDE}, {SIDE}); give it that shape, or one image (H, W) to a file."
                )
            raise DataError(
                f"{path} has shape {pixels.shape}, and taken as it is an image has "
                f"{SIDE} × {SIDE} pixels; leave out --raw, or give it that shape."
            )
        return batch.astype(np.float32)
    return framed(pixels, str(path), digits=digits)[np.newaxis].astype(np.float32)


def framed(pixels: NDArray[Any], name: str, *, digits: bool) -> NDArray[Any]:
    """Lay what an image shows out on 28 × 28 pixels, light on dark.

    What is dark on light is inverted; which of the two it is, the border tells. Then it is cut
    to its ink, scaled so that the longer side fits, and centred: a digit by its mass.

    Parameters
    ----------
    pixels
        ``(H, W)``, 0 to 1.
    name
        What to call the image in errors.
    digits
        As for :func:`read_images`.

    Raises
    ------
    DataError
        If there is nothing on the image.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to document
    recognition*, Proceedings of the IEEE 86(11), 1998, section III.A.
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    paper = float(np.median(border))
    ink = paper - pixels if paper > 0.5 else pixels - paper
    strongest = float(ink.max(initial=0.0))
    if strongest < INK:
        raise DataError(f"{name} shows nothing: all of it is about as light as its border.")
    ink = np.clip(ink / strongest, 0, 1)
    rows, columns = np.flatnonzero((ink > INK).any(axis=1)), np.flatnonzero((ink > INK).any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = _scaled(cut, DIGIT if digits else SIDE)
    if digits:
        total = small.sum()
        middle = [
            float((small.sum(axis=1 - axis) * np.arange(small.shape[axis])).sum() / total)
            for axis in (0, 1)
        ]
    else:
        middle = [size / 2 for size in small.shape]
    canvas = np.zeros((SIDE, SIDE))
    top, left = (
        min(max(round(SIDE / 2 - at), 0), SIDE - size)
        for at, size in zip(middle, small.shape, strict=True)
    )
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _scaled(image: NDArray[Any], longest: int) -> NDArray[Any]:
    """Scale with anti-aliasing, so that the longer side has ``longest`` pixels."""
    from PIL import Image  # noqa: PLC0415 - nothing else needs it

    height, width = image.shape
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    picture = Image.fromarray(image.astype(np.float32)).resize(size, how)
    return np.asarray(picture)


def _read_picture(path: Path) -> NDArray[Any]:
    """Read a picture as grey, on white where it is transparent, or on black if all ink is white."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    bombs = Image.DecompressionBombWarning, Image.DecompressionBombError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                upright = ImageOps.exif_transpose(picture)
                if upright.mode.startswith(("I", "F")):  # more than 8 bits, which RGBA cuts off
                    deep = np.asarray(upright, np.float64).clip(min=0)
                    return deep / (float(deep.max(initial=0.0)) or 1.0)
                upright = upright.convert("RGBA")
    except bombs as error:
        raise DataError(
            f"{path} has more than the {Image.MAX_IMAGE_PIXELS:,} pixels that an image may have; "
            "make it smaller, or cut it out."
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} is not an image that can be read ({error}).") from error
    for paper in ("white", "black"):
        below = Image.new("RGBA", upright.size, paper)
        grey = np.asarray(Image.alpha_composite(below, upright).convert("L")) / 255
        if np.ptp(grey) >= INK:
            break
    return grey


def _read_array(path: Path) -> NDArray[Any]:
    """Read an array of pixels, 0 to 1 or 0 to 255."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise DataError(f"{path} is not a whole .npy file ({error}).") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise DataError(f"{path} holds no pixels: it should be an array of numbers.")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise DataError(
            f"{path} has shape {array.shape}; an image is (H, W), a batch (N, {SIDE}, {SIDE})."
        )
    pixels = array.astype(np.float64)
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 255:
        raise DataError(
            f"{path} has values from {pixels.min():g} to {pixels.max():g}; pixels are from 0 to 1 "
            "or from 0 to 255."
        )
    return pixels / 255 if array.dtype.kind != "b" and pixels.max() > 1 else pixels
