"""Losses: softmax with cross-entropy, squares, and their labels."""

import numpy as np
from check.faults.case import Family, classes, normal, one_hot

family = Family("losses")
wrong, right = family.wrong, family.right


def softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy_error(y, t):
    if t.size == y.size:
        t = t.argmax(axis=1)
    return -np.sum(np.log(y[np.arange(len(y)), t] + 1e-7)) / len(y)


@wrong("SoftmaxWithLoss", "x", "batch_size")
def not_divided_by_the_batch():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.t = t
            self.y = softmax(x)
            self.loss = -np.sum(t * np.log(self.y)) / x.shape[0]
            return self.loss

        def backward(self, dout=1):
            return dout * (self.y - self.t)

    return SoftmaxWithLoss(), (normal(1, 6, 4), one_hot(classes(2, 6, 4), 4)), {}


@wrong("CrossEntropy", ("logits", "x"), "batch_size")
def divided_by_the_batch_twice():
    class CrossEntropy:
        def __call__(self, logits, labels):
            self.n = len(logits)
            self.p = softmax(logits)
            self.labels = labels
            return -np.mean(np.log(self.p[np.arange(self.n), labels]))

        def backward(self, d=1.0):
            dx = self.p.copy()
            dx[np.arange(self.n), self.labels] -= 1
            dx /= self.n
            return d * dx / self.n

    return CrossEntropy(), (normal(3, 6, 4), classes(4, 6, 4)), {}


@wrong("SoftmaxLoss", "x", "sign")
def labels_minus_probabilities():
    class SoftmaxLoss:
        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            return -np.sum(t * np.log(self.y)) / len(x)

        def backward(self, dout=1):
            return dout * (self.t - self.y) / len(self.y)

    return SoftmaxLoss(), (normal(5, 5, 3), one_hot(classes(6, 5, 3), 3)), {}


@wrong("MSE", ("y", "x"), "factor")
def the_two_of_the_mean_square():
    class MSE:
        def forward(self, y, t):
            self.diff = y - t
            return np.mean(self.diff**2)

        def backward(self, dout=1):
            return dout * self.diff / self.diff.size

    return MSE(), (normal(7, 5, 3), normal(8, 5, 3)), {}


@wrong("MeanSquaredError", ("y", "x"), "mean_for_sum", "factor", "batch_size")
def the_mean_over_all_is_divided_by_the_samples_only():
    class MeanSquaredError:
        def forward(self, y, t):
            self.y, self.t = y, t
            return np.mean((y - t) ** 2)

        def backward(self, dout=1):
            return dout * 2 * (self.y - self.t) / len(self.y)

    return MeanSquaredError(), (normal(9, 5, 3), normal(10, 5, 3)), {}


@wrong("SumOfSquares", ("y", "x"), "batch_size", "factor")
def a_sum_that_is_averaged_on_the_way_back():
    class SumOfSquares:
        def forward(self, y, t):
            self.y, self.t = y, t
            return 0.5 * np.sum((y - t) ** 2)

        def backward(self, dout=1):
            return dout * (self.y - self.t) / self.y.shape[0]

    return SumOfSquares(), (normal(11, 7, 3), normal(12, 7, 3)), {}


@wrong("SoftmaxWithLoss (inner)", "x", "dout_ignored")
def the_loss_is_scaled_and_its_gradient_is_not():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.t, self.y = t, softmax(x)
            return cross_entropy_error(self.y, t)

        def backward(self, dout=1):
            dx = self.y.copy()
            dx[np.arange(len(dx)), self.t] -= 1
            return dx / len(dx)

    class WeightedLoss:
        def __init__(self, weight):
            self.weight = weight
            self.inner = SoftmaxWithLoss()

        def forward(self, x, t):
            return self.weight * self.inner.forward(x, t)

        def backward(self, dout=1):
            return self.inner.backward(dout * self.weight)

    return WeightedLoss(0.3), (normal(13, 5, 4), classes(14, 5, 4)), {}


