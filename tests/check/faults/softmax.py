"""Softmax: its axis, its Jacobian, and once too often."""

import numpy as np
from check.faults.case import Family, classes, normal, one_hot

family = Family("softmax")
wrong, right = family.wrong, family.right


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@wrong("SoftmaxWithLoss", "x", "softmax_axis", "wrong_axis")
def softmax_down_the_batch():
    class SoftmaxWithLoss:
        """Written for one sample, and given a batch."""

        def softmax(self, a):
            exp_a = np.exp(a - np.max(a))
            return exp_a / np.sum(exp_a, axis=0)

        def forward(self, x, t):
            self.t = t
            self.y = self.softmax(x)
            return -np.sum(t * np.log(self.y + 1e-12)) / len(x)

        def backward(self, dout=1):
            return dout * (self.y - self.t) / len(self.t)

    return SoftmaxWithLoss(), (normal(1, 5, 3), one_hot(classes(2, 5, 3), 3)), {}


@wrong("SoftmaxWithLoss", "x", "softmax_axis", "wrong_axis")
def softmax_over_the_whole_array():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.t = t
            e = np.exp(x - x.max())
            self.y = e / np.sum(e)
            return -np.sum(t * np.log(self.y)) / x.shape[0]

        def backward(self, dout=1):
            return dout * (self.y - self.t) / self.t.shape[0]

    return SoftmaxWithLoss(), (normal(3, 5, 4), one_hot(classes(4, 5, 4), 4)), {}


@wrong("SoftmaxLoss", "x", "softmax_axis", "wrong_axis")
def the_largest_is_subtracted_column_by_column():
    class SoftmaxLoss:
        """Another number for every class: no longer a softmax of x."""

        def __call__(self, x, labels):
            self.labels = labels
            shifted = x - np.max(x, axis=0)
            e = np.exp(shifted)
            self.p = e / e.sum(axis=1, keepdims=True)
            self.n = x.shape[0]
            return -np.log(self.p[range(self.n), labels]).sum() / self.n

        def backward(self, d=1):
            dx = self.p.copy()
            dx[range(self.n), self.labels] -= 1
            return d * dx / self.n

    return SoftmaxLoss(), (normal(5, 6, 4), classes(6, 6, 4)), {}


@wrong("Softmax", "x", "wrong_axis", "softmax_axis")
def the_jacobian_sums_down_the_batch():
    class Softmax:
        def forward(self, x):
            self.y = softmax(x)
            return self.y

        def backward(self, dout):
            s = np.sum(dout * self.y, axis=0, keepdims=True)
            return self.y * (dout - s)

    return Softmax(), (normal(7, 4, 3),), {}


@wrong("Softmax", "x", "dropped_use", "local_derivative")
def softmax_as_if_every_class_were_alone():
    class Softmax:
        def forward(self, x):
            self.y = softmax(x)
            return self.y

        def backward(self, dout):
            return dout * self.y * (1 - self.y)

    return Softmax(), (normal(8, 4, 3),), {}


@wrong("Softmax", "x", "dropped_use", "local_derivative")
def the_sum_in_the_denominator_is_a_constant():
    class Softmax:
        """With a dout of ones the forgotten term is all there is."""

        def forward(self, x):
            self.y = softmax(x)
            return self.y

        def backward(self, dout):
            return dout * self.y

    return Softmax(), (normal(9, 4, 3),), {}


@wrong("SoftmaxWithLoss", "x", "softmax_twice")
def probabilities_are_made_probabilities_again():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.t = t
            self.y = softmax(x)
            return self.cross_entropy(self.y, t)

        def cross_entropy(self, scores, t):
            p = softmax(scores)
            return -np.mean(np.sum(t * np.log(p), axis=1))

        def backward(self, dout=1):
            return dout * (self.y - self.t) / self.t.shape[0]

    return SoftmaxWithLoss(), (normal(10, 5, 3), one_hot(classes(11, 5, 3), 3)), {}


