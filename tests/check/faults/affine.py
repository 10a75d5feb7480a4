"""Affine layers by many hands, and what goes wrong in them."""

from dataclasses import dataclass, field

import numpy as np
from check.faults.case import Family, normal

family = Family("affine")
wrong, right = family.wrong, family.right


class Affine:
    """The chapter's layer."""

    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


@wrong("Affine", "W", "transposed")
def the_square_weight_gradient_is_transposed():
    class Affine:
        def __init__(self, W, b):
            self.W = W
            self.b = b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            dx = np.dot(dout, self.W.T)
            self.dW = np.dot(dout.T, self.x)
            self.db = np.sum(dout, axis=0)
            return dx

    return Affine(normal(1, 4, 4), normal(2, 4)), (normal(3, 6, 4),), {}


@wrong("FullyConnected", "w", "transposed", "wrong_shape")
def the_shape_of_the_weight_gradient_tells():
    class FullyConnected:
        def __init__(self, n_in, n_out):
            self.w = normal(11, n_in, n_out) * 0.1
            self.b = np.zeros(n_out)

        def __call__(self, inputs):
            self.inputs = inputs
            return inputs @ self.w + self.b

        def backward(self, d):
            self.grad_w = d.T @ self.inputs
            self.grad_b = d.sum(axis=0)
            return d @ self.w.T

        def update(self, lr):
            self.w -= lr * self.grad_w
            self.b -= lr * self.grad_b

    return FullyConnected(5, 3), (normal(12, 7, 5),), {}


@wrong("Linear", ("W", "params[0]"), "transposed", "unknown", "element", "wrong_shape")
def reshaped_until_it_fits():
    class Linear:
        def __init__(self, W, b):
            self.params = [W, b]
            self.grads = [np.zeros_like(W), np.zeros_like(b)]

        def forward(self, x):
            W, b = self.params
            self.x = x
            return np.dot(x, W) + b

        def backward(self, dout):
            W, _ = self.params
            dW = np.dot(dout.T, self.x).reshape(W.shape)
            self.grads[0][...] = dW
            self.grads[1][...] = np.sum(dout, axis=0)
            return np.dot(dout, W.T)

    return Linear(normal(13, 3, 5), normal(14, 5)), (normal(15, 4, 3),), {}


@wrong("Dense", "x", "transposed")
def the_weights_are_not_transposed_on_the_way_back():
    class Dense:
        def __init__(self, weight, bias):
            self.weight, self.bias = weight, bias

        def forward(self, x):
            self.cache = x
            return x @ self.weight + self.bias

        def backward(self, dout):
            x = self.cache
            self.weight_grad = x.T @ dout
            self.bias_grad = dout.sum(0)
            return dout @ self.weight

    return Dense(normal(16, 5, 5), normal(17, 5)), (normal(18, 3, 5),), {}


@wrong("Affine", "b", "not_summed", "wrong_shape")
def the_bias_gradient_is_dout():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x.dot(self.W) + self.b

        def backward(self, dout):
            self.dW = self.x.T.dot(dout)
            self.db = dout
            return dout.dot(self.W.T)

    return Affine(normal(21, 3, 4), normal(22, 4)), (normal(23, 5, 3),), {}


@wrong("Affine", "b", "not_summed", "element", "unknown")
def only_the_first_sample_reaches_the_bias():
    class Affine:
        def __init__(self, W, b):
            self.params = {"W": W, "b": b}
            self.grads = {}

        def forward(self, x):
            self.x = x
            return x @ self.params["W"] + self.params["b"]

        def backward(self, dout):
            self.grads["W"] = self.x.T @ dout
            self.grads["b"] = dout[0]
            return dout @ self.params["W"].T

    return Affine(normal(24, 3, 4), normal(25, 4)), (normal(26, 5, 3),), {}


