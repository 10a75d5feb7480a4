"""Blocks of larger nets (attention, a gated cell, tied weights, pooling), right and wrong."""

import numpy as np
from check.faults.case import Family, normal

family = Family("blocks")
wrong, right = family.wrong, family.right


def logistic(v):
    return 1 / (1 + np.exp(-v))


class Attention:
    """One head over one sequence; ``turned`` gives the keys dz·q in the place of dzᵀ·q."""

    def __init__(self, Wq, Wk, Wv, *, turned=False):
        self.Wq, self.Wk, self.Wv, self.turned = Wq, Wk, Wv, turned

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        self.scale = 1 / np.sqrt(self.q.shape[1])
        z = self.q @ self.k.T * self.scale
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.a = e / e.sum(axis=1, keepdims=True)
        return self.a @ self.v

    def backward(self, dout):
        da, dv = dout @ self.v.T, self.a.T @ dout
        dz = self.a * (da - (da * self.a).sum(axis=1, keepdims=True)) * self.scale
        dq, dk = dz @ self.k, (dz if self.turned else dz.T) @ self.q
        self.dWq, self.dWk, self.dWv = self.x.T @ dq, self.x.T @ dk, self.x.T @ dv
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


class GatedCell:
    """A step of a cell that keeps a part of its state; or ``forgets`` the way through that."""

    def __init__(self, Wz, Wh, Uz, Uh, *, forgets=False):
        self.Wz, self.Wh, self.Uz, self.Uh, self.forgets = Wz, Wh, Uz, Uh, forgets

    def forward(self, x, h):
        self.x, self.h = x, h
        self.z = logistic(x @ self.Wz + h @ self.Uz)
        self.c = np.tanh(x @ self.Wh + h @ self.Uh)
        return (1 - self.z) * h + self.z * self.c

    def backward(self, dout):
        dz = dout * (self.c - self.h) * self.z * (1 - self.z)
        dc = dout * self.z * (1 - self.c**2)
        self.dWz, self.dUz = self.x.T @ dz, self.h.T @ dz
        self.dWh, self.dUh = self.x.T @ dc, self.h.T @ dc
        dh = dz @ self.Uz.T + dc @ self.Uh.T
        if not self.forgets:
            dh += dout * (1 - self.z)
        return dz @ self.Wz.T + dc @ self.Wh.T, dh


class Tied:
    """An autoencoder whose decoder is its encoder, transposed; ``half`` counts one use of both."""

    def __init__(self, W, *, half=False):
        self.W, self.half = W, half

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W)
        return self.h @ self.W.T

    def backward(self, dout):
        da = dout @ self.W * (1 - self.h**2)
        self.dW = self.x.T @ da
        if not self.half:
            self.dW += dout.T @ self.h
        return da @ self.W.T


