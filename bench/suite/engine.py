"""What an engine of the comparison has to offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suite.nets import Net
    from suite.overhead import Chain

Rows: TypeAlias = NDArray[np.int64]


class UnsupportedError(Exception):
    """The engine can't do what is asked; the message says why."""


@dataclass(frozen=True)
class Steps:
    """Training of one net, a chunk of steps at a time.

    `run` takes the rows of the samples for each step of a chunk, an array (chunk, batch), and
    returns the steps' losses, taken before the update.
    """

    run: Callable[[Rows], Sequence[float]]
    chunk: int = 1


def single(step: Callable[[Rows], float]) -> Steps:
    """Make steps of a function that takes the rows of one batch and returns its loss."""
    return Steps(lambda rows: [step(rows[0])])


@dataclass(frozen=True)
class Engine:
    """A competitor: its module among `suite.engines`, the package it needs, and its variant."""

    name: str
    module: str
    package: str
    variant: str = ""
    threads: tuple[str, ...] = ("1", "2")

    def build(self, net: Net) -> Steps:
        """Return the training of a net; raises UnsupportedError where it can't."""
        steps: Steps = self.load().build(net, self.variant)
        return steps

    def chain(self, chain: Chain) -> Callable[[], Any]:
        """Return one forward and backward pass of the chain of `suite.overhead`."""
        module = self.load()
        if not hasattr(module, "chain"):
            raise UnsupportedError(f"{self.name} has no chain of single ops to be timed")
        run: Callable[[], Any] = module.chain(chain, self.variant)
        return run

    def load(self) -> Any:
        """Import the engine's module, and with it the library."""
        from importlib import import_module

        return import_module(f"suite.engines.{self.module}")


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("floor", "floor", "numpy"),
        Engine("backlit compiled", "with_backlit", "backlit", "compiled", ("1", "2", "own choice")),
        Engine("backlit over", "with_backlit", "backlit", "over", ("1", "2", "own choice")),
        Engine("backlit eager", "with_backlit", "backlit", "eager"),
        Engine("PyTorch", "with_torch", "torch", "eager"),
        Engine("PyTorch channels_last", "with_torch", "torch", "channels_last"),
        Engine("torch.compile", "with_torch", "torch", "compile"),
        Engine("JAX jit", "with_jax", "jax", "jit"),
        Engine("JAX scan", "with_jax", "jax", "scan"),
        Engine("tinygrad", "with_tinygrad", "tinygrad", threads=("2",)),
        Engine("scikit-learn", "with_sklearn", "sklearn"),
        Engine("HIPS autograd", "with_autograd", "autograd"),
        Engine("micrograd", "with_micrograd", "micrograd", threads=("1",)),
        Engine("the chapter's way", "chapter", "numpy"),
    )
}
