"""What is remembered too long, shared by accident, or used up."""

import numpy as np
from check.faults.case import Family, classes, normal

family = Family("state", style="net")
wrong, right = family.wrong, family.right


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Sequence:
    """Layers in a list."""

    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


def affine(seed, n, m):
    return Affine(normal(seed, n, m), 0.1 * normal(seed + 1, m))


@wrong(("Relu (layers[1])", "Relu (layers[3])", "Relu"), None, "stale_state")
def the_mask_belongs_to_the_class():
    class Relu:
        """Two of them in one net have one mask."""

        saved = {}  # noqa: RUF012

        def forward(self, x):
            self.saved["mask"] = x <= 0
            return np.where(self.saved["mask"], 0, x)

        def backward(self, dout):
            return np.where(self.saved["mask"], 0, dout)

    net = Sequence(affine(1, 3, 4), Relu(), affine(3, 4, 4), Relu(), affine(5, 4, 2))
    return net, (normal(7, 5, 3),), {}


@wrong(("Sigmoid (layers[1])", "Sigmoid (layers[3])", "Sigmoid"), None, "stale_state")
def a_default_argument_is_the_memory_of_all():
    class Sigmoid:
        def __init__(self, cache=[]):  # noqa: B006
            self.cache = cache

        def forward(self, x):
            self.cache.clear()
            self.cache.append(1 / (1 + np.exp(-x)))
            return self.cache[0]

        def backward(self, dout):
            y = self.cache[0]
            return dout * y * (1 - y)

    net = Sequence(affine(11, 3, 4), Sigmoid(), affine(13, 4, 4), Sigmoid(), affine(15, 4, 2))
    return net, (normal(17, 5, 3),), {}


@wrong(("Tanh", "TwoLayers"), None, "stale_state")
def one_activation_used_twice():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout):
            return dout * (1 - self.y**2)

    class TwoLayers:
        def __init__(self):
            self.fc1, self.fc2 = affine(21, 3, 4), affine(23, 4, 4)
            self.act = Tanh()

        def forward(self, x):
            h = self.act.forward(self.fc1.forward(x))
            return self.act.forward(self.fc2.forward(h))

        def backward(self, dout):
            dout = self.fc2.backward(self.act.backward(dout))
            return self.fc1.backward(self.act.backward(dout))

    return TwoLayers(), (normal(25, 5, 3),), {}


@wrong("Standardize", "x", "stale_state", style="layer")
def the_scale_of_the_first_batch_is_kept_for_backward():
    class Standardize:
        def __init__(self):
            self.scale = None

        def forward(self, x):
            scale = np.exp(-np.abs(x))
            if self.scale is None:
                self.scale = scale
            return x * scale

        def backward(self, dout):
            return dout * self.scale * (1 + np.log(self.scale))

    return Standardize(), (normal(26, 4, 3),), {}


@wrong("MatMul", ("W", "x"), "stale_state", "stale_parameter", "missing", style="layer")
def results_are_remembered_by_the_identity_of_the_array():
    class MatMul:
        """The same batch after an update of W gets the result of before."""

        def __init__(self, W):
            self.W = W
            self.memory = {}

        def forward(self, x):
            self.x = x
            if id(x) not in self.memory:
                self.memory[id(x)] = (x, x @ self.W)
            return self.memory[id(x)][1]

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    return MatMul(normal(27, 3, 2)), (normal(28, 4, 3),), {}


@wrong("Affine", "W", "stale_state", style="layer")
def the_input_is_kept_by_a_list_that_only_grows():
    class Affine:
        def __init__(self, W):
            self.W = W
            self.inputs = []

        def forward(self, x):
            self.inputs.append(x)
            return x @ self.W

        def backward(self, dout):
            self.dW = self.inputs[0].T @ dout
            return dout @ self.W.T

    return Affine(normal(28, 3, 2)), (normal(29, 4, 3),), {}


@wrong("Exp", "x", "backward_twice", style="layer")
def the_saved_output_is_multiplied_in_place():
    class Exp:
        def forward(self, x):
            self.dx = np.exp(x)
            return self.dx.copy()

        def backward(self, dout):
            self.dx *= dout
            return self.dx

    return Exp(), (normal(30, 4, 3),), {}


@wrong("Tanh", "x", "backward_twice", "raised", style="layer")
def what_was_saved_is_popped():
    class Tanh:
        """The second backward finds nothing, and says zero."""

        def __init__(self):
            self.stack = []

        def forward(self, x):
            y = np.tanh(x)
            self.stack.append(y)
            return y

        def backward(self, dout):
            y = self.stack.pop() if self.stack else 1.0
            return dout * (1 - y**2)

    return Tanh(), (normal(31, 4, 3),), {}