@wrong("SoftmaxWithLoss", "x", "label_broadcast", "softmax_axis", "unknown")
def whole_number_labels_as_a_column():
    class SoftmaxWithLoss:
        """Labels (N, 1) make an (N, N) table of the probabilities."""

        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            n = x.shape[0]
            return -np.sum(np.log(self.y[np.arange(n), t])) / n

        def backward(self, dout=1):
            n = len(self.y)
            dx = self.y.copy()
            dx[np.arange(n), self.t.ravel()] -= 1
            return dout * dx / n

    return SoftmaxWithLoss(), (normal(15, 5, 4), classes(16, 5, 4).reshape(-1, 1)), {}


@wrong("MSELoss", ("pred", "x"), "label_broadcast", "wrong_shape")
def targets_as_a_column_against_a_row_of_predictions():
    class MSELoss:
        def forward(self, pred, target):
            self.pred, self.target = pred, target
            return np.mean((pred - target) ** 2)

        def backward(self, dout=1):
            return dout * 2 * (self.pred - self.target) / len(self.pred)

    return MSELoss(), (normal(17, 6), normal(18, 6, 1)), {}


@wrong("CrossEntropy", "x", "label_broadcast", "unknown")
def whole_number_labels_multiply_the_columns():
    class CrossEntropy:
        """Meant for one-hot labels; with as many samples as classes nothing complains."""

        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            return -np.sum(t * np.log(self.y)) / len(x)

        def backward(self, dout=1):
            return dout * (self.y - self.t) / len(self.y)

    return CrossEntropy(), (normal(19, 4, 4), np.array([2, 0, 3, 1])), {}


@wrong("BinaryCrossEntropy", ("z", "x"), "label_broadcast")
def binary_labels_as_a_column():
    class BinaryCrossEntropy:
        def forward(self, z, t):
            self.p = 1 / (1 + np.exp(-z))
            self.t = t
            return -np.mean(t * np.log(self.p) + (1 - t) * np.log(1 - self.p))

        def backward(self, dout=1):
            return dout * (self.p - self.t.ravel()) / len(self.p)

    return BinaryCrossEntropy(), (normal(20, 5), np.array([[1], [0], [0], [1], [1]])), {}


@wrong("NLL", None, "overflow")
def the_log_of_a_probability_of_zero():
    class NLL:
        def forward(self, p, t):
            self.p, self.t = p, t
            return -np.mean(np.sum(t * np.log(p), axis=1))

        def backward(self, dout=1):
            return -dout * self.t / self.p / len(self.p)

    p = np.array([[0.2, 0.8, 0.0], [0.5, 0.25, 0.25]])
    return NLL(), (p, np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])), {}


@wrong("SoftmaxWithLoss", None, "overflow")
def softmax_without_subtracting_the_largest():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.t = t
            self.y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
            return cross_entropy_error(self.y, t)

        def backward(self, dout=1):
            dx = self.y.copy()
            dx[np.arange(len(dx)), self.t] -= 1
            return dout * dx / len(dx)

    x = normal(21, 4, 3)
    x[2, 1] = 1000.0
    return SoftmaxWithLoss(), (x, np.array([0, 1, 2, 0])), {}


@wrong("RMSE", ("y", "x"), "overflow")
def the_root_of_nothing():
    class RMSE:
        """A perfect prediction divides by zero."""

        def forward(self, y, t):
            self.d = y - t
            self.loss = np.sqrt(np.mean(self.d**2))
            return self.loss

        def backward(self, dout=1):
            return dout * self.d / (self.d.size * self.loss)

    y = normal(22, 3, 2)
    return RMSE(), (y, y.copy()), {}


@wrong("BCE", ("p", "x"), "local_derivative", "dropped_use", "unknown", "derivative_at_output")
def the_gradient_of_the_logits_for_the_probabilities():
    class BCE:
        def forward(self, p, t):
            self.p, self.t = p, t
            return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))

        def backward(self, dout=1):
            return dout * (self.p - self.t) / self.p.size

    p = 1 / (1 + np.exp(-normal(23, 6)))
    return BCE(), (p, np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])), {}


