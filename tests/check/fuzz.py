"""Random nets in the chapter's style: healthy ones, and ones with one mistake planted.

    python tests/check/fuzz.py [how many] [first seed]

runs so many of both, and names every one that the check gets wrong. A mistake counts only if it
changes what the net's own ``backward`` or ``gradient`` says, compared with the net's healthy twin.
"""

# ruff: noqa: T201
import argparse
import copy
import sys
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

import backlit as bl

SEED = 3
"""Of NumPy's global state, from which some dropout layers draw."""

# Layers. Each computes in `run` and `back`; the styles below decide what the world sees of it.


class Layer:
    def __init__(self, style, **params):
        self.style = style
        style.hold(self, params)

    def p(self, name):
        return self.style.read(self, name)

    def g(self, name, value):
        self.style.write(self, name, value)

    def backward(self, dout):
        return self.back(dout)


class Affine(Layer):
    def run(self, x):
        self.saved = (x,)
        return x @ self.p("W") + self.p("b")

    def back(self, dout):
        (x,) = self.saved
        self.g("W", x.T @ dout)
        self.g("b", dout.sum(axis=0))
        return dout @ self.p("W").T


class ScaleShift(Layer):
    def run(self, x):
        self.saved = (x,)
        return x * self.p("gamma") + self.p("beta")

    def back(self, dout):
        (x,) = self.saved
        self.g("gamma", np.sum(dout * x, axis=0))
        self.g("beta", dout.sum(axis=0))
        return dout * self.p("gamma")


class Relu(Layer):
    def run(self, x):
        self.saved = (x <= 0,)
        out = x.copy()
        out[self.saved[0]] = 0
        return out

    def back(self, dout):
        dx = dout.copy()
        dx[self.saved[0]] = 0
        return dx


class PrintedRelu(Relu):
    """As the chapter prints it: writes into dout, which nobody needs any more."""

    def back(self, dout):
        dout[self.saved[0]] = 0
        return dout


class LeakyRelu(Layer):
    slope = 0.1

    def run(self, x):
        self.saved = (x > 0,)
        return np.where(x > 0, x, self.slope * x)

    def back(self, dout):
        return np.where(self.saved[0], dout, self.slope * dout)


class Sigmoid(Layer):
    def run(self, x):
        self.saved = (1 / (1 + np.exp(-x)),)
        return self.saved[0]

    def back(self, dout):
        (y,) = self.saved
        return dout * y * (1 - y)


class Tanh(Layer):
    def run(self, x):
        self.saved = (np.tanh(x),)
        return self.saved[0]

    def back(self, dout):
        return dout * (1 - self.saved[0] ** 2)


class Softplus(Layer):
    def run(self, x):
        self.saved = (x,)
        return np.logaddexp(x, 0)

    def back(self, dout):
        return dout / (1 + np.exp(-self.saved[0]))


