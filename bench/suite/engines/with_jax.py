"""JAX: one jitted step at a time, and a hundred inside one `lax.scan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from suite.engine import Rows, Steps, UnsupportedError, single
from suite.nets import RATE, Conv, Dense, Flat, GlobalMean, Net, Norm, Pool, Relu, data, parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suite.overhead import Chain


def forwards(net: Net, first: Any, x: Any) -> Any:
    """Return the scores of a batch."""
    values = iter(first)
    for layer in net.layers:
        match layer:
            case Dense():
                W, b = next(values)
                x = x @ W + b
            case Conv(padding=p):
                W, b = next(values)
                x = lax.conv_general_dilated(x, W, (1, 1), [(p, p), (p, p)])
                x += b[:, None, None]
            case Norm():
                scale, shift = next(values)
                mean = x.mean((0, 2, 3), keepdims=True)
                variance = x.var((0, 2, 3), keepdims=True)
                x = (x - mean) * lax.rsqrt(variance + 1e-5)
                x = x * scale[:, None, None] + shift[:, None, None]
            case Relu():
                x = jax.nn.relu(x)
            case Pool(size):
                window = (1, 1, size, size)
                x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
            case GlobalMean():
                x = x.mean((2, 3))
            case Flat():
                x = x.reshape(x.shape[0], -1)
    return x


def build(net: Net, variant: str) -> Steps:
    """Return the training step, or a hundred in one."""
    values: Any = [tuple(map(jnp.asarray, pair)) for pair in parameters(net)]
    x, t = data(net)
    samples, labels = jnp.asarray(x), jnp.asarray(t)

    def loss_of(values: Any, x: Any, t: Any) -> Any:
        logs = jax.nn.log_softmax(forwards(net, values, x))
        return -jnp.take_along_axis(logs, t[:, None], 1).mean()

    def step(values: Any, rows: Any) -> Any:
        loss, slopes = jax.value_and_grad(loss_of)(values, samples[rows], labels[rows])
        return jax.tree.map(lambda v, d: v - RATE * d, values, slopes), loss

    if variant == "scan":
        many: Any = jax.jit(lambda values, rows: lax.scan(step, values, rows), donate_argnums=0)

        def run(rows: Rows) -> Sequence[float]:
            nonlocal values
            values, losses = many(values, rows)
            return list(np.asarray(losses))

        return Steps(run, net.together)
    once: Any = jax.jit(step, donate_argnums=0)

    def one(rows: Rows) -> float:
        nonlocal values
        values, loss = once(values, rows)
        return float(loss)

    return single(one)


def chain(chain: Chain, variant: str) -> Callable[[], Any]:
    """Return one forward and backward pass of the chain, op by op."""
    if variant != "jit":
        raise UnsupportedError("the chain is timed once, op by op")
    x, a, w = (jnp.asarray(value, jnp.float32) for value in chain.start())
    ones = jnp.ones(chain.shape, jnp.float32)

    def chained(x: Any, a: Any, w: Any) -> Any:
        y = x
        for _ in range(chain.links):
            y = jnp.tanh((y + a) * w)
        return y

    def run() -> Any:
        _, back = jax.vjp(chained, x, a, w)
        return np.asarray(back(ones)[0])

    return run
