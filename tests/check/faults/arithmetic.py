"""Layers for numbers and for several inputs and outputs, as in the chapter's apples."""

import numpy as np
from check.faults.case import Family, normal

family = Family("arithmetic")
wrong, right = family.wrong, family.right


class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy


class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout * 1, dout * 1


@wrong("MulLayer", ("x", "y"), "swapped_inputs")
def x_and_y_are_not_turned_over():
    class MulLayer:
        def forward(self, x, y):
            self.x, self.y = x, y
            return x * y

        def backward(self, dout):
            return dout * self.x, dout * self.y

    return MulLayer(), (100.0, 2.0), {}


@wrong("Multiply", ("a", "b"), "swapped_inputs")
def of_arrays_too():
    class Multiply:
        def __call__(self, a, b):
            self.saved = (a, b)
            return a * b

        def backward(self, d):
            a, b = self.saved
            return a * d, b * d

    return Multiply(), (normal(1, 3, 2), normal(2, 3, 2)), {}


@wrong("SubLayer", "y", "sign")
def the_subtrahend_has_no_minus():
    class SubLayer:
        def forward(self, x, y):
            return x - y

        def backward(self, dout):
            return dout, dout

    return SubLayer(), (normal(3, 4), normal(4, 4)), {}


@wrong("SubLayer", ("x", "y"), "swapped_inputs", "sign")
def the_minus_is_at_the_other():
    class SubLayer:
        def forward(self, x, y):
            return x - y

        def backward(self, dout):
            dx = -dout
            dy = dout
            return dx, dy

    return SubLayer(), (normal(3, 4), normal(4, 4)), {}


@wrong("Divide", "y", "local_derivative", "sign", "dropped_use")
def the_denominator_is_not_squared():
    class Divide:
        def forward(self, x, y):
            self.x, self.y = x, y
            return x / y

        def backward(self, dout):
            return dout / self.y, -dout * self.x / self.y

    return Divide(), (normal(5, 4), 1 + np.abs(normal(6, 4))), {}


@wrong("AddLayer", ("b", "y"), "not_summed", "wrong_shape")
def a_row_is_added_to_all_and_not_summed_back():
    class AddLayer:
        def forward(self, a, b):
            return a + b

        def backward(self, dout):
            return dout, dout

    return AddLayer(), (normal(7, 4, 3), normal(8, 3)), {}


@wrong("Square", "x", "dropped_use", "factor")
def x_times_x_has_two_uses():
    class Square:
        """Made of the chapter's MulLayer; one of its two gradients is thrown away."""

        def __init__(self):
            self.mul = MulLayer()

        def forward(self, x):
            return self.mul.forward(x, x)

        def backward(self, dout):
            dx, _ = self.mul.backward(dout)
            return dx

    return Square(), (normal(9, 4, 2),), {}


@wrong("Gram", "x", "dropped_use")
def a_matrix_times_its_own_transpose():
    class Gram:
        def forward(self, x):
            self.x = x
            return x @ x.T

        def backward(self, dout):
            return dout @ self.x

    return Gram(), (normal(10, 3, 4),), {}


@wrong("MatMul", "b", "transposed")
def the_second_factor_s_gradient_is_turned():
    class MatMul:
        def forward(self, a, b):
            self.a, self.b = a, b
            return a @ b

        def backward(self, dout):
            return dout @ self.b.T, dout.T @ self.a

    return MatMul(), (normal(11, 3, 3), normal(12, 3, 3)), {}


@wrong("MatMul", ("a", "b"), "swapped_inputs", "wrong_shape")
def both_products_come_in_the_wrong_order():
    class MatMul:
        def forward(self, a, b):
            self.a, self.b = a, b
            return a @ b

        def backward(self, dout):
            da = dout @ self.b.T
            db = self.a.T @ dout
            return db, da

    return MatMul(), (normal(13, 3, 3), normal(14, 3, 3)), {}


@wrong("Sum", "x", "dout_ignored")
def a_sum_sends_back_ones():
    class Sum:
        def forward(self, x):
            self.shape = x.shape
            return x.sum(axis=1)

        def backward(self, dout):
            return np.ones(self.shape)

    return Sum(), (normal(15, 4, 3),), {}


@wrong("Mean", "x", "mean_for_sum", "factor")
def a_mean_sends_back_the_gradient_of_a_sum():
    class Mean:
        def forward(self, x):
            self.shape = x.shape
            return x.mean(axis=1)

        def backward(self, dout):
            return np.repeat(dout[:, None], self.shape[1], axis=1)

    return Mean(), (normal(16, 7, 3),), {}


@wrong("ColumnSum", "x", "wrong_axis", "transposed")
def a_square_sum_comes_back_across():
    class ColumnSum:
        def forward(self, x):
            self.n = x.shape
            return np.sum(x, axis=0)

        def backward(self, dout):
            return np.broadcast_to(dout[:, np.newaxis], self.n).copy()

    return ColumnSum(), (normal(17, 4, 4),), {}


@wrong("Transpose", "x", "transposed", "missing")
def a_transposition_forgotten_on_the_way_back():
    class Transpose:
        def forward(self, x):
            return x.T

        def backward(self, dout):
            return dout

    return Transpose(), (normal(18, 3, 3),), {}


@wrong("Split", "x", "dropped_use", "element", "missing", "unknown")
def the_second_output_s_gradient_is_forgotten():
    class Split:
        """Two outputs; only the first one's gradient is written back."""

        def forward(self, x):
            self.n = x.shape[1] // 2
            self.shape = x.shape
            return x[:, : self.n], x[:, self.n :]

        def backward(self, dleft, dright):
            dx = np.zeros(self.shape)
            dx[:, : self.n] = dleft
            return dx

    return Split(), (normal(19, 3, 4),), {}