@wrong("CrossEntropy", "x", "softmax_twice", "derivative_at_output")
def backward_makes_a_softmax_of_the_softmax():
    class CrossEntropy:
        def forward(self, x, t):
            self.p = softmax(x)
            self.t = t
            return -np.log(self.p[np.arange(len(t)), t]).mean()

        def backward(self, dout=1):
            dx = softmax(self.p)
            dx[np.arange(len(dx)), self.t] -= 1
            return dout * dx / len(dx)

    return CrossEntropy(), (normal(12, 5, 3), classes(13, 5, 3)), {}


@wrong("LogSoftmaxLoss", "x", "softmax_twice", "overflow")
def the_log_of_a_log():
    class LogSoftmaxLoss:
        def forward(self, x, t):
            self.logp = np.log(softmax(x))
            self.t = t
            return -np.sum(t * np.log(-self.logp)) / len(x)

        def backward(self, dout=1):
            return dout * (np.exp(self.logp) - self.t) / len(self.t)

    return LogSoftmaxLoss(), (normal(14, 5, 3), one_hot(classes(15, 5, 3), 3)), {}


@wrong("LogSoftmax", "x", "dropped_use", "local_derivative", "softmax_twice", "wrong_axis")
def log_softmax_subtracts_dout_times_p():
    class LogSoftmax:
        """The sum of dout over the classes is missing."""

        def forward(self, x):
            self.y = np.log(softmax(x))
            return self.y

        def backward(self, dout):
            return dout - dout * np.exp(self.y)

    return LogSoftmax(), (normal(16, 4, 3),), {}


@wrong("SoftmaxWithLoss", "x", "softmax_twice", "derivative_at_input", "missing", "unknown")
def the_logits_take_the_place_of_the_probabilities():
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.x, self.t = x, t
            y = softmax(x)
            return -np.sum(t * np.log(y)) / len(x)

        def backward(self, dout=1):
            return dout * (self.x - self.t) / len(self.x)

    return SoftmaxWithLoss(), (normal(17, 5, 3), one_hot(classes(18, 5, 3), 3)), {}


# Healthy


@right()
def the_jacobian_product():
    class Softmax:
        def forward(self, x):
            self.y = softmax(x)
            return self.y

        def backward(self, dout):
            dx = self.y * dout
            dx -= self.y * dx.sum(axis=1, keepdims=True)
            return dx

    return Softmax(), (normal(51, 4, 3),), {}


@right()
def down_the_columns_on_purpose():
    class Softmax:
        """Consistent with itself."""

        def __init__(self, axis):
            self.axis = axis

        def forward(self, x):
            self.y = softmax(x, self.axis)
            return self.y

        def backward(self, dout):
            s = np.sum(dout * self.y, axis=self.axis, keepdims=True)
            return self.y * (dout - s)

    return Softmax(0), (normal(52, 4, 3),), {}


@right()
def equal_scores():
    class LogSoftmax:
        def forward(self, x):
            m = x.max(axis=1, keepdims=True)
            self.y = x - m - np.log(np.exp(x - m).sum(axis=1, keepdims=True))
            return self.y

        def backward(self, dout):
            return dout - np.exp(self.y) * dout.sum(axis=1, keepdims=True)

    return LogSoftmax(), (np.zeros((3, 4)),), {}


@right()
def sample_by_sample_with_the_whole_jacobian():
    class Softmax:
        def forward(self, x):
            self.y = np.stack([softmax(row) for row in x])
            return self.y

        def backward(self, dout):
            dx = np.empty_like(dout)
            for i, (y, d) in enumerate(zip(self.y, dout, strict=True)):
                jacobian = np.diag(y) - np.outer(y, y)
                dx[i] = jacobian @ d
            return dx

    return Softmax(), (normal(53, 4, 3),), {}


CASES = family.cases
