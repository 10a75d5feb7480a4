"""The outline of a cloud: what is computed inside does not matter to those outside."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backlit.draw.scene import Box

__all__ = ["cloud"]

_BULGE, _STEP = 7.5, 30.0


def cloud(box: Box) -> str:
    """Return the path of a cloud that fills ``box``, which is at least as wide as it is high."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    radius = (box.bottom - box.top) / 2 - _BULGE
    half = (box.right - box.left) / 2 - _BULGE - radius
    around = 4 * half + 2 * pi * radius
    count = 4 * max(round(around / _STEP / 4), 2)  # so that a bulge is where a link ends
    feet = [_border((i + 0.5) * around / count, half, radius, 0.0) for i in range(count + 1)]
    parts = [f"M{_n(x + feet[0][0])} {_n(y + feet[0][1])}"]
    for i, (across, down) in enumerate(feet[1:], 1):
        # A curve reaches half as far as its handle.
        handle = _border(i * around / count, half, radius, 2 * _BULGE)
        parts.append(f"Q{_n(x + handle[0])} {_n(y + handle[1])} {_n(x + across)} {_n(y + down)}")
    return "".join([*parts, "Z"])


def _border(far: float, half: float, radius: float, out: float) -> tuple[float, float]:
    """Return the place ``far`` along a pill's border from the middle of its top, ``out`` of it."""
    bend, reach = pi * radius, radius + out
    far %= 4 * half + 2 * bend
    if far <= half:
        return far, -reach
    if far <= half + bend:
        angle = (far - half) / radius
        return half + reach * sin(angle), -reach * cos(angle)
    if far <= 3 * half + bend:
        return 2 * half + bend - far, reach
    if far <= 3 * half + 2 * bend:
        angle = (far - 3 * half - bend) / radius
        return -half - reach * sin(angle), reach * cos(angle)
    return far - 4 * half - 2 * bend, -reach


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