@wrong("Affine (hidden)", ("W", "x"), "stale_parameter")
def one_layer_of_three_works_with_an_old_copy():
    class Affine:
        def __init__(self, W, b, *, fast=False):
            self.W, self.b = W, b
            self.Wt = W.T.copy() if fast else None

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ (self.W.T if self.Wt is None else self.Wt)

    class Net:
        def __init__(self):
            self.first = Affine(normal(32, 3, 4), np.zeros(4))
            self.hidden = Affine(normal(33, 4, 4), np.zeros(4), fast=True)
            self.last = Affine(normal(34, 4, 2), np.zeros(2))

        def forward(self, x):
            return self.last.forward(np.tanh(self._h(x)))

        def _h(self, x):
            self.h = self.hidden.forward(self.first.forward(x))
            return self.h

        def backward(self, dout):
            d = self.last.backward(dout) * (1 - np.tanh(self.h) ** 2)
            return self.first.backward(self.hidden.backward(d))

    return Net(), (normal(35, 5, 3),), {}


@wrong(("TwoLayerNet", "Affine"), ("W1", "W2", "b1", "b2", "W", "b"), "stale_parameter", "missing")
def the_layers_got_copies_of_the_params():
    class TwoLayerNet:
        def __init__(self):
            self.params = {
                "W1": 0.5 * normal(36, 4, 3),
                "b1": np.zeros(3),
                "W2": 0.5 * normal(37, 3, 2),
                "b2": np.zeros(2),
            }
            p = self.params
            self.fc1 = Affine(p["W1"].copy(), p["b1"].copy())
            self.fc2 = Affine(p["W2"].copy(), p["b2"].copy())

        def predict(self, x):
            self.h = np.tanh(self.fc1.forward(x))
            return self.fc2.forward(self.h)

        def loss(self, x, t):
            self.diff = self.predict(x) - t
            return 0.5 * np.sum(self.diff**2)

        def gradient(self, x, t):
            self.loss(x, t)
            d = self.fc2.backward(self.diff)
            self.fc1.backward(d * (1 - self.h**2))
            return {
                "W1": self.fc1.dW,
                "b1": self.fc1.db,
                "W2": self.fc2.dW,
                "b2": self.fc2.db,
            }

    return TwoLayerNet(), (normal(38, 5, 4), normal(39, 5, 2)), {}


@wrong("Dropout", "x", "stale_state", "mask_new", style="layer")
def the_mask_is_drawn_for_the_first_batch_only():
    class Dropout:
        """Backward has the mask of the first batch, forward a new one every time."""

        def __init__(self, seed):
            self.rng = np.random.default_rng(seed)
            self.first = None

        def forward(self, x):
            mask = self.rng.random(x.shape) > 0.5
            if self.first is None:
                self.first = mask
            return x * mask

        def backward(self, dout):
            return dout * self.first

    return Dropout(40), (normal(41, 4, 5),), {}


@wrong(("Branches", "Identity (a)"), "x", "aliases_dout", "dout_overwritten")
def a_branch_returns_dout_and_the_sum_is_made_in_it():
    class Identity:
        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

    class Times:
        def __init__(self, k):
            self.k = k

        def forward(self, x):
            return self.k * x

        def backward(self, dout):
            return self.k * dout

    class Branches:
        """x + 3x + ½x: the first gradient is dout itself, to which the second is added."""

        def __init__(self):
            self.a, self.b, self.c = Identity(), Times(3.0), Times(0.5)

        def forward(self, x):
            return self.a.forward(x) + self.b.forward(x) + self.c.forward(x)

        def backward(self, dout):
            dx = self.a.backward(dout)
            dx += self.b.backward(dout)
            dx += self.c.backward(dout)
            return dx

    return Branches(), (normal(42, 4, 3),), {}


@wrong(("Residual", "Relu (relu)"), None, "dout_overwritten", "aliases_dout")
def the_chapters_relu_spoils_the_shortcut():
    class Relu:
        def forward(self, x):
            self.mask = x <= 0
            out = x.copy()
            out[self.mask] = 0
            return out

        def backward(self, dout):
            dout[self.mask] = 0
            return dout

    class Residual:
        """relu(x) + x; Relu's backward zeroes the dout that the shortcut still needs."""

        def __init__(self):
            self.relu = Relu()

        def forward(self, x):
            return self.relu.forward(x) + x

        def backward(self, dout):
            dx = self.relu.backward(dout)
            return dx + dout

    return Residual(), (normal(43, 4, 3),), {}


@wrong("ThresholdRelu", None, "input_overwritten")
def relu_writes_into_what_sigmoid_has_saved():
    class Sigmoid:
        def forward(self, x):
            self.out = 1 / (1 + np.exp(-x))
            return self.out

        def backward(self, dout):
            return dout * self.out * (1 - self.out)

    class ThresholdRelu:
        """max(x − ½, 0), made in the array that comes in."""

        def forward(self, x):
            x -= 0.5
            self.mask = x <= 0
            x[self.mask] = 0
            return x

        def backward(self, dout):
            return np.where(self.mask, 0, dout)

    class Net(Sequence):
        pass

    return (
        Net(affine(44, 3, 4), Sigmoid(), ThresholdRelu(), affine(46, 4, 2)),
        (normal(48, 5, 3),),
        {},
    )