class MaxPool:
    """The largest of each 2 × 2; ``left`` leaves the windows in the order they were taken in."""

    def __init__(self, *, left=False):
        self.left = left

    def forward(self, x):
        n, c, h, w = self.shape = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        self.inner = windows.shape
        rows = windows.reshape(-1, 4)
        self.largest = rows.argmax(axis=1)
        return rows.max(axis=1).reshape(n, c, h // 2, w // 2)

    def backward(self, dout):
        rows = np.zeros((dout.size, 4))
        rows[np.arange(dout.size), self.largest] = dout.ravel()
        if self.left:
            return rows.reshape(self.shape)
        return rows.reshape(self.inner).transpose(0, 1, 2, 4, 3, 5).reshape(self.shape)


class PointwiseConv:
    def __init__(self, W, *, over=1):
        self.W, self.over = W, over

    def forward(self, x):
        self.x = x
        return np.einsum("nchw,fc->nfhw", x, self.W)

    def backward(self, dout):
        self.dW = np.einsum("nfhw,nchw->fc", dout, self.x) / self.over
        return np.einsum("nfhw,fc->nchw", dout, self.W)


def attention(**options):
    return Attention(normal(1, 4, 3), normal(2, 4, 3), normal(3, 4, 3), **options), normal(4, 5, 4)


def cell(**options):
    weights = normal(5, 3, 4), normal(6, 3, 4), normal(7, 4, 4), normal(8, 4, 4)
    return GatedCell(*weights, **options), normal(9, 2, 3), normal(10, 2, 4)


@wrong("Attention", ("Wk", "x"), "transposed", "unknown", "wrong_order")
def the_scores_are_not_turned_for_the_keys():
    layer, *inputs = attention(turned=True)
    return layer, tuple(inputs), {}


@wrong("GatedCell", "h", "dropped_use")
def the_state_that_is_kept_has_no_way_back():
    layer, *inputs = cell(forgets=True)
    return layer, tuple(inputs), {}


@wrong("Tied", "W", "dropped_use")
def the_decoder_s_use_of_tied_weights_is_missing():
    return Tied(normal(11, 4, 3), half=True), (normal(12, 5, 4),), {}


@wrong("MaxPool", "x", "transposed", "wrong_order", "unknown")
def the_pooled_windows_are_not_put_back():
    return MaxPool(left=True), (normal(13, 2, 2, 4, 4),), {}


@wrong("PointwiseConv", "W", "mean_for_sum", "factor")
def the_kernel_s_gradient_is_a_mean_over_the_height():
    return PointwiseConv(normal(14, 3, 2), over=5), (normal(15, 2, 2, 5, 5),), {}


@wrong("LayerNorm", "x", "dropped_use")
def the_variance_is_taken_for_a_constant():
    class LayerNorm:
        def __init__(self, gain, shift):
            self.gain, self.shift = gain, shift

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
            self.xn = (x - x.mean(axis=1, keepdims=True)) / self.std
            return self.gain * self.xn + self.shift

        def backward(self, dout):
            self.dgain, self.dshift = (dout * self.xn).sum(axis=0), dout.sum(axis=0)
            dn = dout * self.gain
            return (dn - dn.mean(axis=1, keepdims=True)) / self.std

    return LayerNorm(normal(16, 4), normal(17, 4)), (normal(18, 5, 4),), {}


@wrong("BatchNorm", "x", "stale_state", "dropped_use")
def the_running_variance_in_training():
    class BatchNorm:
        def __init__(self, gain, shift):
            self.gain, self.shift = gain, shift
            self.running = np.ones(len(gain))

        def forward(self, x):
            variance = x.var(axis=0)
            self.running = 0.9 * self.running + 0.1 * variance
            self.xn = (x - x.mean(axis=0)) / np.sqrt(variance + 1e-5)
            return self.gain * self.xn + self.shift

        def backward(self, dout):
            self.dgain, self.dshift = (dout * self.xn).sum(axis=0), dout.sum(axis=0)
            return dout * self.gain / np.sqrt(self.running + 1e-5)

    return BatchNorm(normal(19, 4), normal(20, 4)), (normal(21, 5, 4),), {}


@wrong("Clipped", "W", "factor", "element", "unknown")
def the_gradient_is_clipped_in_the_layer():
    class Clipped:
        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x
            return x @ self.W

        def backward(self, dout):
            self.dW = np.clip(self.x.T @ dout, -1, 1)
            return dout @ self.W.T

    return Clipped(normal(22, 4, 3)), (normal(23, 5, 4),), {}


@right()
def an_attention_head():
    layer, *inputs = attention()
    return layer, tuple(inputs), {}


@right()
def a_gated_cell():
    layer, *inputs = cell()
    return layer, tuple(inputs), {}


@right()
def an_autoencoder_with_tied_weights():
    return Tied(normal(25, 4, 3)), (normal(26, 5, 4),), {}


@right()
def pooling_by_windows():
    return MaxPool(), (normal(27, 2, 2, 4, 4),), {}


@right()
def a_pointwise_convolution():
    return PointwiseConv(normal(28, 3, 2)), (normal(29, 2, 2, 5, 5),), {}


@right()
def a_ripple_finer_than_the_first_steps():
    class Ripple:
        def forward(self, x):
            self.x = x
            return x**2 + 1e-3 * np.sin(300 * x)

        def backward(self, dout):
            return dout * (2 * self.x + 0.3 * np.cos(300 * self.x))

    return Ripple(), (0.5 * normal(30, 300),), {}


@right()
def single_precision_on_the_way():
    class Single:
        """Multiplied in single precision, and returned in double."""

        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x
            return (x.astype(np.float32) @ self.W.astype(np.float32)) * np.float64(0.3)

        def backward(self, dout):
            self.dW = 0.3 * (self.x.T @ dout)
            return 0.3 * (dout @ self.W.T)

    return Single(normal(31, 4, 3).astype(np.float32)), (normal(32, 5, 4).astype(np.float32),), {}


CASES = family.cases
