"""The train step: forward, backward, update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from backlit.compile import compile
from backlit.errors import BacklitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.layers import Layer
    from backlit.optim import Optimizer
    from backlit.tensor import Tensor

    Loss: TypeAlias = Callable[[Tensor, Any], Tensor]
    Step: TypeAlias = Callable[[Any, Any], Any]


class NonFiniteLossError(BacklitError, FloatingPointError):
    """The loss became infinite or not a number."""

    def __init__(self, step: int, loss: float, before: float | None) -> None:
        was = "" if before is None else f" (it was {before:.4g} at the step before)"
        self.found = f"the loss is {loss} at step {step}{was}, so training stopped"
        super().__init__(
            f"{self.found}; try a smaller learning rate, clip_norm in the optimizer, or another "
            "initialisation, and see that the data holds no NaN."
        )
        self.step = step


def make_step(net: Layer, loss: Loss, optimizer: Optimizer, *, eager: bool = False) -> Step:
    """Return the function that trains on one batch and returns its loss.

    Every step of :func:`fit` is one call of it. It is compiled unless ``eager``; a net or a loss
    that can't be is run eagerly, after one warning that says why.
    """

    def step(x: Any, t: Any) -> Tensor:
        value = loss(net(x), t)
        value.backward()
        optimizer.step()
        return value

    return step if eager else compile(step)