@wrong("Layer", "b", "batch_size", "mean_for_sum")
def the_bias_gradient_is_a_mean_over_the_batch():
    class Layer:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.matmul(x, self.W) + self.b

        def backward(self, grad):
            self.dW = np.matmul(self.x.T, grad)
            self.db = np.mean(grad, axis=0)
            return np.matmul(grad, self.W.T)

    return Layer(normal(27, 3, 4), normal(28, 4)), (normal(29, 8, 3),), {}


@wrong("Affine", ("W", "b"), "batch_size")
def everything_is_divided_by_the_batch_once_more():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            m = self.x.shape[0]
            self.dW = np.dot(self.x.T, dout) / m
            self.db = np.sum(dout, axis=0) / m
            return np.dot(dout, self.W.T)

    return Affine(normal(31, 4, 2), normal(32, 2)), (normal(33, 10, 4),), {}


@wrong("Affine", "b", "wrong_axis")
def the_bias_gradient_is_summed_along_the_rows():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            self.dW = np.dot(self.x.T, dout)
            self.db = np.sum(dout, axis=1)
            return np.dot(dout, self.W.T)

    return Affine(normal(34, 3, 5), normal(35, 5)), (normal(36, 5, 3),), {}


@wrong("Affine", "b", "wrong_axis", "wrong_shape", "not_summed")
def the_bias_gradient_has_one_number_per_sample():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            self.dW = np.dot(self.x.T, dout)
            self.db = dout.sum(axis=-1)
            return np.dot(dout, self.W.T)

    return Affine(normal(34, 3, 4), normal(35, 4)), (normal(36, 7, 3),), {}


@wrong("Affine", "b", "not_summed", "factor", "wrong_axis", "unknown", "wrong_shape")
def the_bias_gradient_is_one_number_for_all():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            self.dW = np.dot(self.x.T, dout)
            self.db = np.sum(dout) * np.ones_like(self.b)
            return np.dot(dout, self.W.T)

    return Affine(normal(37, 3, 4), normal(38, 4)), (normal(39, 7, 3),), {}


@wrong("Affine", "W", "element", "missing")
def the_loop_forgets_the_last_row():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW = np.zeros_like(W)

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            for i in range(self.W.shape[0] - 1):
                for j in range(self.W.shape[1]):
                    self.dW[i, j] = np.sum(self.x[:, i] * dout[:, j])
            self.db = dout.sum(axis=0)
            return np.dot(dout, self.W.T)

    return Affine(normal(41, 5, 3), normal(42, 3)), (normal(43, 4, 5),), {}


@wrong("Affine", "W", "element")
def one_weight_of_784_times_50():
    class Affine:
        """A debugging line was left in."""

        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            dx = np.dot(dout, self.W.T)
            self.dW = np.dot(self.x.T, dout)
            self.dW[300, 7] += 0.01
            self.db = np.sum(dout, axis=0)
            return dx

    return Affine(normal(44, 784, 50) * 0.01, np.zeros(50)), (normal(45, 10, 784),), {}


@wrong("Affine", "W", "sign")
def descent_is_put_into_the_gradient():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = -(self.x.T @ dout)
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(46, 3, 2), normal(47, 2)), (normal(48, 4, 3),), {}


@wrong("Affine", ("W", "b"), "factor")
def the_learning_rate_is_in_the_gradients():
    class Affine:
        def __init__(self, W, b, lr=0.01):
            self.W, self.b, self.lr = W, b, lr

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.lr * (self.x.T @ dout)
            self.db = self.lr * dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(46, 3, 2), normal(47, 2)), (normal(48, 4, 3),), {}


@wrong("Affine", "W", "unknown", "element", "factor", "dropped_use", "batch_size")
def averages_the_inputs_before_the_outer_product():
    class Affine:
        """Right for a batch of one, and only there."""

        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = np.outer(self.x.mean(axis=0), dout.sum(axis=0))
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(51, 3, 2), normal(52, 2)), (normal(53, 6, 3),), {}


