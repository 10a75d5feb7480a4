"""All that a compiled program calls to run convolutional nets with the batch innermost."""

from __future__ import annotations

from backlit.compile.layout.borders import enter, leave
from backlit.compile.layout.chain import chains
from backlit.compile.layout.normalization import descend, normalise
from backlit.compile.layout.parts import in_parts, total
from backlit.compile.layout.specs import AvgPool, Conv, Dense, Flat, MaxPool, Norm

__all__ = [
    "AvgPool",
    "Conv",
    "Dense",
    "Flat",
    "MaxPool",
    "Norm",
    "chains",
    "descend",
    "enter",
    "in_parts",
    "leave",
    "normalise",
    "total",
]