@wrong("Concat", ("a", "b"), "swapped_inputs")
def the_pieces_are_handed_out_the_wrong_way_round():
    class Concat:
        def forward(self, a, b):
            self.k = a.shape[1]
            return np.concatenate([a, b], axis=1)

        def backward(self, dout):
            return dout[:, self.k :], dout[:, : self.k]

    return Concat(), (normal(20, 3, 2), normal(21, 3, 2)), {}


@wrong("ScaleShift", "gamma", "dout_overwritten", "unknown")
def dout_is_scaled_before_it_is_used_again():
    class ScaleShift:
        def __init__(self, gamma, beta):
            self.gamma, self.beta = gamma, beta

        def forward(self, x):
            self.x = x
            return self.gamma * x + self.beta

        def backward(self, dout):
            self.dbeta = dout.sum(axis=0)
            dx = dout
            dx *= self.gamma
            self.dgamma = (dout * self.x).sum(axis=0)
            return dx

    return ScaleShift(1.5 + normal(22, 3), normal(23, 3)), (normal(24, 5, 3),), {}


@wrong("Max", "x", "mask_at_zero", "element", "unknown", "factor")
def ties_get_more_than_there_is():
    class Max:
        """A tie is counted twice over: the ones who share it get double, not half."""

        def forward(self, x):
            self.x = x
            self.m = x.max(axis=1, keepdims=True)
            return self.m[:, 0]

        def backward(self, dout):
            hit = self.x == self.m
            return hit * hit.sum(axis=1, keepdims=True) * dout[:, None]

    return Max(), (np.array([[1.0, 3.0, 3.0], [0.5, 2.0, 1.0]]),), {}


@wrong("Scale", "k", "integer_arithmetic", "missing", "wrong_dtype")
def a_number_is_made_whole():
    class Scale:
        def __init__(self):
            self.x = self.k = None

        def forward(self, x, k):
            self.x, self.k = x, k
            return x * k

        def backward(self, dout):
            return dout * self.k, int(np.sum(dout * self.x))

    return Scale(), (normal(25, 4, 2), 1.7), {}


# Healthy


@right()
def apples():
    return MulLayer(), (100.0, 2.0), {}


@right()
def plain_whole_numbers_as_in_the_chapter():
    return MulLayer(), (100, 2), {}


@right()
def arrays_multiplied():
    return MulLayer(), (normal(51, 3, 2), normal(52, 3, 2)), {}


@right()
def a_sum_returns_dout_twice():
    class Add:
        def forward(self, x, y):
            return x + y

        def backward(self, dout):
            return dout, dout

    return Add(), (normal(53, 3, 2), normal(54, 3, 2)), {}


@right()
def three_inputs_and_a_list_of_gradients():
    class Lerp:
        def forward(self, a, b, t):
            self.a, self.b, self.t = a, b, t
            return a + t * (b - a)

        def backward(self, dout):
            return [dout * (1 - self.t), dout * self.t, dout * (self.b - self.a)]

    return Lerp(), (normal(55, 4), normal(56, 4), normal(57, 4)), {}


@right()
def two_outputs():
    class MinMax:
        def forward(self, x, y):
            self.swap = x > y
            return np.minimum(x, y), np.maximum(x, y)

        def backward(self, dlow, dhigh):
            dx = np.where(self.swap, dhigh, dlow)
            dy = np.where(self.swap, dlow, dhigh)
            return dx, dy

    return MinMax(), (normal(58, 5), normal(59, 5)), {}


@right()
def the_maximum_with_ties():
    class Max:
        def forward(self, x):
            self.where, self.shape = x.argmax(axis=1), x.shape
            return x.max(axis=1)

        def backward(self, dout):
            dx = np.zeros(self.shape)
            dx[np.arange(len(dx)), self.where] = dout
            return dx

    return Max(), (np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.5, 2.0, 1.0]]),), {}


@right()
def the_maximum_with_ties_shared():
    class Max:
        def forward(self, x):
            m = np.max(x, axis=1, keepdims=True)
            self.mask = x == m
            return m

        def backward(self, dout):
            return dout * self.mask / self.mask.sum(axis=1, keepdims=True)

    return Max(), (np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.5, 2.0, 1.0]]),), {}


@right()
def a_number_for_a_whole_array():
    class Scale:
        def forward(self, x, k):
            self.x, self.k = x, k
            return x * k

        def backward(self, dout):
            return dout * self.k, np.sum(dout * self.x)

    return Scale(), (normal(60, 4, 2), 1.7), {}


@right()
def a_huge_and_a_tiny_factor():
    return MulLayer(), (np.array([1e6, -3e6]), np.array([1e-8, 2e-8])), {}


@right()
def transposed_there_and_back():
    class Transpose:
        def __init__(self, *axes):
            self.axes = axes

        def forward(self, x):
            return x.transpose(self.axes)

        def backward(self, dout):
            return dout.transpose(np.argsort(self.axes))

    return Transpose(1, 2, 0), (normal(61, 2, 3, 4),), {}


@right()
def x_used_twice_and_both_uses_counted():
    class Gram:
        def forward(self, x):
            self.x = x
            return x @ x.T

        def backward(self, dout):
            return dout @ self.x + dout.T @ self.x

    return Gram(), (normal(62, 3, 4),), {}


CASES = family.cases