@wrong("Affine", "W", "unknown", "element", "factor", "dropped_use")
def weight_decay_only_in_the_gradient():
    class Affine:
        def __init__(self, W, b, decay=1e-2):
            self.W, self.b, self.decay = W, b, decay

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout + self.decay * self.W
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(54, 3, 2), normal(55, 2)), (normal(56, 4, 3),), {}


@wrong("Affine", "x", "stale_parameter")
def the_transpose_is_copied_at_the_start():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.W_T = np.ascontiguousarray(W.T)  # faster

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, dout):
            self.dW = np.dot(self.x.T, dout)
            self.db = dout.sum(axis=0)
            return np.dot(dout, self.W_T)

    return Affine(normal(57, 4, 3), normal(58, 3)), (normal(59, 5, 4),), {}


@wrong("Affine", "W", "missing")
def the_weight_gradient_stays_a_local_variable():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW = np.zeros_like(W)
            self.db = np.zeros_like(b)

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            dW = self.x.T @ dout  # noqa: F841
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(61, 4, 3), normal(62, 3)), (normal(63, 5, 4),), {}


@wrong("Affine", "x", "missing")
def backward_forgets_to_return():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            dx = dout @ self.W.T  # noqa: F841

    return Affine(normal(64, 4, 3), normal(65, 3)), (normal(66, 5, 4),), {}


@wrong("Linear", ("W", "b", "params[0]", "params[1]"), "swapped_inputs", "wrong_shape")
def the_list_of_gradients_is_in_another_order():
    class Linear:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.params = [self.W, self.b]
            self.grads = [None, None]

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.grads = [dout.sum(axis=0), self.x.T @ dout]
            return dout @ self.W.T

    return Linear(normal(67, 4, 3), normal(68, 3)), (normal(69, 5, 4),), {}


@wrong("Affine", "x", "wrong_shape")
def images_go_in_and_rows_come_back():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x.reshape(x.shape[0], -1)
            return self.x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(71, 12, 3), normal(72, 3)), (normal(73, 2, 3, 2, 2),), {}


@wrong("Affine", "b", "wrong_shape")
def the_bias_gradient_keeps_its_dimension():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0, keepdims=True)
            return dout @ self.W.T

    return Affine(normal(74, 4, 3), normal(75, 3)), (normal(76, 5, 4),), {}


@wrong("Affine", ("W", "b"), "backward_twice")
def gradients_add_up_and_are_never_cleared():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW = np.zeros_like(W)
            self.db = np.zeros_like(b)

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW += self.x.T @ dout
            self.db += dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(77, 4, 3), normal(78, 3)), (normal(79, 5, 4),), {}


@wrong("Affine", "W", "parameter_overwritten")
def columns_are_normalised_in_place():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            W = self.W
            W /= np.linalg.norm(W, axis=0)
            return x @ W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(81, 4, 3), normal(82, 3)), (normal(83, 5, 4),), {}


@wrong("Affine", ("W", "x"), "parameter_overwritten")
def weight_decay_is_taken_in_backward():
    class Affine:
        def __init__(self, W, b, decay=0.01):
            self.W, self.b, self.decay = W, b, decay

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            self.W *= 1 - self.decay
            return dout @ self.W.T

    return Affine(normal(84, 4, 3), normal(85, 3)), (normal(86, 5, 4),), {}


@wrong("Affine", "W", "integer_arithmetic", "wrong_dtype")
def the_gradient_goes_into_an_integer_array():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW = np.zeros(W.shape, dtype=int)

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW[...] = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(3 * normal(87, 4, 3), normal(88, 3)), (3 * normal(89, 5, 4),), {}


@wrong("Affine", ("x", "W"), "input_overwritten")
def the_saved_input_is_centred_in_place():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            out = x @ self.W + self.b
            self.x -= self.x.mean(axis=0)
            return out

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(91, 4, 3), normal(92, 3)), (1 + normal(93, 5, 4),), {}