# Healthy


@right()
def two_relus_each_with_its_mask():
    class Relu:
        def forward(self, x):
            self.mask = x <= 0
            return np.where(self.mask, 0, x)

        def backward(self, dout):
            return np.where(self.mask, 0, dout)

    net = Sequence(affine(51, 3, 4), Relu(), affine(53, 4, 4), Relu(), affine(55, 4, 2))
    return net, (normal(57, 5, 3),), {}


@right()
def one_activation_used_twice_with_a_stack():
    class Tanh:
        """Remembers every call, and goes back through them."""

        def __init__(self):
            self.calls = []

        def start(self):
            self.calls = []

        def forward(self, x):
            y = np.tanh(x)
            self.calls.append(y)
            return y

        def backward(self, dout, call):
            y = self.calls[call]
            return dout * (1 - y**2)

    class TwoLayers:
        def __init__(self):
            self.fc1, self.fc2, self.act = affine(61, 3, 4), affine(63, 4, 4), Tanh()

        def forward(self, x):
            self.act.start()
            h = self.act.forward(self.fc1.forward(x))
            return self.act.forward(self.fc2.forward(h))

        def backward(self, dout):
            dout = self.fc2.backward(self.act.backward(dout, 1))
            return self.fc1.backward(self.act.backward(dout, 0))

    return TwoLayers(), (normal(65, 5, 3),), {}


@right()
def a_relu_without_state_is_used_twice():
    class Times2:
        def forward(self, x):
            return 2 * x

        def backward(self, dout):
            return 2 * dout

    double = Times2()
    return Sequence(double, affine(66, 3, 4), double), (normal(68, 5, 3),), {}


@right()
def class_attributes_that_are_constants():
    class Gelu:
        c = 0.7978845608028654
        a = 0.044715
        names = ("gelu", "tanh")

        def forward(self, x):
            self.x = x
            self.t = np.tanh(self.c * (x + self.a * x**3))
            return 0.5 * x * (1 + self.t)

        def backward(self, dout):
            x, t = self.x, self.t
            inner = self.c * (1 + 3 * self.a * x**2)
            return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)

    return Sequence(affine(71, 3, 4), Gelu()), (normal(73, 5, 3),), {}


@right()
def a_residual_block_with_the_chapters_relu():
    class Relu:
        def forward(self, x):
            self.mask = x <= 0
            out = x.copy()
            out[self.mask] = 0
            return out

        def backward(self, dout):
            dout[self.mask] = 0
            return dout

    class Residual:
        """The shortcut is served first: in place, and harmless."""

        def __init__(self):
            self.relu = Relu()

        def forward(self, x):
            return x + self.relu.forward(x)

        def backward(self, dout):
            dx = dout.copy()
            dx += self.relu.backward(dout)
            return dx

    return Residual(), (normal(74, 4, 3),), {}


@right()
def counts_its_calls():
    class Counting:
        def __init__(self, layer):
            self.layer, self.forwards, self.backwards = layer, 0, 0

        def forward(self, x):
            self.forwards += 1
            return self.layer.forward(x)

        def backward(self, dout):
            self.backwards += 1
            return self.layer.backward(dout)

    return Counting(affine(75, 3, 2)), (normal(77, 4, 3),), {}


@right(style="layer")
def holds_what_cannot_be_copied():
    import threading

    class Affine:
        """NumPy under another name, so that it can be exchanged, and a lock."""

        def __init__(self, W, b):
            self.xp = np
            self.lock = threading.Lock()
            self.W, self.b = W, b

        def forward(self, x):
            with self.lock:
                self.x = x
            return self.xp.dot(x, self.W) + self.b

        def backward(self, dout):
            self.dW = self.xp.dot(self.x.T, dout)
            self.db = self.xp.sum(dout, axis=0)
            return self.xp.dot(dout, self.W.T)

    return Affine(normal(82, 4, 3), normal(83, 3)), (normal(84, 5, 4),), {}


@right()
def the_labels_are_remembered_for_a_plot():
    class Net:
        def __init__(self):
            self.fc = affine(78, 4, 3)
            self.history = []

        def loss(self, x, t):
            z = self.fc.forward(x)
            p = np.exp(z - z.max(axis=1, keepdims=True))
            self.p = p / p.sum(axis=1, keepdims=True)
            value = -np.log(self.p[np.arange(len(t)), t]).mean()
            self.history.append(value)
            return value

        def gradient(self, x, t):
            self.loss(x, t)
            d = self.p.copy()
            d[np.arange(len(t)), t] -= 1
            self.fc.backward(d / len(t))
            return {"W": self.fc.dW, "b": self.fc.db}

        @property
        def params(self):
            return {"W": self.fc.W, "b": self.fc.b}

    return Net(), (normal(80, 5, 4), classes(81, 5, 3)), {}


CASES = family.cases
