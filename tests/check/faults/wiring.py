"""Whole nets: healthy layers wired wrongly, and one wrong layer among healthy ones."""

from collections import OrderedDict
from itertools import pairwise

import numpy as np
from check.faults.case import Family, classes, normal, one_hot

family = Family("wiring", style="net")
wrong, right = family.wrong, family.right


def softmax(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def cross_entropy_error(y, t):
    if t.size == y.size:
        t = t.argmax(axis=1)
    batch_size = y.shape[0]
    return -np.sum(np.log(y[np.arange(batch_size), t] + 1e-7)) / batch_size


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout
        return dx  # noqa: RET504


class Sigmoid:
    def __init__(self):
        self.out = None

    def forward(self, x):
        out = 1 / (1 + np.exp(-x))
        self.out = out
        return out

    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y**2)


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class SoftmaxWithLoss:
    """As printed: dout is not used."""

    def __init__(self):
        self.loss = None
        self.y = None
        self.t = None

    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        if self.t.size == self.y.size:
            return (self.y - self.t) / batch_size
        dx = self.y.copy()
        dx[np.arange(batch_size), self.t] -= 1
        return dx / batch_size


class TwoLayerNet:
    """The chapter's net, whose layers can be exchanged."""

    affine, activation, last = Affine, Relu, SoftmaxWithLoss

    def __init__(self, input_size, hidden_size, output_size, seed=0):
        self.params = {}
        self.params["W1"] = 0.5 * normal(seed, input_size, hidden_size)
        self.params["b1"] = 0.1 * normal(seed + 1, hidden_size)
        self.params["W2"] = 0.5 * normal(seed + 2, hidden_size, output_size)
        self.params["b2"] = 0.1 * normal(seed + 3, output_size)
        self.layers = OrderedDict()
        self.layers["Affine1"] = self.affine(self.params["W1"], self.params["b1"])
        self.layers["Act1"] = self.activation()
        self.layers["Affine2"] = self.affine(self.params["W2"], self.params["b2"])
        self.lastLayer = self.last()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        y = self.predict(x)
        return self.lastLayer.forward(y, t)

    def accuracy(self, x, t):
        y = np.argmax(self.predict(x), axis=1)
        return np.mean(y == (t if t.ndim == 1 else np.argmax(t, axis=1)))

    def backward(self):
        dout = self.lastLayer.backward(1)
        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)

    def gradient(self, x, t):
        self.loss(x, t)
        self.backward()
        return {
            "W1": self.layers["Affine1"].dW,
            "b1": self.layers["Affine1"].db,
            "W2": self.layers["Affine2"].dW,
            "b2": self.layers["Affine2"].db,
        }


DATA = normal(1, 7, 4), classes(2, 7, 3)


# One wrong layer


@wrong("lastLayer", None, "softmax_axis", "wrong_axis")
def one_wrong_softmax_axis_shows_in_all_parameters():
    class BatchSoftmaxWithLoss(SoftmaxWithLoss):
        def forward(self, x, t):
            self.t = t
            e = np.exp(x - np.max(x, axis=0))
            self.y = e / np.sum(e, axis=0)
            self.loss = cross_entropy_error(self.y, self.t)
            return self.loss

    class Net(TwoLayerNet):
        last = BatchSoftmaxWithLoss

    return Net(4, 5, 3), DATA, {}


@wrong("Act1", "x", "mask_reversed")
def the_relu_s_mask_is_reversed():
    class ReversedRelu(Relu):
        def backward(self, dout):
            dx = dout.copy()
            dx[~self.mask] = 0
            return dx

    class Net(TwoLayerNet):
        activation = ReversedRelu

    return Net(4, 5, 3), DATA, {}


@wrong("Affine1", ("W", "W1", "b", "b1"), "dout_ignored", "unknown", "batch_size", "not_summed")
def only_the_first_affine_is_wrong():
    class FrozenAffine(Affine):
        def backward(self, dout):
            dx = np.dot(dout, self.W.T)
            ones = np.ones_like(dout)
            self.dW = np.dot(self.x.T, ones)
            self.db = np.sum(ones, axis=0)
            return dx

    class Net(TwoLayerNet):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.layers["Affine1"] = FrozenAffine(self.params["W1"], self.params["b1"])

    return Net(4, 5, 3), DATA, {}


