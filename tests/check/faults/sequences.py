"""Embeddings, recurrent cells and attention."""

import numpy as np
from check.faults.case import Family, normal

family = Family("sequences")
wrong, right = family.wrong, family.right


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@wrong("Embedding", ("W", "params[0]"), "dropped_use", "element", "unknown")
def a_word_that_occurs_twice_counts_once():
    class Embedding:
        def __init__(self, W):
            self.params = [W]
            self.grads = [np.zeros_like(W)]
            self.idx = None

        def forward(self, idx):
            (W,) = self.params
            self.idx = idx
            return W[idx]

        def backward(self, dout):
            (dW,) = self.grads
            dW[...] = 0
            dW[self.idx] = dout

    return Embedding(normal(1, 6, 3)), (np.array([1, 4, 1, 0, 4, 1]),), {}


@wrong("Embedding", ("table", "W"), "dropped_use", "element", "unknown")
def plus_equals_by_index_counts_once_too():
    class Embedding:
        def __init__(self, table):
            self.table = table

        def __call__(self, words):
            self.words = words
            return self.table[words]

        def backward(self, d):
            self.dtable = np.zeros_like(self.table)
            self.dtable[self.words] += d

    return Embedding(normal(2, 5, 2)), (np.array([[0, 3], [3, 3], [2, 0]]),), {}


@wrong("Embedding", "W", "backward_twice")
def the_embedding_is_never_cleared():
    class Embedding:
        def __init__(self, W):
            self.W = W
            self.dW = np.zeros_like(W)

        def forward(self, idx):
            self.idx = idx
            return self.W[idx]

        def backward(self, dout):
            np.add.at(self.dW, self.idx, dout)

    return Embedding(normal(3, 6, 3)), (np.array([1, 4, 1, 0]),), {}


class RNN:
    """A whole sequence (N, T, D), the state carried along."""

    def __init__(self, Wx, Wh, b):
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, xs):
        n, steps, _ = xs.shape
        h = np.zeros((n, self.Wh.shape[0]))
        self.xs, self.hs = xs, [h]
        for t in range(steps):
            h = np.tanh(xs[:, t] @ self.Wx + h @ self.Wh + self.b)
            self.hs.append(h)
        return np.stack(self.hs[1:], axis=1)

    def backward(self, dhs):
        self.clear()
        dxs = np.zeros_like(self.xs)
        dh = np.zeros_like(self.hs[0])
        for t in reversed(range(dhs.shape[1])):
            da = (dhs[:, t] + dh) * (1 - self.hs[t + 1] ** 2)
            self.step(t, da)
            dxs[:, t] = da @ self.Wx.T
            dh = da @ self.Wh.T
        return dxs

    def clear(self):
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        self.db = np.zeros_like(self.b)

    def step(self, t, da):
        self.dWx += self.xs[:, t].T @ da
        self.dWh += self.hs[t].T @ da
        self.db += da.sum(axis=0)


def rnn_of(kind, seed):
    layer = kind(0.5 * normal(seed, 3, 4), 0.5 * normal(seed + 1, 4, 4), 0.1 * normal(seed + 2, 4))
    return layer, (normal(seed + 3, 2, 5, 3),), {}


@wrong("RNN", ("Wx", "Wh", "b"), "dropped_use")
def only_the_first_step_s_weights_are_counted():
    class MyRNN(RNN):
        """= for +=."""

        def step(self, t, da):
            self.dWx = self.xs[:, t].T @ da
            self.dWh = self.hs[t].T @ da
            self.db = da.sum(axis=0)

    return rnn_of(MyRNN, 10)


@wrong("RNN", ("xs", "Wx", "Wh", "b"), "dropped_use")
def the_gradient_does_not_go_back_in_time():
    class TruncatedRNN(RNN):
        def backward(self, dhs):
            self.clear()
            dxs = np.zeros_like(self.xs)
            for t in reversed(range(dhs.shape[1])):
                da = dhs[:, t] * (1 - self.hs[t + 1] ** 2)
                self.step(t, da)
                dxs[:, t] = da @ self.Wx.T
            return dxs

    return rnn_of(TruncatedRNN, 20)


@wrong("RNN", ("Wh", "xs"), "wrong_order", "dropped_use", "unknown")
def the_state_of_after_the_step_for_the_one_before():
    class OffByOneRNN(RNN):
        def step(self, t, da):
            self.dWx += self.xs[:, t].T @ da
            self.dWh += self.hs[t + 1].T @ da
            self.db += da.sum(axis=0)

    return rnn_of(OffByOneRNN, 30)


@wrong("RNNCell", ("Wh", "h_prev"), "transposed")
def the_recurrent_weights_are_turned():
    class RNNCell:
        def __init__(self, Wx, Wh, b):
            self.Wx, self.Wh, self.b = Wx, Wh, b

        def forward(self, x, h_prev):
            self.x, self.h_prev = x, h_prev
            self.h = np.tanh(x @ self.Wx + h_prev @ self.Wh + self.b)
            return self.h

        def backward(self, dh):
            da = dh * (1 - self.h**2)
            self.dWx = self.x.T @ da
            self.dWh = da.T @ self.h_prev
            self.db = da.sum(axis=0)
            return da @ self.Wx.T, da @ self.Wh.T

    cell = RNNCell(normal(40, 3, 4), 0.5 * normal(41, 4, 4), np.zeros(4))
    return cell, (normal(42, 2, 3), normal(43, 2, 4)), {}


