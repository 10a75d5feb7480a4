"""Misspelt methods and attributes, and errors that are raised."""

import numpy as np
from check.faults.case import Family, classes, normal

family = Family("naming")
wrong, right = family.wrong, family.right


@wrong("Affine", "b", "misspelt", "missing")
def bd_for_db():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW = None
            self.db = None

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.bd = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(1, 4, 3), normal(2, 3)), (normal(3, 5, 4),), {}


@wrong("Linear", ("w", "W"), "misspelt", "missing")
def a_capital_w_in_the_gradient():
    class Linear:
        def __init__(self, w, b):
            self.w, self.b = w, b
            self.grad_w = np.zeros_like(w)
            self.grad_b = np.zeros_like(b)

        def __call__(self, x):
            self.x = x
            return x @ self.w + self.b

        def backward(self, d):
            self.grad_W = self.x.T @ d
            self.grad_b = d.sum(axis=0)
            return d @ self.w.T

        def update(self, lr):
            self.w -= lr * self.grad_w
            self.b -= lr * self.grad_b

    return Linear(normal(4, 4, 3), normal(5, 3)), (normal(6, 5, 4),), {}


@wrong("Relu", None, "misspelt", "missing", "raised")
def backword():
    class Relu:
        def forward(self, x):
            self.mask = x <= 0
            return np.where(self.mask, 0, x)

        def backword(self, dout):
            return np.where(self.mask, 0, dout)

    return Relu(), (normal(7, 5, 4),), {}


@wrong("Sigmoid", None, "misspelt", "missing", "raised")
def foward():
    class Sigmoid:
        def foward(self, x):
            self.out = 1 / (1 + np.exp(-x))
            return self.out

        def backward(self, dout):
            return dout * self.out * (1 - self.out)

    return Sigmoid(), (normal(8, 5, 4),), {}


@wrong("Scale", "gamma", "misspelt", "missing")
def the_gradients_dict_has_another_key():
    class Scale:
        def __init__(self, n):
            self.params = {"gamma": 1 + normal(9, n), "beta": normal(10, n)}
            self.grads = {"gamma": np.zeros(n), "beta": np.zeros(n)}

        def forward(self, x):
            self.x = x
            return x * self.params["gamma"] + self.params["beta"]

        def backward(self, dout):
            self.grads["gama"] = np.sum(dout * self.x, axis=0)
            self.grads["beta"] = np.sum(dout, axis=0)
            return dout * self.params["gamma"]

    return Scale(3), (normal(11, 5, 3),), {}


@wrong("Net", ("W1", "w1"), "misspelt", "missing", style="net")
def the_net_s_gradients_are_in_small_letters():
    class Net:
        def __init__(self):
            self.params = {"W1": normal(12, 4, 3), "b1": np.zeros(3)}

        def loss(self, x, t):
            z = x @ self.params["W1"] + self.params["b1"]
            p = np.exp(z - z.max(axis=1, keepdims=True))
            self.p = p / p.sum(axis=1, keepdims=True)
            return -np.log(self.p[np.arange(len(t)), t]).mean()

        def gradient(self, x, t):
            self.loss(x, t)
            d = self.p.copy()
            d[np.arange(len(t)), t] -= 1
            d /= len(t)
            return {"w1": x.T @ d, "b1": d.sum(axis=0)}

    return Net(), (normal(13, 6, 4), classes(14, 6, 3)), {}


@wrong("Affine", None, "misspelt", "raised", "missing")
def the_input_is_saved_under_another_name():
    class Affine:
        def __init__(self, W):
            self.W = W
            self.x = None

        def forward(self, x):
            self.X = x
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    return Affine(normal(15, 4, 3)), (normal(16, 5, 4),), {}


@wrong("Affine (layers[2])", None, "raised", "transposed", style="net")
def shapes_do_not_fit_on_the_way_back():  # noqa: C901
    class Affine:
        def __init__(self, n, m, seed, *, careful=True):
            self.W, self.b, self.careful = normal(seed, n, m), np.zeros(m), careful

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T if self.careful else dout @ self.W

    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout):
            return dout * (1 - self.y**2)

    class Net:
        def __init__(self):
            self.layers = [Affine(3, 4, 21), Tanh(), Affine(4, 5, 22, careful=False), Tanh()]

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in reversed(self.layers):
                dout = layer.backward(dout)
            return dout

    return Net(), (normal(23, 6, 3),), {}


@wrong("Power", None, "raised")
def a_method_of_a_list():
    class Power:
        def __init__(self):
            self.saved = []

        def forward(self, x):
            self.saved.push(x)
            return x**3

        def backward(self, dout):
            return 3 * self.saved.pop() ** 2 * dout

    return Power(), (normal(24, 3, 2),), {}


@wrong("Mean", "x", "wrong_shape", "missing", "raised", "wrong_dtype")
def a_word_is_returned():
    class Mean:
        def forward(self, x):
            self.n = x.size
            return x.mean()

        def backward(self, dout):
            return "not done yet"

    return Mean(), (normal(25, 3, 2),), {}


# Healthy


@right()
def grad_in_front():
    class Layer:
        def __init__(self, n, m):
            self.weight, self.bias = normal(51, n, m), normal(52, m)

        def forward(self, inputs):
            self._inputs = inputs
            return inputs @ self.weight + self.bias

        def backward(self, grad_output):
            self.grad_weight = self._inputs.T @ grad_output
            self.grad_bias = grad_output.sum(axis=0)
            return grad_output @ self.weight.T

    return Layer(4, 3), (normal(53, 5, 4),), {}


@right()
def grad_behind():
    class FC:
        def __init__(self, n, m):
            self.W, self.B = normal(54, n, m), normal(55, m)
            self.W_grad = self.B_grad = None

        def forward(self, X):
            self.X = X
            return X @ self.W + self.B

        def backward(self, dZ):
            self.W_grad = self.X.T @ dZ
            self.B_grad = dZ.sum(axis=0)
            return dZ @ self.W.T

    return FC(4, 3), (normal(56, 5, 4),), {}


@right()
def an_attribute_called_dx_and_one_called_d():
    class Scale:
        """d is a size, dt a step; neither is a gradient."""

        def __init__(self, n):
            self.d, self.dt, self.t = n, 0.1, np.linspace(0, 1, n)
            self.k = normal(57, n)

        def forward(self, x):
            self.x = x
            return x * self.k + self.dt * self.t

        def backward(self, dout):
            self.dk = (dout * self.x).sum(axis=0)
            self.dx = dout * self.k
            return self.dx

    return Scale(3), (normal(58, 5, 3),), {}


@right()
def only_the_call():
    class Softsign:
        def __call__(self, x):
            self.denominator = 1 + np.abs(x)
            return x / self.denominator

        def backward(self, d):
            return d / self.denominator**2

    return Softsign(), (np.array([[0.0, 1.0, -2.0]]),), {}


@right()
def with_a_base_class_that_calls_forward():
    class Module:
        def __call__(self, *inputs):
            self.inputs = inputs
            self.output = self.forward(*inputs)
            return self.output

        def forward(self, *inputs):
            raise NotImplementedError

        def backward(self, dout):
            raise NotImplementedError

        def __repr__(self):
            return f"<{type(self).__name__}>"

    class Log(Module):
        def forward(self, x):
            self.x = x
            return np.log(x)

        def backward(self, dout):
            return dout / self.x

    return Log(), (0.5 + np.abs(normal(59, 4)),), {}


CASES = family.cases