@wrong("lastLayer", None, "batch_size")
def every_gradient_is_n_times_too_large():
    class Loss(SoftmaxWithLoss):
        def backward(self, dout=1):
            dx = self.y.copy()
            dx[np.arange(len(dx)), self.t] -= 1
            return dx

    class Net(TwoLayerNet):
        last = Loss

    return Net(4, 5, 3), DATA, {}


@wrong("layers[5]", "x", "local_derivative", "derivative_at_output", "derivative_at_input")
def the_third_of_four_activations():  # noqa: C901
    class Dense:
        """Activations are told apart by name; one of them is wrong."""

        def __init__(self, W, b, activation):
            self.W, self.b, self.activation = W, b, activation

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
            return dout @ self.W.T

    class Activation:
        def __init__(self, name):
            self.name = name

        def forward(self, x):
            self.x = x
            return {"tanh": np.tanh, "sin": np.sin, "softplus": lambda x: np.log1p(np.exp(x))}[
                self.name
            ](x)

        def backward(self, dout):
            if self.name == "tanh":
                return dout * (1 - np.tanh(self.x) ** 2)
            if self.name == "sin":
                return dout * np.cos(self.x)
            return dout * np.exp(self.x)

    class DeepNet:
        def __init__(self, sizes, names):
            self.layers = []
            for i, name in enumerate(names):
                W = normal(10 + i, sizes[i], sizes[i + 1]) / np.sqrt(sizes[i])
                self.layers.append(Dense(W, np.zeros(sizes[i + 1]), name))
                self.layers.append(Activation(name))

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in self.layers[::-1]:
                dout = layer.backward(dout)
            return dout

    names = ("tanh", "sin", "softplus", "tanh")
    return DeepNet((3, 4, 5, 4, 2), names), (normal(15, 6, 3),), {}