class Softmax(Layer):
    def run(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.saved = (e / e.sum(axis=1, keepdims=True),)
        return self.saved[0]

    def back(self, dout):
        (y,) = self.saved
        return y * (dout - np.sum(dout * y, axis=1, keepdims=True))


class Norm(Layer):
    """Over the batch, or over each row."""

    axis = 0

    def run(self, x):
        std = np.sqrt(x.var(axis=self.axis, keepdims=True) + 1e-5)
        xhat = (x - x.mean(axis=self.axis, keepdims=True)) / std
        self.saved = xhat, std
        return self.p("gamma") * xhat + self.p("beta")

    def back(self, dout):
        xhat, std = self.saved
        self.g("gamma", np.sum(dout * xhat, axis=0))
        self.g("beta", np.sum(dout, axis=0))
        d = dout * self.p("gamma")
        return (d - self.mean(d) - xhat * self.mean(d * xhat)) / std

    def mean(self, d):
        return d.mean(axis=self.axis, keepdims=True)


class BatchNorm(Norm):
    def run(self, x):
        self.running_mean = 0.9 * getattr(self, "running_mean", 0) + 0.1 * x.mean(axis=0)
        return super().run(x)


class LayerNorm(Norm):
    axis = 1


class FixedDropout(Layer):
    def __init__(self, style, mask):
        super().__init__(style)
        self.mask = mask

    def run(self, x):
        self.saved = (self.mask,)
        return x * self.mask

    def back(self, dout):
        return dout * self.saved[0]


class Dropout(Layer):
    """A mask drawn from NumPy's global state, or from a generator of its own."""

    def __init__(self, style, rng):
        super().__init__(style)
        self.rng = rng

    def run(self, x):
        random = np.random.rand(*x.shape) if self.rng is None else self.rng.random(x.shape)
        self.saved = ((random > 0.3) / 0.7,)
        return x * self.saved[0].astype(x.dtype)

    def back(self, dout):
        return dout * self.saved[0].astype(dout.dtype)


class Identity(Layer):
    def run(self, x):
        self.saved = ()
        return x

    def back(self, dout):
        return dout


class Residual(Layer):
    """x + the layers' output."""

    def __init__(self, style, layers):
        super().__init__(style)
        self.layers = layers
        self.saved = ()

    def run(self, x):
        y = x
        for layer in self.layers:
            y = _call(layer, y)
        return self.joined(x, y)

    def joined(self, x, y):
        return x + y

    def back(self, dout):
        d = dout.copy()
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return dout + d


class SoftmaxWithLoss(Layer):
    def run(self, x, t):
        z = x - x.max(axis=1, keepdims=True)
        z -= np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        self.saved = np.exp(z), t
        return -np.sum(z[np.arange(len(t)), t]) / len(t)

    def back(self, dout):
        y, t = self.saved
        dx = y.copy()
        dx[np.arange(len(t)), t] -= 1
        return dout * dx / len(t)


class MeanSquares(Layer):
    def run(self, x, t):
        self.saved = (x - t,)
        return np.sum(self.saved[0] ** 2) / (2 * len(x))

    def back(self, dout):
        return dout * self.saved[0] / len(self.saved[0])


# Styles


class Style:
    """How parameters and gradients are called, and how a layer is run."""

    def __init__(self, names, method):
        self.names, self.method = names, method

    def hold(self, layer, params):
        if self.names in {"lists", "dicts"}:
            layer.params = dict(params) if self.names == "dicts" else list(params.values())
            layer.grads = {} if self.names == "dicts" else [None] * len(params)
            self_keys = list(params)
            layer.keys = self_keys
            return
        for name, array in params.items():
            setattr(layer, self.of(name), array)

    def of(self, name):
        if self.names == "long":
            return {"W": "weight", "b": "bias"}.get(name, name)
        return name.lower() if self.names == "grad_" else name

    def gradient_of(self, name):
        own = self.of(name)
        return {"chapter": f"d{own}", "grad_": f"grad_{own}", "long": f"{own}_grad"}[self.names]

    def read(self, layer, name):
        if self.names == "lists":
            return layer.params[layer.keys.index(name)]
        return layer.params[name] if self.names == "dicts" else getattr(layer, self.of(name))

    def write(self, layer, name, value):
        if self.names == "lists":
            layer.grads[layer.keys.index(name)] = value
        elif self.names == "dicts":
            layer.grads[name] = value
        else:
            setattr(layer, self.gradient_of(name), value)

    def gradient(self, layer, name):
        if self.names == "lists":
            return layer.grads[layer.keys.index(name)]
        if self.names == "dicts":
            return layer.grads.get(name)
        return getattr(layer, self.gradient_of(name), None)


def _call(layer, *inputs):
    return layer.forward(*inputs) if hasattr(layer, "forward") else layer(*inputs)


def styled(kind, method):
    """Make a layer's class with the method that runs it, under the class's own name."""
    if issubclass(kind, (SoftmaxWithLoss, MeanSquares)):

        def run(self, x, t):
            return self.run(x, t)

        def backward(self, dout=1):
            return self.back(dout)

        return type(kind.__name__, (kind,), {method: run, "backward": backward})

    def run(self, x):
        return self.run(x)

    return type(kind.__name__, (kind,), {method: run})


# Mistakes: each makes a class of a class. None where it does not apply.


def on_dx(change):
    def plant(kind, rng):
        class Wrong(kind):
            def back(self, dout):
                return change(super().back(dout), dout)

        return Wrong

    return plant


def on_gradient(change):
    """Change the gradient of one of the parameters."""

    def plant(kind, rng):
        names = PARAMETERS.get(kind)
        if not names:
            return None
        chosen = names[rng.integers(len(names))]

        class Wrong(kind):
            def g(self, name, value):
                super().g(name, change(value, self) if name == chosen else value)

        return Wrong

    return plant


def on_dout(change):
    def plant(kind, rng):
        class Wrong(kind):
            def back(self, dout):
                return super().back(change(dout))

        return Wrong

    return plant


def only(*kinds):
    """Restrict a mistake to kinds of layers."""

    def restrict(plant):
        return lambda kind, rng: plant(kind, rng) if kind in kinds else None

    return restrict


def one_element(array):
    array = np.array(array)
    flat = array.reshape(-1)
    place = int(np.argmax(np.abs(flat)))
    flat[place] *= 1.5
    return array


def last_row_lost(array):
    array = np.array(array)
    array[-1] = 0
    return array


@only(Affine)
def weights_transposed(kind, rng):
    class Wrong(kind):
        def g(self, name, value):
            super().g(name, value.T if name == "W" else value)

    return Wrong


@only(Affine)
def dx_by_untransposed_weights(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            dx = super().back(dout)
            W = self.p("W")
            return dout @ W if W.shape[0] == W.shape[1] else dx

    return Wrong


@only(Affine)
def stale_transpose(kind, rng):
    class Wrong(kind):
        def __init__(self, style, **params):
            super().__init__(style, **params)
            self.Wt = params["W"].T.copy()

        def back(self, dout):
            super().back(dout)
            return dout @ self.Wt

    return Wrong


@only(Affine, ScaleShift, BatchNorm, LayerNorm)
def not_summed(kind, rng):
    last = PARAMETERS[kind][-1]

    class Wrong(kind):
        def back(self, dout):
            dx = super().back(dout)
            self.g(last, dout.copy())
            return dx

    return Wrong


@only(Affine, ScaleShift)
def summed_along_the_rows(kind, rng):
    last = PARAMETERS[kind][-1]

    class Wrong(kind):
        def back(self, dout):
            dx = super().back(dout)
            self.g(last, dout.sum(axis=1))
            return dx

    return Wrong


@only(Affine, ScaleShift)
def shrinks_its_parameter(kind, rng):
    first = PARAMETERS[kind][0]

    class Wrong(kind):
        def back(self, dout):
            dx = super().back(dout)
            array = self.p(first)
            array *= 0.9
            return dx

    return Wrong


@only(Affine, ScaleShift)
def adds_up(kind, rng):
    first = PARAMETERS[kind][0]

    class Wrong(kind):
        def g(self, name, value):
            before = self.style.gradient(self, name) if name == first else None
            super().g(name, value if before is None else before + value)

    return Wrong


@only(Relu, LeakyRelu)
def mask_reversed(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            (mask,) = self.saved
            self.saved = (~mask,)
            try:
                return super().back(dout)
            finally:
                self.saved = (mask,)

    return Wrong


@only(Tanh, Sigmoid, Softplus)
def at_the_other_end(kind, rng):
    class Wrong(kind):
        def run(self, x):
            y = super().run(x)
            self.saved = (y if kind is Softplus else x,)
            return y

    return Wrong


@only(BatchNorm, LayerNorm)
def statistics_constant(kind, rng):
    class Wrong(kind):
        def mean(self, d):
            return 0 * d

    return Wrong


@only(BatchNorm, LayerNorm)
def other_axis(kind, rng):
    class Wrong(kind):
        def mean(self, d):
            return d.mean(axis=1 - self.axis, keepdims=True)

    return Wrong


@only(Softmax)
def diagonal_only(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            (y,) = self.saved
            return dout * y * (1 - y)

    return Wrong


@only(SoftmaxWithLoss)
def softmax_of_the_whole_array(kind, rng):
    class Wrong(kind):
        def run(self, x, t):
            z = x - x.max()
            z -= np.log(np.sum(np.exp(z)))
            self.saved = np.exp(z), t
            return -np.sum(z[np.arange(len(t)), t]) / len(t)

    return Wrong


@only(SoftmaxWithLoss, MeanSquares)
def batch_size_forgotten(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            return super().back(dout) * len(self.saved[0])

    return Wrong


@only(Residual)
def shortcut_forgotten(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            return super().back(dout) - dout

    return Wrong


@only(Residual)
def branch_counted_twice(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            return 2 * super().back(dout) - dout

    return Wrong


@only(Affine, ScaleShift, Tanh, Sigmoid, Softplus, Relu, LeakyRelu, BatchNorm, LayerNorm, Softmax)
def first_state_for_ever(kind, rng):
    class Wrong(kind):
        def run(self, x):
            y = super().run(x)
            self.first = getattr(self, "first", self.saved)
            self.saved = self.first
            return y

    return Wrong


@only(FixedDropout, Dropout)
def mask_drawn_again(kind, rng):
    class Wrong(kind):
        def back(self, dout):
            return dout * (np.random.random(dout.shape) > 0.5)

    return Wrong


@only(Relu, LeakyRelu, Tanh, Sigmoid)
def writes_into_its_input(kind, rng):
    class Wrong(kind):
        def run(self, x):
            y = super().run(x)
            x[...] = y
            return x

    return Wrong


MISTAKES = {
    "sign": on_dx(lambda dx, dout: -dx),
    "twice": on_dx(lambda dx, dout: 2 * dx),
    "half": on_dx(lambda dx, dout: dx / 2),
    "by the batch": on_dx(lambda dx, dout: dx / max(len(dx), 2)),
    "a thousandth": on_dx(lambda dx, dout: 1.001 * dx),
    "element": on_dx(lambda dx, dout: one_element(dx)),
    "last sample": on_dx(lambda dx, dout: last_row_lost(dx)),
    "zeros": on_dx(lambda dx, dout: np.zeros_like(dx)),
    "None": on_dx(lambda dx, dout: None),
    "whole numbers": on_dx(lambda dx, dout: np.trunc(dx)),
    "dout passed through": on_dx(lambda dx, dout: dout.copy() if dout.shape == dx.shape else dx),
    "dout ignored": on_dout(np.ones_like),
    "dout averaged": on_dout(lambda dout: np.full_like(dout, dout.mean())),
    "gradient's sign": on_gradient(lambda g, layer: -g),
    "gradient twice": on_gradient(lambda g, layer: 2 * g),
    "gradient's mean": on_gradient(lambda g, layer: g / max(len(layer.saved[0]), 2)),
    "gradient's thousandth": on_gradient(lambda g, layer: 0.999 * g),
    "gradient's element": on_gradient(lambda g, layer: one_element(g)),
    "gradient's last row": on_gradient(lambda g, layer: last_row_lost(g)),
    "gradient zero": on_gradient(lambda g, layer: np.zeros_like(g)),
    "gradient whole": on_gradient(lambda g, layer: g.astype(int)),
    "decay in gradient only": on_gradient(lambda g, layer: g + 0.1),
    "weights transposed": weights_transposed,
    "untransposed": dx_by_untransposed_weights,
    "stale transpose": stale_transpose,
    "not summed": not_summed,
    "along the rows": summed_along_the_rows,
    "shrinks": shrinks_its_parameter,
    "adds up": adds_up,
    "mask reversed": mask_reversed,
    "other end": at_the_other_end,
    "statistics": statistics_constant,
    "other axis": other_axis,
    "diagonal": diagonal_only,
    "softmax axis": softmax_of_the_whole_array,
    "batch size": batch_size_forgotten,
    "shortcut": shortcut_forgotten,
    "branch twice": branch_counted_twice,
    "first state": first_state_for_ever,
    "mask again": mask_drawn_again,
    "writes input": writes_into_its_input,
}
LATE = {"first state", "adds up", "shrinks", "stale transpose"}
"""Those that show only after a while; the others have to show at once."""
PARAMETERS = {
    Affine: ("W", "b"),
    ScaleShift: ("gamma", "beta"),
    BatchNorm: ("gamma", "beta"),
    LayerNorm: ("gamma", "beta"),
}

# Nets


class Stack:
    """Layers under an attribute that has any name, one after another."""

    def __init__(self, where, held, order):
        setattr(self, where, held)
        self._order = order

    def _run(self, x):
        for get in self._order:
            x = _call(get(self), x)
        return x

    def backward(self, dout):
        for get in self._order[::-1]:
            dout = get(self).backward(dout)
        return dout


class Net(Stack):
    def forward(self, x):
        return self._run(x)


class CalledNet(Stack):
    def __call__(self, x):
        return self._run(x)


class LossNet(Net):
    """With params, loss(x, t) and gradient(x, t)."""

    def __init__(self, where, held, order, last, layer, params):
        super().__init__(where, held, order)
        self.params = params
        self._last = last
        setattr(self, last, layer)

    def predict(self, x):
        return self.forward(x)

    def loss(self, x, t):
        return _call(getattr(self, self._last), self.forward(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        self.backward(getattr(self, self._last).backward())
        grads = {}
        for i, get in enumerate(self._order):
            layer = get(self)
            for name in _names(layer):
                grads[f"{name}{i + 1}"] = layer.style.gradient(layer, name)
        return grads


class Get:
    """How to get a layer of a net; can be copied together with it."""

    def __init__(self, *path):
        self.path = path

    def __call__(self, net):
        for step in self.path:
            net = getattr(net, step[1:]) if str(step).startswith(".") else net[step]
        return net


def _names(layer):
    for kind, names in PARAMETERS.items():
        if isinstance(layer, kind):
            return names
    return ()


@dataclass
class Made:
    """A net, what it is called with, and the layers that there are, by their names."""

    net: Any
    inputs: tuple[Any, ...]
    names: list[str]
    story: str
    layer: str = ""

    def right(self, layer: str) -> bool:
        """Whether a report's name for a layer is the one with the mistake.

        Where a layer is within one that is called by a key, both have to be in the name.
        """
        outer, dot, inner = self.layer.rpartition(" (")[2].partition(".layers")
        if dot and outer in self.names:
            return outer in layer and f".layers{inner}" in layer
        return layer == self.layer


def make(seed: int, mistake: str = "") -> Made | None:  # noqa: C901
    """Make a net; with a mistake in one of its layers, or ``None`` if none of them can have it."""
    rng = np.random.default_rng(seed)
    dtype = np.float32 if rng.random() < 0.1 else np.float64
    batch, width = int(rng.integers(1, 8)), int(rng.integers(1, 7))
    style = Style(str(rng.choice(["chapter", "chapter", "grad_", "long", "dicts", "lists"])), "")
    method = "__call__" if style.names == "grad_" or rng.random() < 0.2 else "forward"
    x = rng.standard_normal((batch, width))
    if rng.random() < 0.1:
        x = np.maximum(np.round(x), 0)
    x = (x * 10.0 ** rng.choice([0, 0, 0, 0, -4, 3])).astype(dtype)

    makers = []
    for _ in range(int(rng.integers(1, 7))):
        maker, width = _layer(rng, batch, width, dtype, style)
        makers.append(maker)
    loss = [None, None, SoftmaxWithLoss, MeanSquares][rng.integers(4)]
    if loss is SoftmaxWithLoss and width < 2:
        loss = MeanSquares
    t = (
        rng.integers(0, width, batch)
        if loss is SoftmaxWithLoss
        else rng.standard_normal((batch, width)).astype(dtype)
    )

    # The mistake, into one of the kinds, of which the last may be the loss.
    kinds = [(kind, i, j) for i, maker in enumerate(makers) for j, kind in maker.kinds()]
    if loss:
        kinds.append((loss, "loss", None))
    at, wrong = None, None
    if mistake:
        for k in rng.permutation(len(kinds)):
            kind, i, j = kinds[k]
            wrong = MISTAKES[mistake](kind, np.random.default_rng(seed + 1))
            if wrong is not None:
                wrong.__name__ = kind.__name__
                at = i, j
                break
        if at is None:
            return None

    def kind_at(kind, i, j):
        return styled(wrong if at == (i, j) else kind, method)

    layers = [
        maker.build(lambda kind, j, i=i: kind_at(kind, i, j)) for i, maker in enumerate(makers)
    ]
    where, held, order, names = _container(rng, layers)
    story = f"seed {seed}: {names} {style.names} {method} {np.dtype(dtype).name} batch {batch}"
    if loss is None:
        net_class = CalledNet if rng.random() < 0.2 else Net
        net, inputs = net_class(where, held, order), (x,)
    else:
        last = str(rng.choice(["lastLayer", "last_layer", "loss_layer", "criterion"]))
        params = {
            f"{name}{i + 1}": layer.style.read(layer, name)
            for i, layer in enumerate(layers)
            for name in _names(layer)
        }
        if not params:
            return None
        loss_layer = kind_at(loss, "loss", None)(style)
        net = LossNet(where, held, order, last, loss_layer, params)
        inputs = x, t
        story += f" {loss.__name__}"
    layer = ""
    if at is not None:
        layer = f"{loss.__name__} ({last})" if at[0] == "loss" else _inner(names, layers, *at)
    return Made(net, inputs, names, f"{story} {mistake} in {layer}" if layer else story, layer)


@dataclass
class Maker:
    """A layer to be: its kind, its arguments, and for a shortcut the layers within."""

    kind: type
    style: Style
    params: dict[str, Any]
    inner: tuple["Maker", ...] = ()

    def kinds(self):
        own = [(None, self.kind)]
        return own + [(j, maker.kind) for j, maker in enumerate(self.inner)]

    def build(self, kind_of, j=None):
        if self.inner:
            layers = [
                m.build(lambda kind, _, k=k: kind_of(kind, k)) for k, m in enumerate(self.inner)
            ]
            return kind_of(self.kind, None)(self.style, layers)
        return kind_of(self.kind, j)(self.style, **self.params)


def _layer(rng, batch, width, dtype, style, depth=0):
    kinds = [Affine, Affine, Affine, ScaleShift, Relu, PrintedRelu, LeakyRelu, Sigmoid, Tanh,
             Softplus, Softmax, BatchNorm, LayerNorm, FixedDropout, Dropout, Identity,
             Residual]  # fmt: skip
    kind = kinds[rng.integers(len(kinds))]
    if (kind is BatchNorm and batch < 3) or (kind in {LayerNorm, Softmax} and width < 3):
        kind = Tanh
    if kind is Residual and depth:
        kind = ScaleShift
    params: dict[str, Any] = {}
    inner: tuple[Maker, ...] = ()
    if kind is Affine:
        out = width if depth or rng.random() < 0.4 else int(rng.integers(1, 7))
        W = rng.standard_normal((width, out)) / np.sqrt(width)
        params = {"W": W.astype(dtype), "b": (0.1 * rng.standard_normal(out)).astype(dtype)}
        width = out
    elif kind in PARAMETERS:
        params = {
            "gamma": (1 + 0.3 * rng.standard_normal(width)).astype(dtype),
            "beta": (0.1 * rng.standard_normal(width)).astype(dtype),
        }
    elif kind is FixedDropout:
        params = {"mask": rng.random((batch, width)) > 0.4}
    elif kind is Dropout:
        own = np.random.default_rng(int(rng.integers(1000)))
        params = {"rng": own if rng.random() < 0.5 else None}
    elif kind is Residual:
        inner = tuple(
            _layer(rng, batch, width, dtype, style, 1)[0] for _ in range(rng.integers(1, 4))
        )
    return Maker(kind, style, params, inner), width


def _container(rng, layers):
    """Put layers into a list, a tuple, a dict, blocks or attributes."""
    where = str(rng.choice(["layers", "layers", "net", "stack", "seq"]))
    kind = rng.choice(["list", "tuple", "dict", "ordered", "blocks", "attributes"])
    numbers = range(len(layers))
    if kind in {"dict", "ordered"}:
        keys = [f"{type(layer).__name__}{i + 1}" for i, layer in enumerate(layers)]
        held = (OrderedDict if kind == "ordered" else dict)(zip(keys, layers, strict=True))
        return where, held, [Get("." + where, key) for key in keys], keys
    if kind == "blocks":
        cut = int(rng.integers(0, len(layers) + 1))
        held = [tuple(layers[:cut]), layers[cut:]]
        paths = [(0, i) if i < cut else (1, i - cut) for i in numbers]
        order = [Get("." + where, *path) for path in paths]
        names = [
            f"{type(layers[i]).__name__} ({where}[{a}][{b}])" for i, (a, b) in enumerate(paths)
        ]
        return where, held, order, names
    if kind == "attributes":
        held = Bag()
        for i, layer in enumerate(layers):
            setattr(held, f"part{i}", layer)
        order = [Get("." + where, f".part{i}") for i in numbers]
        return (
            where,
            held,
            order,
            [f"{type(layers[i]).__name__} ({where}.part{i})" for i in numbers],
        )
    held = list(layers) if kind == "list" else tuple(layers)
    names = [f"{type(layers[i]).__name__} ({where}[{i}])" for i in numbers]
    return where, held, [Get("." + where, i) for i in numbers], names


class Bag:
    """A place for attributes."""


def _inner(names, layers, i, j):
    if j is None:
        return names[i]
    kind = type(layers[i].layers[j]).__name__
    _, _, path = names[i].partition(" (")
    return (
        f"{kind} ({path.rstrip(')')}.layers[{j}])" if path else f"{kind} ({names[i]}.layers[{j}])"
    )


# Whether a mistake makes a difference


def differs(one: Made, two: Made, *, late: bool = True) -> bool:
    """Whether two nets of the same numbers disagree: at once, or ``late``, with other numbers."""
    with np.errstate(all="ignore"):
        return _differ(one, two, late)


def _differ(one, two, late):
    a, b = copy.deepcopy((one.net, one.inputs)), copy.deepcopy((two.net, two.inputs))
    scales = (1.0, 0.8)
    for scale in scales:
        for _, inputs in (a, b):
            inputs[0][...] *= scale
        if _far(_gradients(*a), _gradients(*b)):
            return True
        if not np.array_equal(a[1][0], b[1][0]):
            return True
        if not late:
            return False
    for net, _ in (a, b):
        for get in net._order:
            _move(get(net))
    return _far(_gradients(*a), _gradients(*b))


def _move(layer):
    for name in _names(layer):
        layer.p(name)[...] *= 0.9
    for each in getattr(layer, "layers", ()):
        _move(each)


def _gradients(net, inputs):
    """Return all that a net says, by name, and its parameters after that."""
    np.random.seed(SEED)
    found = {}
    if isinstance(net, LossNet):
        found |= net.gradient(*inputs)
    else:
        y = _call(net, *inputs)
        found["y"] = np.array(y)
        dout = np.random.default_rng(4).standard_normal(y.shape).astype(y.dtype)
        found["x"] = net.backward(dout)
    layers = [(str(i), get(net)) for i, get in enumerate(net._order)]
    layers += [
        (f"{name}.{j}", each)
        for name, layer in layers
        for j, each in enumerate(getattr(layer, "layers", ()))
    ]
    for key, layer in layers:
        for name in _names(layer):
            found[f"{key}.{name}"] = layer.style.gradient(layer, name)
            found[f"{key}.{name} itself"] = layer.p(name)
    return copy.deepcopy(found)


def _far(a, b):
    for key, x in a.items():
        y = b[key]
        if x is None or y is None or np.shape(x) != np.shape(y):
            if (x is None) != (y is None) or np.shape(x) != np.shape(y):
                return True
            continue
        size = max(float(np.max(np.abs(y), initial=0)), 1e-6)
        if float(np.max(np.abs(np.asarray(x) - y), initial=0)) > 4e-4 * size:
            return True
    return False


# Trying


def healthy(seed: int) -> Made:
    """Make a healthy net."""
    made = None
    while made is None:
        made = make(seed)
        seed += 1_000_003
    return made


def planted(seed: int) -> Made:
    """Make a net with one mistake that makes a difference."""
    rng = np.random.default_rng(seed)
    while True:
        mistake = str(rng.choice(list(MISTAKES)))
        number = int(rng.integers(1 << 40))
        wrong, twin = make(number, mistake), make(number)
        if wrong is None or twin is None:
            continue
        try:
            if differs(wrong, twin, late=mistake in LATE):
                return wrong
        except (ValueError, TypeError, AttributeError):
            return wrong  # it raises, where the twin does not


@dataclass(frozen=True)
class Outcome:
    """What the check said about a net."""

    made: Made
    ok: bool
    placed: bool
    said: str


def tried(made: Made) -> Outcome:
    """Check a net, with the masks of dropout that the mistake was seen with."""
    np.random.seed(SEED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = bl.check(made.net, *made.inputs)
    except Exception as error:
        return Outcome(made, ok=False, placed=False, said=f"check raised {error!r:.200}")
    faults = report.faults
    placed = bool(faults) and all(made.right(fault.layer) for fault in faults)
    said = "; ".join(dict.fromkeys(f"{fault.layer} · {fault.tensor}" for fault in faults))
    return Outcome(made, ok=bool(report.ok), placed=placed, said=said or "ok")


def main() -> int:
    """Try as many as asked for, and print what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    start = time.perf_counter()
    failed = [one for one in map(tried, map(healthy, seeds)) if not one.ok]
    for one in failed:
        print("failed though healthy:", one.made.story, "→", one.said)
    middle = time.perf_counter()
    outcomes = [tried(planted(seed)) for seed in seeds]
    passed = [one for one in outcomes if one.ok]
    elsewhere = [one for one in outcomes if not one.ok and not one.placed]
    for one in passed:
        print("passed though wrong:", one.made.story)
    for one in elsewhere:
        print("blamed another layer:", one.made.story, "→", one.said)
    end = time.perf_counter()
    n = max(len(seeds), 1)
    print(f"{n - len(failed)} of {n} healthy nets passed, {(middle - start) / n:.3f} s each")
    print(f"{n - len(passed)} of {n} planted mistakes found, {(end - middle) / n:.3f} s each")
    print(f"{n - len(passed) - len(elsewhere)} of {n} placed right")
    return int(bool(failed or passed) or len(elsewhere) > 0.01 * n)


if __name__ == "__main__":
    sys.exit(main())