@wrong("Affine", "x", "swapped_inputs", "wrong_shape", "unknown", "transposed")
def returns_the_gradient_of_the_weights():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            dx = dout @ self.W.T  # noqa: F841
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return self.dW

    return Affine(normal(94, 4, 4), normal(95, 4)), (normal(96, 4, 4),), {}


# Healthy


@right()
def the_chapters_own():
    return Affine(normal(101, 4, 3), normal(102, 3)), (normal(103, 5, 4),), {}


@right()
def a_batch_of_one():
    return Affine(normal(101, 4, 3), normal(102, 3)), (normal(103, 1, 4),), {}


@right()
def square_and_symmetric():
    W = normal(104, 3, 3)
    return Affine(W + W.T, np.zeros(3)), (np.ones((3, 3)),), {}


@right()
def float32_throughout():
    W, b = normal(105, 20, 10).astype(np.float32), normal(106, 10).astype(np.float32)
    return Affine(W, b), (normal(107, 30, 20).astype(np.float32),), {}


@right()
def half_precision_weights():
    W, b = normal(105, 6, 4).astype(np.float16), normal(106, 4).astype(np.float16)
    return Affine(W, b), (normal(107, 5, 6).astype(np.float16),), {}


@right()
def numbers_around_a_million():
    return Affine(1e6 * normal(108, 4, 3), 1e6 * normal(109, 3)), (1e6 * normal(110, 5, 4),), {}


@right()
def numbers_around_a_hundred_millionth():
    return Affine(1e-8 * normal(111, 4, 3), 1e-8 * normal(112, 3)), (1e-8 * normal(113, 5, 4),), {}


@right()
def zero_input_and_so_no_weight_gradient():
    return Affine(normal(114, 4, 3), normal(115, 3)), (np.zeros((5, 4)),), {}


@right()
def zero_weights_and_so_nothing_goes_back():
    return Affine(np.zeros((4, 3)), np.zeros(3)), (normal(116, 5, 4),), {}


@right()
def prints_as_it_goes():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            print("forward", x.shape)  # noqa: T201
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            print("backward", dout.shape)  # noqa: T201
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(117, 4, 3), normal(118, 3)), (normal(119, 5, 4),), {}


@right()
def keeps_the_history_of_its_inputs_in_a_list():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.seen = []
            self.norms = []

        def forward(self, x):
            self.seen.append(x)
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.seen[-1].T @ dout
            self.db = dout.sum(axis=0)
            self.norms.append(float(np.linalg.norm(self.dW)))
            return dout @ self.W.T

    return Affine(normal(121, 4, 3), normal(122, 3)), (normal(123, 5, 4),), {}


@right()
def the_transpose_is_a_view_and_follows():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.W_T = W.T

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W_T

    return Affine(normal(124, 4, 3), normal(125, 3)), (normal(126, 5, 4),), {}


@right()
def gradients_add_up_until_zero_grad():
    class Linear:
        def __init__(self, W, b):
            self.params = {"weight": W, "bias": b}
            self.zero_grad()

        def zero_grad(self):
            self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}

        def forward(self, x):
            self.x = x
            return x @ self.params["weight"] + self.params["bias"]

        def backward(self, dout):
            self.grads["weight"] += self.x.T @ dout
            self.grads["bias"] += dout.sum(axis=0)
            return dout @ self.params["weight"].T

    return Linear(normal(127, 4, 3), normal(128, 3)), (normal(129, 5, 4),), {}


@right()
def parameters_and_gradients_in_lists():
    class MatMul:
        def __init__(self, W):
            self.params = [W]
            self.grads = [np.zeros_like(W)]
            self.x = None

        def forward(self, x):
            (W,) = self.params
            out = np.dot(x, W)
            self.x = x
            return out

        def backward(self, dout):
            (W,) = self.params
            dx = np.dot(dout, W.T)
            dW = np.dot(self.x.T, dout)
            self.grads[0][...] = dW
            return dx

    return MatMul(normal(131, 4, 3)), (normal(132, 5, 4),), {}