@wrong("layers[6]", ("b", "params[1]"), "batch_size", "mean_for_sum")
def one_of_six_similar_layers():  # noqa: C901
    class Linear:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
            return dout @ self.W.T

    class OldLinear(Linear):
        def backward(self, dout):
            dx = super().backward(dout)
            self.db = dout.mean(axis=0)
            return dx

    class Net:
        def __init__(self, n):
            kinds = [Linear, Linear, Linear, OldLinear, Linear, Linear]
            self.layers = ()
            for i, kind in enumerate(kinds):
                self.layers += (kind(normal(20 + i, n, n) / 2, np.zeros(n)), Tanh())

        def __call__(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in reversed(self.layers):
                dout = layer.backward(dout)
            return dout

    return Net(4), (normal(27, 5, 4),), {}


@wrong("blocks[1].layers[0]", ("W", "x"), "transposed")
def inside_the_second_of_three_blocks():  # noqa: C901
    class Linear(Affine):
        def __init__(self, W, b, *, tied=False):
            super().__init__(W, b)
            self.tied = tied

        def forward(self, x):
            self.x = x
            return x @ (self.W.T if self.tied else self.W) + self.b

    class Block:
        def __init__(self, seed, *, tied):
            self.layers = [Linear(normal(seed, 4, 4) / 2, np.zeros(4), tied=tied), Tanh()]

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in reversed(self.layers):
                dout = layer.backward(dout)
            return dout

    class Net:
        def __init__(self):
            self.blocks = [Block(30 + i, tied=i == 1) for i in range(3)]

        def forward(self, x):
            for block in self.blocks:
                x = block.forward(x)
            return x

        def backward(self, dout):
            for block in reversed(self.blocks):
                dout = block.backward(dout)
            return dout

    return Net(), (normal(33, 5, 4),), {}


# Wrong wires


@wrong("Net", None, "wrong_order")
def the_layers_are_not_reversed():
    class Net(TwoLayerNet):
        """Square layers, so that nothing complains."""

        def backward(self):
            dout = self.lastLayer.backward(1)
            for layer in self.layers.values():
                dout = layer.backward(dout)

    return Net(4, 4, 4), (normal(41, 6, 4), classes(42, 6, 4)), {}


@wrong("Net", ("W1", "b1"), "wrong_order", "missing")
def the_activation_is_skipped_on_the_way_back():
    class Net(TwoLayerNet):
        activation = Sigmoid

        def backward(self):
            dout = self.lastLayer.backward(1)
            dout = self.layers["Affine2"].backward(dout)
            self.layers["Affine1"].backward(dout)

    return Net(4, 5, 3), DATA, {}


@wrong("Net", ("W1", "b1", "W2", "b2"), "swapped_inputs", "wrong_order")
def the_gradients_are_read_from_the_other_layer():
    class Net(TwoLayerNet):
        def gradient(self, x, t):
            grads = super().gradient(x, t)
            grads["W1"], grads["W2"] = self.layers["Affine2"].dW, self.layers["Affine1"].dW
            return grads

    return Net(4, 4, 4), (normal(43, 6, 4), classes(44, 6, 4)), {}


@wrong("Net", "b1", "swapped_inputs", "wrong_order", "unknown", "wrong_shape")
def a_line_copied_and_half_changed():
    class Net(TwoLayerNet):
        def gradient(self, x, t):
            grads = super().gradient(x, t)
            grads["b1"] = self.layers["Affine2"].db
            return grads

    return Net(4, 3, 3), DATA, {}


@wrong("ResidualNet", None, "dropped_use")
def the_shortcut_has_no_way_back():
    class ResidualNet:
        def __init__(self):
            self.fc1 = Affine(normal(51, 3, 4), np.zeros(4))
            self.act = Tanh()
            self.fc2 = Affine(normal(52, 4, 4) / 2, np.zeros(4))

        def forward(self, x):
            h = self.fc1.forward(x)
            return h + self.fc2.forward(self.act.forward(h))

        def backward(self, dout):
            d = self.act.backward(self.fc2.backward(dout))
            return self.fc1.backward(d)

    return ResidualNet(), (normal(53, 5, 3),), {}


@wrong("AutoEncoder", "W", "dropped_use")
def tied_weights_learn_from_the_decoder_only():
    class AutoEncoder:
        def __init__(self):
            self.params = {"W": normal(54, 5, 3) / 2, "b": np.zeros(3), "c": np.zeros(5)}

        def loss(self, x, t):
            W = self.params["W"]
            self.h = np.tanh(x @ W + self.params["b"])
            self.out = self.h @ W.T + self.params["c"]
            return 0.5 * np.sum((self.out - t) ** 2) / len(x)

        def gradient(self, x, t):
            self.loss(x, t)
            d = (self.out - t) / len(x)
            da = d @ self.params["W"] * (1 - self.h**2)
            return {"W": d.T @ self.h, "b": da.sum(axis=0), "c": d.sum(axis=0)}

    x = normal(55, 6, 5)
    return AutoEncoder(), (x, x.copy()), {}


@wrong("Net", ("W1", "W2"), "missing", "dropped_use", "unknown", "factor")
def weight_decay_in_the_loss_and_not_in_the_gradient():
    class Net(TwoLayerNet):
        def loss(self, x, t):
            decay = sum(np.sum(self.params[k] ** 2) for k in ("W1", "W2"))
            return super().loss(x, t) + 0.5 * 0.1 * decay

    return Net(4, 5, 3), DATA, {}


@wrong("Net", ("W1", "W2"), "factor", "dropped_use", "unknown", "element")
def the_half_of_the_weight_decay_is_forgotten():
    class Net(TwoLayerNet):
        def loss(self, x, t):
            decay = sum(np.sum(self.params[k] ** 2) for k in ("W1", "W2"))
            return super().loss(x, t) + 0.1 * decay

        def gradient(self, x, t):
            grads = super().gradient(x, t)
            for k in ("W1", "W2"):
                grads[k] = grads[k] + 0.1 * self.params[k]
            return grads

    return Net(4, 5, 3), DATA, {}


@wrong("MultiTask", None, "dropped_use", "wrong_order")
def the_second_head_s_gradient_replaces_the_first_s():
    class MultiTask:
        def __init__(self):
            self.trunk = Affine(normal(61, 4, 3), np.zeros(3))
            self.act = Tanh()
            self.head_a = Affine(normal(62, 3, 2), np.zeros(2))
            self.head_b = Affine(normal(63, 3, 2), np.zeros(2))

        def forward(self, x):
            h = self.act.forward(self.trunk.forward(x))
            return self.head_a.forward(h), self.head_b.forward(h)

        def backward(self, da, db):
            dh = self.head_a.backward(da)
            dh = self.head_b.backward(db)
            return self.trunk.backward(self.act.backward(dh))

    return MultiTask(), (normal(64, 5, 4),), {}


@wrong("TwoLayerNet", ("W1", "b1"), "wrong_order", "missing", "dropped_use")
def the_loop_stops_before_the_first_layer():
    class MyTwoLayerNet(TwoLayerNet):
        """layers[:0:-1] leaves out number 0."""

        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.layers["Affine1"].dW = np.zeros_like(self.params["W1"])
            self.layers["Affine1"].db = np.zeros_like(self.params["b1"])

        def backward(self):
            dout = self.lastLayer.backward(1)
            for layer in list(self.layers.values())[:0:-1]:
                dout = layer.backward(dout)

    return MyTwoLayerNet(4, 5, 3), DATA, {}


@wrong("Net", "b2", "missing")
def one_gradient_is_left_out_of_the_dict():
    class Net(TwoLayerNet):
        def gradient(self, x, t):
            grads = super().gradient(x, t)
            del grads["b2"]
            return grads

    return Net(4, 5, 3), DATA, {}


@wrong("Net", None, "stale_state", "wrong_order")
def gradient_forgets_to_run_forward():
    class Net(TwoLayerNet):
        """What it says belongs to the last batch whose loss was asked for."""

        def gradient(self, x, t):
            if self.lastLayer.loss is None:
                self.loss(x, t)
            self.backward()
            return {
                "W1": self.layers["Affine1"].dW,
                "b1": self.layers["Affine1"].db,
                "W2": self.layers["Affine2"].dW,
                "b2": self.layers["Affine2"].db,
            }

    return Net(4, 5, 3), DATA, {}


@wrong("Net", None, "softmax_twice", "wrong_order")
def predict_has_a_softmax_and_the_loss_another():
    class Net(TwoLayerNet):
        def predict(self, x):
            return softmax(super().predict(x))

    return Net(4, 5, 3), DATA, {}


@wrong(("Net", "lastLayer"), None, "dout_ignored", "factor")
def a_loss_of_two_terms_and_a_layer_that_ignores_dout():
    class Net(TwoLayerNet):
        """Half of the loss is asked for; the printed loss layer does not listen."""

        def loss(self, x, t):
            return 0.5 * super().loss(x, t)

        def backward(self):
            dout = self.lastLayer.backward(0.5)
            for layer in reversed(self.layers.values()):
                dout = layer.backward(dout)

    return Net(4, 5, 3), DATA, {}


# Healthy


@right()
def the_chapters_two_layer_net():
    return TwoLayerNet(4, 5, 3), DATA, {}


@right()
def with_one_hot_labels():
    return TwoLayerNet(4, 5, 3), (DATA[0], one_hot(DATA[1], 3)), {}


@right()
def of_the_size_of_mnist():
    net = TwoLayerNet(784, 50, 10)
    for key in ("W1", "W2"):
        net.params[key] *= 0.05
    return net, (np.abs(normal(71, 20, 784)), classes(72, 20, 10)), {}


@right()
def with_dead_pixels_and_dead_units():
    net = TwoLayerNet(4, 5, 3)
    net.params["b1"][2] = -50.0
    x = np.maximum(DATA[0], 0)
    x[:, 1] = 0
    return net, (x, DATA[1]), {}


@right()
def in_float32():
    class Net(TwoLayerNet):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            for key in self.params:
                self.params[key] = self.params[key].astype(np.float32)
            p = self.params
            self.layers["Affine1"] = Affine(p["W1"], p["b1"])
            self.layers["Affine2"] = Affine(p["W2"], p["b2"])

    return Net(4, 5, 3), (DATA[0].astype(np.float32), DATA[1]), {}


@right()
def weight_decay_in_both():
    class Net(TwoLayerNet):
        def loss(self, x, t):
            decay = sum(np.sum(self.params[k] ** 2) for k in ("W1", "W2"))
            return super().loss(x, t) + 0.5 * 0.1 * decay

        def gradient(self, x, t):
            grads = super().gradient(x, t)
            for k in ("W1", "W2"):
                grads[k] += 0.1 * self.params[k]
            return grads

    return Net(4, 5, 3), DATA, {}


@right()
def more_gradients_than_parameters():
    class Net(TwoLayerNet):
        def gradient(self, x, t):
            grads = super().gradient(x, t)
            grads["norm"] = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
            grads["x"] = None
            return grads

    return Net(4, 5, 3), DATA, {}


@right()
def a_net_with_a_shortcut():
    class ResidualNet:
        def __init__(self):
            self.fc1 = Affine(normal(73, 3, 4), np.zeros(4))
            self.act = Tanh()
            self.fc2 = Affine(normal(74, 4, 4) / 2, np.zeros(4))

        def forward(self, x):
            h = self.fc1.forward(x)
            return h + self.fc2.forward(self.act.forward(h))

        def backward(self, dout):
            d = dout + self.act.backward(self.fc2.backward(dout))
            return self.fc1.backward(d)

    return ResidualNet(), (normal(75, 5, 3),), {}


@right()
def tied_weights_and_both_uses_counted():
    class AutoEncoder:
        def __init__(self):
            self.params = {"W": normal(76, 5, 3) / 2, "b": np.zeros(3), "c": np.zeros(5)}

        def loss(self, x, t):
            W = self.params["W"]
            self.h = np.tanh(x @ W + self.params["b"])
            self.out = self.h @ W.T + self.params["c"]
            return 0.5 * np.sum((self.out - t) ** 2) / len(x)

        def gradient(self, x, t):
            self.loss(x, t)
            d = (self.out - t) / len(x)
            da = d @ self.params["W"] * (1 - self.h**2)
            return {"W": d.T @ self.h + x.T @ da, "b": da.sum(axis=0), "c": d.sum(axis=0)}

    x = normal(77, 6, 5)
    return AutoEncoder(), (x, x.copy()), {}


@right()
def one_layer_object_in_two_places_with_its_gradients_added():
    class Shared:
        """The same weights before and after; each use keeps its own input."""

        def __init__(self, W):
            self.W = W
            self.clear()

        def clear(self):
            self.inputs, self.dW = [], np.zeros_like(self.W)

        def forward(self, x):
            self.inputs.append(x)
            return np.tanh(x @ self.W)

        def backward(self, dout):
            x = self.inputs.pop()
            d = dout * (1 - np.tanh(x @ self.W) ** 2)
            self.dW += x.T @ d
            return d @ self.W.T

    class Net:
        def __init__(self):
            self.params = {"W": normal(78, 4, 4) / 2}
            self.shared = Shared(self.params["W"])

        def loss(self, x, t):
            self.shared.clear()
            self.d = self.shared.forward(self.shared.forward(x)) - t
            return np.mean(self.d**2)

        def gradient(self, x, t):
            self.loss(x, t)
            d = self.shared.backward(2 * self.d / self.d.size)
            self.shared.backward(d)
            return {"W": self.shared.dW}

    return Net(), (normal(79, 5, 4), normal(80, 5, 4)), {}


@right()
def layers_in_nested_lists_tuples_and_dicts():
    class Net:
        def __init__(self):
            self.layers = [
                Affine(normal(81, 3, 4), np.zeros(4)),
                (Tanh(), {"deep": Affine(normal(82, 4, 4), np.zeros(4)), "act": Sigmoid()}),
                [Affine(normal(83, 4, 2), np.zeros(2))],
            ]

        def flat(self, layers):
            if isinstance(layers, dict):
                layers = layers.values()
            if isinstance(layers, (list, tuple)) or not hasattr(layers, "forward"):
                return [one for each in layers for one in self.flat(each)]
            return [layers]

        def forward(self, x):
            for layer in self.flat(self.layers):
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in reversed(self.flat(self.layers)):
                dout = layer.backward(dout)
            return dout

    return Net(), (normal(84, 5, 3),), {}


@right()
def called_trained_and_printed():  # noqa: C901
    class Layer:
        def __init__(self, n_in, n_out, rng):
            self.w = rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_out))
            self.b = np.zeros(n_out)

        def __call__(self, x):
            self.x = x
            return x @ self.w + self.b

        def backward(self, d):
            self.grad_w, self.grad_b = self.x.T @ d, d.sum(axis=0)
            return d @ self.w.T

        def update(self, lr):
            self.w -= lr * self.grad_w
            self.b -= lr * self.grad_b

    class ReLU:
        def __call__(self, x):
            self.on = x > 0
            return x * self.on

        def backward(self, d):
            return d * self.on

        def update(self, lr):
            pass

    class MLP:
        def __init__(self, sizes, seed=0):
            rng = np.random.default_rng(seed)
            self.layers = []
            for n_in, n_out in pairwise(sizes):
                self.layers += [Layer(n_in, n_out, rng), ReLU()]
            self.layers.pop()

        def __call__(self, x):
            print(len(x), "samples")  # noqa: T201
            for layer in self.layers:
                x = layer(x)
            return x

        def backward(self, d):
            for layer in reversed(self.layers):
                d = layer.backward(d)
            return d

        def update(self, lr):
            for layer in self.layers:
                layer.update(lr)

    return MLP([4, 6, 5, 2]), (normal(85, 5, 4),), {}


