"""The chapter's own way: layers with forward and backward in plain NumPy and float64.

Patches are cut by a loop over the kernel's positions, arrays are made anew in every step, and
the gradient of the input images is computed though nobody reads it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Conv, Dense, Flat, Net, Pool, Relu, data, parameters


def cut(x: Any, k: int, stride: int, pad: int) -> tuple[Any, int, int]:
    """Return the patches of images as rows, and the height and width of their grid."""
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    n, c, h, w = x.shape
    rows, columns = (h - k) // stride + 1, (w - k) // stride + 1
    patches = np.empty((n, c, k, k, rows, columns))
    for i in range(k):
        for j in range(k):
            patches[:, :, i, j] = x[
                :, :, i : i + stride * rows : stride, j : j + stride * columns : stride
            ]
    return patches.transpose(0, 4, 5, 1, 2, 3).reshape(n * rows * columns, -1), rows, columns


def paste(d: Any, shape: tuple[int, ...], k: int, stride: int, pad: int) -> Any:
    """Add gradients of patches up where the patches were cut: the transpose of `cut`."""
    n, c, h, w = shape
    h, w = h + 2 * pad, w + 2 * pad
    rows, columns = (h - k) // stride + 1, (w - k) // stride + 1
    d = d.reshape(n, rows, columns, c, k, k).transpose(0, 3, 4, 5, 1, 2)
    images = np.zeros((n, c, h, w))
    for i in range(k):
        for j in range(k):
            images[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride] += d[
                :, :, i, j
            ]
    return images[:, :, pad : h - pad, pad : w - pad]


class Affine:
    def __init__(self, W: Any, b: Any) -> None:
        self.values = [W.astype(np.float64), b.astype(np.float64)]

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.dot(x, self.values[0]) + self.values[1]

    def backward(self, dout: Any) -> Any:
        self.slopes = [np.dot(self.x.T, dout), dout.sum(axis=0)]
        return np.dot(dout, self.values[0].T)


class Convolution:
    def __init__(self, W: Any, b: Any, padding: int) -> None:
        self.values, self.padding = [W.astype(np.float64), b.astype(np.float64)], padding

    def forward(self, x: Any) -> Any:
        W, b = self.values
        self.shape = x.shape
        self.patches, rows, columns = cut(x, W.shape[2], 1, self.padding)
        y = np.dot(self.patches, W.reshape(len(W), -1).T) + b
        return y.reshape(len(x), rows, columns, len(W)).transpose(0, 3, 1, 2)

    def backward(self, dout: Any) -> Any:
        W, _ = self.values
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, len(W))
        self.slopes = [np.dot(self.patches.T, dout).T.reshape(W.shape), dout.sum(axis=0)]
        patches = np.dot(dout, W.reshape(len(W), -1))
        return paste(patches, self.shape, W.shape[2], 1, self.padding)


class MaxPooling:
    def __init__(self, size: int) -> None:
        self.size = size

    def forward(self, x: Any) -> Any:
        n, c = x.shape[:2]
        self.shape = x.shape
        patches, rows, columns = cut(x, self.size, self.size, 0)
        patches = patches.reshape(-1, self.size**2)
        self.winner = patches.argmax(axis=1)
        return patches.max(axis=1).reshape(n, rows, columns, c).transpose(0, 3, 1, 2)

    def backward(self, dout: Any) -> Any:
        dout = dout.transpose(0, 2, 3, 1)
        d = np.zeros((dout.size, self.size**2))
        d[np.arange(dout.size), self.winner] = dout.ravel()
        n, rows, columns, _c = dout.shape
        return paste(d.reshape(n * rows * columns, -1), self.shape, self.size, self.size, 0)


class Rectifier:
    def forward(self, x: Any) -> Any:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Any) -> Any:
        dout[self.mask] = 0
        return dout


class Flattening:
    def forward(self, x: Any) -> Any:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout: Any) -> Any:
        return dout.reshape(self.shape)


def make(net: Net) -> list[Any]:
    """Return the layers with their first parameters."""
    first = iter(parameters(net))
    made: list[Any] = []
    for layer in net.layers:
        match layer:
            case Dense():
                made.append(Affine(*next(first)))
            case Conv(padding=padding):
                made.append(Convolution(*next(first), padding))
            case Relu():
                made.append(Rectifier())
            case Pool(size):
                made.append(MaxPooling(size))
            case Flat():
                made.append(Flattening())
            case _:
                raise UnsupportedError(f"{type(layer).__name__} is not measured in this way")
    return made


def build(net: Net, variant: str) -> Steps:
    """Return the training step."""
    made = make(net)
    x, t = data(net)
    one_hot = np.eye(10)[t]

    def step(rows: Rows) -> float:
        scores, target = x[rows].astype(np.float64), one_hot[rows]
        for layer in made:
            scores = layer.forward(scores)
        y = np.exp(scores - scores.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)
        dout = (y - target) / len(rows)
        for layer in reversed(made):
            dout = layer.backward(dout)
            if isinstance(layer, Affine | Convolution):
                pairs = zip(layer.values, layer.slopes, strict=True)
                layer.values = [value - RATE * slope for value, slope in pairs]
        return float(-np.log(y[np.arange(len(y)), t[rows]] + 1e-7).mean())

    return single(step)
