"""Batch, layer and other normalisations: long derivatives with many places to slip."""

import numpy as np
from check.faults.case import Family, normal

family = Family("norms")
wrong, right = family.wrong, family.right


class BatchNormalization:
    """In training, with running statistics on the side."""

    def __init__(self, gamma, beta, momentum=0.9):
        self.gamma = gamma
        self.beta = beta
        self.momentum = momentum
        self.running_mean = np.zeros_like(beta)
        self.running_var = np.ones_like(gamma)
        self.dgamma = None
        self.dbeta = None

    def forward(self, x, train_flg=True):
        if train_flg:
            mu = x.mean(axis=0)
            xc = x - mu
            var = np.mean(xc**2, axis=0)
            std = np.sqrt(var + 10e-7)
            self.xn, self.xc, self.std, self.batch_size = xc / std, xc, std, x.shape[0]
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            self.xn = (x - self.running_mean) / np.sqrt(self.running_var + 10e-7)
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        return dxc - dmu / self.batch_size


@wrong("BatchNorm", "x", "dropped_use")
def the_statistics_are_taken_for_constants():
    class BatchNorm:
        def __init__(self, gamma, beta):
            self.gamma, self.beta = gamma, beta

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=0) + 1e-5)
            self.xhat = (x - x.mean(axis=0)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = (dout * self.xhat).sum(axis=0)
            self.dbeta = dout.sum(axis=0)
            return dout * self.gamma / self.std

    return BatchNorm(1 + normal(1, 3), normal(2, 3)), (normal(3, 6, 3),), {}


@wrong("BatchNorm", "x", "dropped_use")
def the_variance_s_dependence_is_forgotten():
    class BatchNorm:
        def __init__(self, gamma, beta):
            self.gamma, self.beta = gamma, beta

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=0) + 1e-5)
            self.xhat = (x - x.mean(axis=0)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = (dout * self.xhat).sum(axis=0)
            self.dbeta = dout.sum(axis=0)
            d = dout * self.gamma
            return (d - d.mean(axis=0)) / self.std

    return BatchNorm(1 + normal(4, 3), normal(5, 3)), (normal(6, 6, 3),), {}


@wrong("BatchNorm", "x", "wrong_axis")
def the_means_in_backward_go_along_the_rows():
    class BatchNorm:
        def __init__(self, gamma, beta):
            self.gamma, self.beta = gamma, beta

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=0) + 1e-5)
            self.xhat = (x - x.mean(axis=0)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = (dout * self.xhat).sum(axis=0)
            self.dbeta = dout.sum(axis=0)
            d = dout * self.gamma
            mean = d.mean(axis=1, keepdims=True)
            other = (d * self.xhat).mean(axis=1, keepdims=True)
            return (d - mean - self.xhat * other) / self.std

    return BatchNorm(1 + normal(7, 4), normal(8, 4)), (normal(9, 6, 4),), {}


@wrong("BatchNorm", "beta", "not_summed", "wrong_shape")
def beta_s_gradient_is_not_summed():
    class BatchNorm(BatchNormalization):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dbeta = dout
            return dx

    return BatchNorm(1 + normal(10, 3), normal(11, 3)), (normal(12, 6, 3),), {}


@wrong("BatchNorm1d", ("weight", "x"), "dout_overwritten", "unknown")
def dout_becomes_the_gradient_of_xhat():
    class BatchNorm1d:
        def __init__(self, n):
            self.weight, self.bias = 1 + normal(13, n), np.zeros(n)

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=0) + 1e-5)
            self.xhat = (x - x.mean(axis=0)) / self.std
            return self.weight * self.xhat + self.bias

        def backward(self, dout):
            self.grad_bias = dout.sum(axis=0)
            dout *= self.weight
            self.grad_weight = np.sum(dout * self.xhat, axis=0)
            dx = dout - dout.mean(axis=0) - self.xhat * (dout * self.xhat).mean(axis=0)
            return dx / self.std

    return BatchNorm1d(4), (normal(14, 7, 4),), {}