@wrong("BCE", ("p", "x"), "dropped_use", "local_derivative", "mask_at_zero", "unknown")
def only_the_positive_samples_have_a_gradient():
    class BCE:
        def forward(self, p, t):
            self.p, self.t = p, t
            return -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p))

        def backward(self, dout=1):
            return -dout * self.t / self.p

    p = 1 / (1 + np.exp(-normal(24, 6)))
    return BCE(), (p, np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])), {}


@wrong("SoftmaxWithLoss", "x", "integer_arithmetic", "wrong_dtype", "missing")
def subtracted_in_an_array_of_whole_numbers():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.y = softmax(x)
            self.t = t
            return -np.sum(t * np.log(self.y)) / len(x)

        def backward(self, dout=1):
            dx = self.t.copy()  # a 0/1 array of int
            dx[...] = (self.y - self.t) * dout
            return dx / len(self.t)

    return SoftmaxWithLoss(), (normal(25, 5, 3), np.eye(3, dtype=int)[classes(26, 5, 3)]), {}


@wrong("SoftmaxWithLoss", "x", "integer_arithmetic")
def divided_by_the_batch_with_two_slashes():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            return cross_entropy_error(self.y, t)

        def backward(self, dout=1):
            dx = self.y.copy()
            dx[np.arange(len(dx)), self.t] -= 1
            return dout * (dx // len(dx))

    return SoftmaxWithLoss(), (normal(27, 5, 3), classes(28, 5, 3)), {}


@wrong("SoftmaxWithLoss", "x", "backward_twice")
def the_probabilities_are_turned_into_the_gradient():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            return cross_entropy_error(self.y, t)

        def backward(self, dout=1):
            n = len(self.y)
            dx = self.y
            dx[np.arange(n), self.t] -= 1
            dx *= dout
            dx /= n
            return dx

    return SoftmaxWithLoss(), (normal(29, 5, 3), classes(30, 5, 3)), {}


@wrong("SoftmaxWithLoss", "x", "element", "dropped_use", "missing", "unknown", "factor")
def the_loop_over_the_batch_starts_at_one():
    class SoftmaxWithLoss:
        """The first sample's label is never subtracted."""

        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            return cross_entropy_error(self.y, t)

        def backward(self, dout=1):
            dx = self.y.copy()
            for i in range(1, len(dx)):
                dx[i, self.t[i]] -= 1
            return dout * dx / len(dx)

    return SoftmaxWithLoss(), (normal(31, 5, 3), classes(32, 5, 3)), {}


@wrong("HingeLoss", ("scores", "x"), "dropped_use", "missing", "element", "unknown")
def the_right_class_gets_no_gradient():
    class HingeLoss:
        def __call__(self, scores, y):
            n = len(scores)
            self.y = y
            margins = np.maximum(0, scores - scores[np.arange(n), y][:, None] + 1)
            margins[np.arange(n), y] = 0
            self.active = margins > 0
            return margins.sum() / n

        def backward(self, d=1.0):
            return d * self.active / len(self.y)

    return HingeLoss(), (normal(33, 5, 4), classes(34, 5, 4)), {}


@wrong("L1Loss", ("y", "x"), "local_derivative", "factor", "unknown")
def the_derivative_of_the_square_for_the_absolute_value():
    class L1Loss:
        def forward(self, y, t):
            self.d = y - t
            return np.abs(self.d).sum()

        def backward(self, dout=1):
            return dout * 2 * self.d

    return L1Loss(), (normal(35, 5, 2), normal(36, 5, 2)), {}


@wrong("SquaredError", ("t", "target"), "sign")
def the_targets_are_pulled_the_wrong_way():
    class SquaredError:
        """Both inputs are computed by nets, and both get a gradient."""

        def forward(self, y, t):
            self.d = y - t
            return 0.5 * np.sum(self.d**2)

        def backward(self, dout=1):
            return dout * self.d, dout * self.d

    return SquaredError(), (normal(37, 5, 2), normal(38, 5, 2)), {}


# Healthy


class SoftmaxWithLoss:
    """Labels as whole numbers or one-hot."""

    def __init__(self):
        self.loss = None
        self.y = None
        self.t = None

    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = -np.sum(t * np.log(self.y)) if t.ndim == x.ndim else self.by_index()
        if t.ndim == x.ndim:
            self.loss /= len(x)
        return self.loss

    def by_index(self):
        return -np.mean(np.log(self.y[np.arange(len(self.y)), self.t]))

    def backward(self, dout=1):
        n = self.t.shape[0]
        if self.t.size == self.y.size:
            return dout * (self.y - self.t) / n
        dx = self.y.copy()
        dx[np.arange(n), self.t] -= 1
        return dout * dx / n


@right()
def labels_as_whole_numbers():
    return SoftmaxWithLoss(), (normal(51, 5, 3), classes(52, 5, 3)), {}


@right()
def labels_as_integer_one_hot_rows():
    return SoftmaxWithLoss(), (normal(53, 5, 3), np.eye(3, dtype=int)[classes(54, 5, 3)]), {}


@right()
def labels_as_probabilities():
    return SoftmaxWithLoss(), (normal(55, 5, 3), softmax(normal(56, 5, 3))), {}


@right()
def scores_of_a_thousand():
    x = normal(57, 4, 3)
    x[0, 1], x[2, 2] = 1000.0, -1000.0
    return SoftmaxWithLoss(), (x, np.array([1, 0, 1, 2])), {}


@right()
def the_largest_is_subtracted_over_the_whole_batch():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            e = np.exp(x - np.max(x))
            self.y, self.t = e / e.sum(axis=1, keepdims=True), t
            return -np.sum(t * np.log(self.y)) / len(x)

        def backward(self, dout=1):
            return dout * (self.y - self.t) / len(self.y)

    return SoftmaxWithLoss(), (normal(58, 5, 3), one_hot(classes(59, 5, 3), 3)), {}


@right()
def none_for_the_labels():
    class MSE:
        def forward(self, y, t):
            self.d = y - t
            return np.mean(self.d**2)

        def backward(self, dout=1):
            return dout * 2 * self.d / self.d.size, None

    return MSE(), (normal(60, 5, 3), normal(61, 5, 3)), {}


@right()
def one_loss_per_sample():
    class LogLoss:
        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            return -np.log(self.y[np.arange(len(x)), t])

        def backward(self, dout):
            dx = self.y.copy()
            dx[np.arange(len(dx)), self.t] -= 1
            return dx * dout[:, None]

    return LogLoss(), (normal(62, 5, 3), classes(63, 5, 3)), {}


@right()
def a_perfect_prediction():
    class MSE:
        """The gradient is zero, and rightly so."""

        def forward(self, y, t):
            self.d = y - t
            return 0.5 * np.sum(self.d**2) / len(y)

        def backward(self, dout=1):
            return dout * self.d / len(self.d)

    y = normal(64, 4, 3)
    return MSE(), (y, y.copy()), {}


@right()
def a_hinge_exactly_at_its_margin():
    class Hinge:
        def forward(self, s, t):
            self.t, self.margin = t, 1 - t * s
            return np.sum(np.maximum(0, self.margin))

        def backward(self, dout=1):
            return dout * np.where(self.margin > 0, -self.t, 0)

    return Hinge(), (np.array([1.0, 0.3, -1.0, 2.0]), np.array([1, 1, -1, -1])), {}


@right()
def only_where_the_labels_are_known():
    class MaskedLoss:
        """A label of -1 is to be left out."""

        def forward(self, x, t):
            self.y, self.t = softmax(x), t
            self.known = t >= 0
            rows = np.flatnonzero(self.known)
            return -np.log(self.y[rows, t[rows]]).sum() / max(len(rows), 1)

        def backward(self, dout=1):
            dx = self.y.copy()
            rows = np.flatnonzero(self.known)
            dx[rows, self.t[rows]] -= 1
            dx[~self.known] = 0
            return dout * dx / max(len(rows), 1)

    return MaskedLoss(), (normal(65, 6, 3), np.array([0, -1, 2, 1, -1, 0])), {}


CASES = family.cases
