"""Curves over the training: a frame with ticks, a line for each, and its name at its end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from backlit.train.report.canvas import INK, MUTED, RULE, room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backlit.train.report.canvas import Picture

__all__ = ["Curve", "Panel", "ticks"]

TITLE, BELOW, BESIDE = 24.0, 34.0, 54.0
"""Room for the title, for what is below the frame, and for the names beside it."""
MOST_DOTS = 40
"""A line of more points is drawn without them."""
NAME = 8.5
"""Size of the letters of a name."""


class Curve(NamedTuple):
    """What went on: its values, its name and the last value in words, and its colour."""

    values: Sequence[float]
    name: str
    last: str
    colour: str


class Panel(NamedTuple):
    """A part of a picture with axes of its own.

    Parameters
    ----------
    title, down, along
        What it is called, and its axes.
    places
        Where the values of all curves lie along the axis, in order.
    start, stop
        Where the axis begins and ends.
    low, high
        Where the other axis does.
    curves
        At least one.
    share
        Whether the values are fractions, which are then written in percent.
    """

    title: str
    down: str
    along: str
    places: Sequence[float]
    start: float
    stop: float
    low: float
    high: float
    curves: Sequence[Curve]
    share: bool = False

    def draw(self, picture: Picture, left: float, width: float) -> None:
        """Draw it into a picture of its height, so far from the left and so wide."""
        unit = 100 if self.share else 1
        up = ticks(self.low * unit, self.high * unit, 8)
        inset = 18 + max(room(label) for _, label in up) + 6
        x0, x1 = left + inset, left + width - BESIDE
        y0, y1 = picture.height - BELOW, TITLE + 6

        def across(place: float) -> float:
            return x0 + (x1 - x0) * (place - self.start) / ((self.stop - self.start) or 1)

        def upwards(value: float) -> float:
            return y0 + (y1 - y0) * (value - self.low) / ((self.high - self.low) or 1)

        picture.text(x0, 9, self.title, INK, size=10, bold=True)
        middle = (y0 + y1) / 2
        picture.text(left + 7, middle, self.down, MUTED, anchor="middle", turned=-90)
        picture.text((x0 + x1) / 2, picture.height - 8, self.along, MUTED, anchor="middle")
        for tick, label in up:
            y = upwards(tick / unit)
            picture.line(((x0, y), (x1, y)), RULE)
            picture.text(x0 - 6, y, label, MUTED, anchor="end")
        picture.line(((x0, y0), (x1, y0)), RULE)
        for tick, label in ticks(self.start, self.stop, 9, whole=True):
            x = across(tick)
            picture.line(((x, y0), (x, y0 + 3.5)), RULE)
            picture.text(x, y0 + 11, label, MUTED, anchor="middle")
        for curve in self.curves:
            points = [
                (across(p), upwards(v)) for p, v in zip(self.places, curve.values, strict=True)
            ]
            picture.line(points, curve.colour, 1.8)
            for x, y in points if len(points) <= MOST_DOTS else ():
                picture.dot(x, y, curve.colour)
        self._name_ends(picture, x1 + 8, upwards, y0)

    def _name_ends(
        self, picture: Picture, x: float, upwards: Callable[[float], float], bottom: float
    ) -> None:
        """Write each curve's name beside its end, moved apart where two would touch."""
        apart, step = 2.7 * NAME, 0.6 * NAME
        ends = sorted((upwards(curve.values[-1]), curve) for curve in self.curves)
        places = [y for y, _ in ends]
        for i in range(1, len(places)):
            places[i] = max(places[i], places[i - 1] + apart)
        below = bottom - step + apart
        for i in reversed(range(len(places))):
            places[i] = below = min(places[i], below - apart)
        for y, (_, curve) in zip(places, ends, strict=True):
            picture.text(x, y - step, curve.name, curve.colour, size=NAME, bold=True)
            picture.text(x, y + step, curve.last, curve.colour, size=NAME, bold=True)


def ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[tuple[float, str]]:
    """Return round numbers from ``low`` to ``high`` with their labels, about ``most`` at most.

    Examples
    --------
    >>> [label for _, label in ticks(0.8, 17, 9, whole=True)]
    ['2', '4', '6', '8', '10', '12', '14', '16']
    >>> [label for _, label in ticks(0, 0.77, 8)]
    ['0.0', '0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7']
    """
    least = max((high - low) / most, 1 if whole else 1e-300)
    power = math.floor(math.log10(least))
    # Of two neighbours the larger is at most twice the other, so that half of `most` remain.
    factor = next(
        factor
        for factor in (1, 2, 2.5, 5, 10)
        if factor * 10.0**power >= 0.999 * least and not (whole and factor * 10.0**power % 1)
    )
    step = factor * 10.0**power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [i * step for i in range(first, last + 1)]
    if -6 < power < 6:
        digits = max(0, -power + {2.5: 1, 10: -1}.get(factor, 0))
        return [(value, f"{value:,.{digits}f}") for value in values]
    return [(value, f"{value:.4g}") for value in values]