@wrong("BatchNorm", "x", "batch_size", "unknown", "dropped_use", "factor", "mean_for_sum")
def the_mean_s_gradient_is_not_divided_by_n():
    class BatchNorm(BatchNormalization):
        def backward(self, dout):
            self.dbeta = dout.sum(axis=0)
            self.dgamma = np.sum(self.xn * dout, axis=0)
            dxn = self.gamma * dout
            dxc = dxn / self.std
            dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
            dxc += (1.0 / self.batch_size) * self.xc * dstd / self.std
            return dxc - np.sum(dxc, axis=0)

    return BatchNorm(1 + normal(15, 3), normal(16, 3)), (normal(17, 6, 3),), {}


@wrong("BatchNorm", "x", "factor", "unknown", "element")
def epsilon_is_another_in_backward():
    class BatchNorm:
        """A tenth of a per cent, from 1e-3 under the root and none on the way back."""

        def __init__(self, gamma, beta, eps=1e-3):
            self.gamma, self.beta, self.eps = gamma, beta, eps

        def forward(self, x):
            self.xc = x - x.mean(axis=0)
            self.var = x.var(axis=0)
            self.xhat = self.xc / np.sqrt(self.var + self.eps)
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = (dout * self.xhat).sum(axis=0)
            self.dbeta = dout.sum(axis=0)
            std = np.sqrt(self.var)
            xhat = self.xc / std
            d = dout * self.gamma
            return (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / std

    return BatchNorm(1 + normal(18, 3), normal(19, 3)), (normal(20, 8, 3),), {}


@wrong("BatchNorm", None, "overflow")
def a_column_that_is_constant_and_no_epsilon():
    class BatchNorm:
        def __init__(self, gamma, beta):
            self.gamma, self.beta = gamma, beta

        def forward(self, x):
            self.std = x.std(axis=0)
            self.xhat = (x - x.mean(axis=0)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = (dout * self.xhat).sum(axis=0)
            self.dbeta = dout.sum(axis=0)
            d = dout * self.gamma
            return (d - d.mean(axis=0) - self.xhat * (d * self.xhat).mean(axis=0)) / self.std

    x = normal(21, 6, 3)
    x[:, 1] = 0.25
    return BatchNorm(1 + normal(22, 3), normal(23, 3)), (x,), {}


@wrong("LayerNorm", ("gamma", "g"), "wrong_axis", "wrong_shape")
def layer_norm_sums_as_it_normalises():
    class LayerNorm:
        def __init__(self, n):
            self.gamma, self.beta = 1 + normal(24, n), np.zeros(n)

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
            self.xhat = (x - x.mean(axis=1, keepdims=True)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = np.sum(dout * self.xhat, axis=1)
            self.dbeta = np.sum(dout, axis=0)
            d = dout * self.gamma
            dx = d - d.mean(axis=1, keepdims=True)
            dx -= self.xhat * (d * self.xhat).mean(axis=1, keepdims=True)
            return dx / self.std

    return LayerNorm(5), (normal(25, 5, 5),), {}


@wrong("LayerNorm", ("gamma", "g"), "mean_for_sum", "batch_size", "factor")
def layer_norm_averages_over_the_words():
    class LayerNorm:
        """For (N, T, D): the mean over T, and the sum over N."""

        def __init__(self, n):
            self.gamma, self.beta = 1 + normal(26, n), np.zeros(n)

        def forward(self, x):
            self.std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
            self.xhat = (x - x.mean(axis=-1, keepdims=True)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = (dout * self.xhat).mean(axis=1).sum(axis=0)
            self.dbeta = dout.sum(axis=(0, 1))
            d = dout * self.gamma
            dx = d - d.mean(axis=-1, keepdims=True)
            dx -= self.xhat * (d * self.xhat).mean(axis=-1, keepdims=True)
            return dx / self.std

    return LayerNorm(4), (normal(27, 2, 3, 4),), {}


@wrong("RMSNorm", "x", "dropped_use")
def the_root_mean_square_is_a_constant():
    class RMSNorm:
        def __init__(self, n):
            self.g = 1 + normal(28, n)

        def __call__(self, x):
            self.x = x
            self.r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
            return self.g * x / self.r

        def backward(self, d):
            self.grad_g = np.sum(d * self.x / self.r, axis=0)
            return d * self.g / self.r

    return RMSNorm(4), (normal(29, 5, 4),), {}


@wrong("Normalize", "x", "input_overwritten", "parameter_overwritten")
def the_rows_of_the_data_are_normalised_for_good():
    class Normalize:
        def forward(self, x):
            self.norm = np.linalg.norm(x, axis=1, keepdims=True)
            x /= self.norm
            self.y = x
            return self.y

        def backward(self, dout):
            s = np.sum(dout * self.y, axis=1, keepdims=True)
            return (dout - self.y * s) / self.norm

    return Normalize(), (normal(30, 4, 3),), {}


# Healthy


@right()
def the_chapters_batch_norm():
    return BatchNormalization(1 + normal(51, 3), normal(52, 3)), (normal(53, 6, 3),), {}


@right()
def batch_norm_in_use():
    class BatchNorm:
        def __init__(self, n):
            self.gamma, self.beta = 1 + normal(54, n), normal(55, n)
            self.running_mean, self.running_var = normal(56, n), 1 + normal(57, n) ** 2
            self.training = False

        def forward(self, x):
            self.scale = 1 / np.sqrt(self.running_var + 1e-5)
            self.xhat = (x - self.running_mean) * self.scale
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            self.dgamma = np.sum(dout * self.xhat, axis=0)
            self.dbeta = np.sum(dout, axis=0)
            return dout * self.gamma * self.scale

    return BatchNorm(3), (normal(58, 6, 3),), {}


@right()
def running_statistics_updated_in_place():
    class BatchNorm:
        def __init__(self, n):
            self.params = {"gamma": 1 + normal(59, n), "beta": np.zeros(n)}
            self.grads = {}
            self.mean, self.var = np.zeros(n), np.ones(n)

        def forward(self, x):
            mu, var = x.mean(0), x.var(0)
            self.mean *= 0.9
            self.mean += 0.1 * mu
            self.var *= 0.9
            self.var += 0.1 * var
            self.std = np.sqrt(var + 1e-5)
            self.xhat = (x - mu) / self.std
            return self.params["gamma"] * self.xhat + self.params["beta"]

        def backward(self, dout):
            self.grads["gamma"] = (dout * self.xhat).sum(0)
            self.grads["beta"] = dout.sum(0)
            d = dout * self.params["gamma"]
            return (d - d.mean(0) - self.xhat * (d * self.xhat).mean(0)) / self.std

    return BatchNorm(3), (normal(60, 6, 3),), {}


@right()
def layer_norm_over_words():
    class LayerNorm:
        def __init__(self, n, eps=1e-5):
            self.gamma, self.beta, self.eps = 1 + normal(61, n), normal(62, n), eps

        def forward(self, x):
            mu = x.mean(axis=-1, keepdims=True)
            self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
            self.xhat = (x - mu) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            axes = tuple(range(dout.ndim - 1))
            self.dgamma = np.sum(dout * self.xhat, axis=axes)
            self.dbeta = np.sum(dout, axis=axes)
            d = dout * self.gamma
            dx = d - d.mean(axis=-1, keepdims=True)
            dx -= self.xhat * np.mean(d * self.xhat, axis=-1, keepdims=True)
            return dx / self.std

    return LayerNorm(4), (normal(63, 2, 3, 4),), {}


@right()
def a_batch_of_large_numbers():
    return BatchNormalization(np.ones(3), np.zeros(3)), (1e6 * normal(64, 6, 3),), {}


@right()
def batch_norm_in_float32():
    layer = BatchNormalization(np.ones(4, np.float32), np.zeros(4, np.float32))
    return layer, (normal(65, 16, 4).astype(np.float32),), {}


@right()
def rows_of_length_one():
    class Normalize:
        def forward(self, x):
            self.norm = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
            self.y = x / self.norm
            return self.y

        def backward(self, dout):
            s = np.sum(dout * self.y, axis=1, keepdims=True)
            return (dout - self.y * s) / self.norm

    return Normalize(), (1e-8 * normal(66, 4, 3),), {}


CASES = family.cases