@right()
def with_batch_norm_and_dropout():
    class BatchNorm:
        def __init__(self, gamma, beta):
            self.gamma, self.beta = gamma, beta
            self.running = np.zeros_like(beta)

        def forward(self, x):
            mu = x.mean(axis=0)
            self.running = 0.9 * self.running + 0.1 * mu
            self.std = np.sqrt(x.var(axis=0) + 1e-5)
            self.xn = (x - mu) / self.std
            return self.gamma * self.xn + self.beta

        def backward(self, dout):
            self.dgamma, self.dbeta = (dout * self.xn).sum(axis=0), dout.sum(axis=0)
            d = dout * self.gamma
            return (d - d.mean(axis=0) - self.xn * (d * self.xn).mean(axis=0)) / self.std

    class Dropout:
        def forward(self, x):
            self.mask = np.random.rand(*x.shape) > 0.3
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    class Net(TwoLayerNet):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            n = sizes[1]
            self.params["gamma1"], self.params["beta1"] = np.ones(n), np.zeros(n)
            one, act, two = self.layers.values()
            norm = BatchNorm(self.params["gamma1"], self.params["beta1"])
            self.layers = OrderedDict(
                Affine1=one, BatchNorm1=norm, Act1=act, Dropout1=Dropout(), Affine2=two
            )

        def gradient(self, x, t):
            grads = super().gradient(x, t)
            grads["gamma1"] = self.layers["BatchNorm1"].dgamma
            grads["beta1"] = self.layers["BatchNorm1"].dbeta
            return grads

    return Net(4, 5, 3), DATA, {}


@right()
def loss_and_backward_in_one_object():
    class Net:
        """forward(x, t) gives the loss."""

        def __init__(self):
            self.fc = Affine(normal(86, 4, 3), np.zeros(3))
            self.loss_layer = SoftmaxWithLoss()

        def forward(self, x, t):
            return self.loss_layer.forward(self.fc.forward(x), t)

        def backward(self, dout=1):
            return self.fc.backward(dout * self.loss_layer.backward())

    return Net(), DATA, {}


@right()
def a_multi_task_net():
    class MultiTask:
        def __init__(self):
            self.trunk = Affine(normal(87, 4, 3), np.zeros(3))
            self.act = Tanh()
            self.heads = [Affine(normal(88 + i, 3, 2), np.zeros(2)) for i in range(2)]

        def forward(self, x):
            h = self.act.forward(self.trunk.forward(x))
            return tuple(head.forward(h) for head in self.heads)

        def backward(self, *douts):
            dh = sum(head.backward(d) for head, d in zip(self.heads, douts, strict=True))
            return self.trunk.backward(self.act.backward(dh))

    return MultiTask(), (normal(91, 5, 4),), {}


CASES = family.cases