@wrong("GRUGate", ("h", "z"), "dropped_use")
def the_gate_s_second_use_is_forgotten():
    class GRUGate:
        """(1 − z)·h + z·c."""

        def forward(self, h, c, z):
            self.h, self.c, self.z = h, c, z
            return (1 - z) * h + z * c

        def backward(self, dout):
            dh = dout * (1 - self.z)
            dc = dout * self.z
            dz = dout * self.c
            return dh, dc, dz

    return GRUGate(), (normal(44, 3, 4), normal(45, 3, 4), normal(46, 3, 4)), {}


class Attention:
    """Of one head, with queries, keys and values given."""

    def forward(self, q, k, v):
        self.q, self.k, self.v = q, k, v
        self.scale = 1 / np.sqrt(q.shape[-1])
        self.a = softmax(q @ k.transpose(0, 2, 1) * self.scale)
        return self.a @ v

    def scores(self, da):
        return self.a * (da - np.sum(da * self.a, axis=-1, keepdims=True))

    def backward(self, dout):
        da = dout @ self.v.transpose(0, 2, 1)
        dv = self.a.transpose(0, 2, 1) @ dout
        ds = self.scores(da) * self.scale
        return ds @ self.k, ds.transpose(0, 2, 1) @ self.q, dv


def attended(kind, seed):
    return kind(), (normal(seed, 2, 3, 4), normal(seed + 1, 2, 3, 4), normal(seed + 2, 2, 3, 4)), {}


@wrong("Attention", ("q", "k"), "factor")
def the_root_of_d_is_only_in_forward():
    class MyAttention(Attention):
        def backward(self, dout):
            da = dout @ self.v.transpose(0, 2, 1)
            ds = self.scores(da)
            dv = self.a.transpose(0, 2, 1) @ dout
            return ds @ self.k, ds.transpose(0, 2, 1) @ self.q, dv

    return attended(MyAttention, 50)


@wrong("Attention", ("q", "k"), "wrong_axis", "softmax_axis")
def the_sum_in_the_softmax_s_gradient_goes_over_the_queries():
    class WrongAttention(Attention):
        def scores(self, da):
            return self.a * (da - np.sum(da * self.a, axis=1, keepdims=True))

    return attended(WrongAttention, 60)


@wrong("Attention", "v", "transposed", "unknown")
def the_values_are_weighted_by_rows():
    class PlainAttention(Attention):
        def backward(self, dout):
            dq, dk, _ = super().backward(dout)
            return dq, dk, self.a @ dout

    return attended(PlainAttention, 70)


@wrong("SelfAttention", "x", "dropped_use")
def one_of_three_uses_of_x_is_missing():
    class SelfAttention:
        def __init__(self):
            self.inner = Attention()

        def forward(self, x):
            return self.inner.forward(x, x, x)

        def backward(self, dout):
            dq, dk, _ = self.inner.backward(dout)
            return dq + dk

    return SelfAttention(), (normal(80, 2, 3, 4),), {}


# Healthy


@right()
def an_embedding_with_repeated_words():
    class Embedding:
        def __init__(self, W):
            self.params = [W]
            self.grads = [np.zeros_like(W)]

        def forward(self, idx):
            self.idx = idx
            return self.params[0][idx]

        def backward(self, dout):
            dW = self.grads[0]
            dW[...] = 0
            np.add.at(dW, self.idx, dout)

    return Embedding(normal(101, 6, 3)), (np.array([1, 4, 1, 0, 4, 1]),), {}


@right()
def a_recurrent_net_through_time():
    return rnn_of(RNN, 110)


@right()
def attention_with_three_inputs():
    return attended(Attention, 120)


@right()
def all_three_uses_of_x_are_counted():
    class SelfAttention:
        def __init__(self):
            self.inner = Attention()

        def forward(self, x):
            return self.inner.forward(x, x, x)

        def backward(self, dout):
            dq, dk, dv = self.inner.backward(dout)
            return dq + dk + dv

    return SelfAttention(), (normal(130, 2, 3, 4),), {}


@right()
def a_cell_with_two_states():
    class LSTMCell:
        def __init__(self, Wx, Wh, b):
            self.Wx, self.Wh, self.b = Wx, Wh, b
            self.grads = {}

        def forward(self, x, h, c):
            a = x @ self.Wx + h @ self.Wh + self.b
            f, g, i, o = np.split(a, 4, axis=1)
            f, i, o = (1 / (1 + np.exp(-u)) for u in (f, i, o))
            g = np.tanh(g)
            c_next = f * c + g * i
            self.saved = (x, h, c, f, g, i, o, np.tanh(c_next))
            return o * self.saved[-1], c_next

        def backward(self, dh, dc):
            x, h, c, f, g, i, o, t = self.saved
            ds = dc + dh * o * (1 - t**2)
            da = np.hstack(
                (
                    ds * c * f * (1 - f),
                    ds * i * (1 - g**2),
                    ds * g * i * (1 - i),
                    dh * t * o * (1 - o),
                )
            )
            self.dWx, self.dWh, self.db = x.T @ da, h.T @ da, da.sum(axis=0)
            return da @ self.Wx.T, da @ self.Wh.T, ds * f

    cell = LSTMCell(0.5 * normal(140, 3, 8), 0.5 * normal(141, 2, 8), np.zeros(8))
    return cell, (normal(142, 4, 3), normal(143, 4, 2), normal(144, 4, 2)), {}


CASES = family.cases