@right()
def parameters_are_objects_with_a_value_and_a_gradient():
    class Parameter:
        def __init__(self, value):
            self.value = value
            self.grad = np.zeros_like(value)

    class Dense:
        def __init__(self, n_in, n_out):
            self.weight = Parameter(normal(133, n_in, n_out))
            self.bias = Parameter(np.zeros(n_out))

        def forward(self, x):
            self.x = x
            return x @ self.weight.value + self.bias.value

        def backward(self, dout):
            self.weight.grad = self.x.T @ dout
            self.bias.grad = dout.sum(axis=0)
            return dout @ self.weight.value.T

    return Dense(4, 3), (normal(134, 5, 4),), {}


@wrong("Dense", ("bias", "bias.value"), "factor")
def parameter_objects_and_a_two_too_many():
    class Parameter:
        def __init__(self, value):
            self.value = value
            self.grad = np.zeros_like(value)

    class Dense:
        def __init__(self, n_in, n_out):
            self.weight = Parameter(normal(133, n_in, n_out))
            self.bias = Parameter(np.zeros(n_out))

        def forward(self, x):
            self.x = x
            return x @ self.weight.value + self.bias.value

        def backward(self, dout):
            self.weight.grad = self.x.T @ dout
            self.bias.grad = 2 * dout.sum(axis=0)
            return dout @ self.weight.value.T

    return Dense(4, 3), (normal(134, 5, 4),), {}


@right()
def written_as_a_dataclass():
    @dataclass
    class Dense:
        W: np.ndarray
        b: np.ndarray
        dW: np.ndarray | None = None  # noqa: N815
        db: np.ndarray | None = None
        saved: dict = field(default_factory=dict)

        def forward(self, x):
            self.saved["x"] = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.saved["x"].T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Dense(normal(135, 4, 3), normal(136, 3)), (normal(137, 5, 4),), {}


@right()
def with_slots_instead_of_a_dict():
    class Affine:
        __slots__ = ("W", "b", "dW", "db", "x")

        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(138, 4, 3), normal(139, 3)), (normal(140, 5, 4),), {}


@right()
def called_and_updated():
    class Layer:
        def __init__(self, n_in, n_out):
            self.w = normal(141, n_in, n_out)
            self.b = np.zeros(n_out)

        def __call__(self, x):
            self.x = x
            return x @ self.w + self.b

        def backward(self, d):
            self.grad_w = self.x.T @ d
            self.grad_b = d.sum(axis=0)
            return d @ self.w.T

        def update(self, lr=0.1):
            self.w -= lr * self.grad_w
            self.b -= lr * self.grad_b

    return Layer(4, 3), (normal(142, 5, 4),), {}


@right()
def images_in_and_images_back():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b

        def forward(self, x):
            self.original_x_shape = x.shape
            x = x.reshape(x.shape[0], -1)
            self.x = x
            return np.dot(self.x, self.W) + self.b

        def backward(self, dout):
            dx = np.dot(dout, self.W.T)
            self.dW = np.dot(self.x.T, dout)
            self.db = np.sum(dout, axis=0)
            return dx.reshape(*self.original_x_shape)

    return Affine(normal(143, 12, 3), normal(144, 3)), (normal(145, 2, 3, 2, 2),), {}


@right()
def in_place_but_harmless():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW = np.empty_like(W)
            self.db = np.empty_like(b)

        def forward(self, x):
            self.x = x
            out = x @ self.W
            out += self.b
            return out

        def backward(self, dout):
            np.dot(self.x.T, dout, out=self.dW)
            np.sum(dout, axis=0, out=self.db)
            dx = dout.copy()
            dx *= 2.0
            dx *= 0.5
            return dx @ self.W.T

    return Affine(normal(146, 4, 3), normal(147, 3)), (normal(148, 5, 4),), {}


CASES = family.cases
