"""The nets that every engine trains, as plain data, with their first parameters and samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.int64]

RATE = 0.05


@dataclass(frozen=True)
class Dense:
    """`x @ W + b`."""

    size_in: int
    size_out: int


@dataclass(frozen=True)
class Conv:
    """A square convolution with stride 1."""

    channels: int
    filters: int
    kernel: int
    padding: int


@dataclass(frozen=True)
class Norm:
    """Batch normalisation with the batch's own statistics."""

    channels: int


@dataclass(frozen=True)
class Relu:
    """`max(x, 0)`."""


@dataclass(frozen=True)
class Pool:
    """Max pooling, stride equal to its size."""

    size: int


@dataclass(frozen=True)
class GlobalMean:
    """The mean over height and width."""


@dataclass(frozen=True)
class Flat:
    """All but the batch axis in one."""


Layer: TypeAlias = Dense | Conv | Norm | Relu | Pool | GlobalMean | Flat


@dataclass(frozen=True)
class Net:
    """A net, the shape of one of its samples, and how it is trained."""

    name: str
    shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    batch: int = 100
    samples: int = 6000
    checked: int = 20  # steps whose losses are compared

    @property
    def is_dense(self) -> bool:
        """Whether it is made of products and ReLU alone."""
        return all(isinstance(layer, Dense | Relu) for layer in self.layers)

    @property
    def together(self) -> int:
        """How many steps an engine takes in one call, if it can take many."""
        return 100 if self.is_dense else 5

    def with_batch(self, batch: int) -> Net:
        """Return the same net trained in other batches."""
        return Net(
            f"{self.name}, batch {batch}",
            self.shape,
            self.layers,
            batch,
            self.samples,
            self.checked,
        )


def dense(*sizes: int) -> Net:
    """Return a dense net with ReLU between its layers."""
    layers: list[Layer] = []
    for i in range(len(sizes) - 1):
        layers += [Relu()] if layers else []
        layers.append(Dense(sizes[i], sizes[i + 1]))
    return Net("-".join(map(str, sizes)), sizes[:1], tuple(layers))


def block(channels: int, filters: int) -> tuple[Layer, ...]:
    """Return a convolution that keeps height and width, normalised."""
    return Conv(channels, filters, 3, 1), Norm(filters), Relu()


DENSE = (dense(784, 50, 10), dense(784, 512, 10), dense(784, 1024, 1024, 10))
CONV = (
    Net(
        "conv 30 5×5, pool, 100, 10",
        (1, 28, 28),
        (Conv(1, 30, 5, 0), Relu(), Pool(2), Flat(), Dense(4320, 100), Relu(), Dense(100, 10)),
        checked=10,
    ),
    Net(
        "conv 32, pool, conv 64, pool, 128, 10",
        (1, 28, 28),
        (
            *(Conv(1, 32, 3, 1), Relu(), Pool(2), Conv(32, 64, 3, 1), Relu(), Pool(2)),
            *(Flat(), Dense(3136, 128), Relu(), Dense(128, 10)),
        ),
        checked=10,
    ),
    Net(
        "conv 64-64-pool-128-128-pool-256, batch norm",
        (3, 32, 32),
        (
            *(*block(3, 64), *block(64, 64), Pool(2)),
            *(*block(64, 128), *block(128, 128), Pool(2)),
            *(*block(128, 256), GlobalMean(), Dense(256, 10)),
        ),
        samples=600,
        checked=2,
    ),
)
BATCHES = tuple(net.with_batch(size) for net in (DENSE[0], CONV[0]) for size in (1, 16, 100, 1000))
NETS = {net.name: net for net in (*DENSE, *CONV, *BATCHES)}


def parameters(net: Net) -> list[tuple[Floats, Floats]]:
    """Return the first parameters of each layer with some: weight and bias, or scale and shift.

    A dense weight has shape (D, M), a convolution's (F, C, K, K).
    """
    rng = np.random.default_rng(1)
    result = []
    for layer in net.layers:
        if isinstance(layer, Norm):
            result.append(
                (np.ones(layer.channels, np.float32), np.zeros(layer.channels, np.float32))
            )
            continue
        if isinstance(layer, Dense):
            shape: tuple[int, ...] = (layer.size_in, layer.size_out)
            fan, size = layer.size_in, layer.size_out
        elif isinstance(layer, Conv):
            shape = (layer.filters, layer.channels, layer.kernel, layer.kernel)
            fan, size = layer.channels * layer.kernel**2, layer.filters
        else:
            continue
        weight = rng.standard_normal(shape) * np.sqrt(2 / fan)
        result.append((weight.astype(np.float32), np.zeros(size, np.float32)))
    return result


def data(net: Net) -> tuple[Floats, Labels]:
    """Return samples and labels: noise, since only the time of learning it matters."""
    rng = np.random.default_rng(0)
    x = rng.random((net.samples, *net.shape), dtype=np.float32)
    return x, rng.integers(0, 10, net.samples)
