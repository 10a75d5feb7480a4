"""Layers with a mask: dropout, pooling, top-k."""

import numpy as np
from check.faults.case import Family, normal

family = Family("masks")
wrong, right = family.wrong, family.right


@wrong("Dropout", "x", "mask_reversed")
def the_dropped_ones_get_the_gradient():
    class Dropout:
        def __init__(self, rng, ratio=0.5):
            self.rng, self.ratio = rng, ratio

        def forward(self, x):
            self.mask = self.rng.random(x.shape) > self.ratio
            return x * self.mask

        def backward(self, dout):
            return dout * ~self.mask

    return Dropout(np.random.default_rng(1)), (normal(2, 5, 6),), {}


@wrong("Dropout", "x", "mask_new", "not_deterministic")
def the_mask_is_drawn_again():
    class Dropout:
        def __init__(self, dropout_ratio=0.4):
            self.dropout_ratio = dropout_ratio

        def forward(self, x):
            mask = np.random.rand(*x.shape) > self.dropout_ratio
            return x * mask

        def backward(self, dout):
            mask = np.random.rand(*dout.shape) > self.dropout_ratio
            return dout * mask

    return Dropout(), (normal(3, 5, 6),), {}


@wrong("Dropout", "x", "mask_new", "not_deterministic")
def the_seed_depends_on_the_clock():
    class Dropout:
        """Seeds twice so that the mask is the same, with a seed that is not."""

        def forward(self, x):
            import time

            rng = np.random.default_rng(time.perf_counter_ns())
            return x * (rng.random(x.shape) > 0.5)

        def backward(self, dout):
            import time

            rng = np.random.default_rng(time.perf_counter_ns())
            return dout * (rng.random(dout.shape) > 0.5)

    return Dropout(), (normal(4, 5, 6),), {}


@wrong(
    "SpatialDropout", "x", "mask_new", "local_derivative", "mask_reversed", "unknown", "dropped_use"
)
def the_mask_is_computed_from_dout():
    class SpatialDropout:
        def forward(self, x):
            self.keep = np.abs(x) > 0.5
            return x * self.keep

        def backward(self, dout):
            return dout * (np.abs(dout) > 0.5)

    return SpatialDropout(), (normal(5, 4, 5),), {}


@wrong("InvertedDropout", "x", "factor")
def the_scale_is_only_in_forward():
    class InvertedDropout:
        def __init__(self, p, rng):
            self.p, self.rng = p, rng

        def forward(self, x):
            self.mask = self.rng.random(x.shape) < self.p
            return x * self.mask / self.p

        def backward(self, dout):
            return dout * self.mask

    return InvertedDropout(0.8, np.random.default_rng(6)), (normal(7, 5, 6),), {}


@wrong("MaxPool1d", "x", "mask_reversed", "unknown", "element")
def the_smallest_gets_the_gradient():
    class MaxPool1d:
        def forward(self, x):
            n, width = x.shape
            self.shape = x.shape
            windows = x.reshape(n, width // 2, 2)
            self.arg = windows.argmin(axis=2)
            return windows.max(axis=2)

        def backward(self, dout):
            n, width = self.shape
            dx = np.zeros((n, width // 2, 2))
            np.put_along_axis(dx, self.arg[..., None], dout[..., None], axis=2)
            return dx.reshape(self.shape)

    return MaxPool1d(), (normal(8, 3, 8),), {}


@wrong("MaxPool", "x", "wrong_axis", "unknown", "element", "transposed", "wrong_order")
def the_windows_are_put_back_in_another_order():
    class MaxPool:
        """Windows of 2x2; right only where the picture has one row of windows."""

        def forward(self, x):
            n, h, w = x.shape
            self.shape = x.shape
            windows = x.reshape(n, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4)
            windows = windows.reshape(n, h // 2, w // 2, 4)
            self.arg = windows.argmax(axis=-1)
            return windows.max(axis=-1)

        def backward(self, dout):
            n, h, w = self.shape
            d = np.zeros((*dout.shape, 4))
            np.put_along_axis(d, self.arg[..., None], dout[..., None], axis=-1)
            d = d.reshape(n, h // 2, w // 2, 2, 2)
            return d.reshape(self.shape)

    return MaxPool(), (normal(9, 2, 4, 4),), {}


@wrong("GlobalAveragePooling", "x", "mean_for_sum", "factor")
def average_pooling_without_the_average():
    class GlobalAveragePooling:
        def forward(self, x):
            self.shape = x.shape
            return x.mean(axis=(2, 3))

        def backward(self, dout):
            return np.zeros(self.shape) + dout[:, :, None, None]

    return GlobalAveragePooling(), (normal(10, 2, 3, 4, 4),), {}


@wrong("TopK", "x", "mask_at_zero", "element", "mask_reversed", "unknown", "dropped_use")
def the_smallest_of_the_k_is_lost():
    class TopK:
        """Keeps what is at least the k-th largest, and sends back to what is larger."""

        def __init__(self, k):
            self.k = k

        def forward(self, x):
            self.x = x
            self.limit = np.sort(x, axis=1)[:, -self.k][:, None]
            return np.where(x >= self.limit, x, 0)

        def backward(self, dout):
            return np.where(self.x > self.limit, dout, 0)

    return TopK(2), (normal(11, 3, 5),), {}


# Healthy


@right()
def dropout_with_a_mask_that_is_fixed():
    class Dropout:
        def __init__(self, mask):
            self.mask = mask

        def forward(self, x):
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    return Dropout(normal(51, 4, 5) > 0), (normal(52, 4, 5),), {}


@right()
def the_chapters_dropout():
    class Dropout:
        def __init__(self, dropout_ratio=0.5):
            self.dropout_ratio = dropout_ratio
            self.mask = None

        def forward(self, x, train_flg=True):
            if train_flg:
                self.mask = np.random.rand(*x.shape) > self.dropout_ratio
                return x * self.mask
            return x * (1.0 - self.dropout_ratio)

        def backward(self, dout):
            return dout * self.mask

    return Dropout(), (normal(53, 4, 5),), {}


@right()
def dropout_with_a_generator_of_its_own():
    class Dropout:
        def __init__(self, p=0.5, seed=0):
            self.p = p
            self.rng = np.random.default_rng(seed)

        def __call__(self, x):
            self.scale = (self.rng.random(x.shape) >= self.p) / (1 - self.p)
            return x * self.scale

        def backward(self, d):
            return d * self.scale

    return Dropout(), (normal(54, 4, 5),), {}


@right()
def dropout_out_of_use():
    class Dropout:
        def __init__(self, p=0.5):
            self.p, self.training, self.mask = p, True, None

        def eval(self):
            self.training = False
            return self

        def forward(self, x):
            if not self.training:
                self.mask = np.ones_like(x)
                return x
            self.mask = (np.random.random(x.shape) > self.p) / (1 - self.p)
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    return Dropout().eval(), (normal(55, 4, 5),), {}


@right()
def seeded_anew_in_every_forward():
    class Dropout:
        def forward(self, x):
            self.mask = np.random.RandomState(3).rand(*x.shape) > 0.5
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    return Dropout(), (normal(56, 4, 5),), {}


@right()
def python_s_own_random_numbers():
    import random

    class Dropout:
        def forward(self, x):
            kept = [random.random() > 0.3 for _ in range(x.size)]
            self.mask = np.array(kept).reshape(x.shape)
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    return Dropout(), (normal(57, 4, 5),), {}


@right()
def pooling_pixels_that_are_equal():
    class MaxPool1d:
        def forward(self, x):
            n, width = x.shape
            self.shape = x.shape
            windows = x.reshape(n, width // 2, 2)
            self.arg = windows.argmax(axis=2)
            return windows.max(axis=2)

        def backward(self, dout):
            n, width = self.shape
            dx = np.zeros((n, width // 2, 2))
            np.put_along_axis(dx, self.arg[..., None], dout[..., None], axis=2)
            return dx.reshape(self.shape)

    return MaxPool1d(), (np.array([[0.0, 0, 1, 1, 2, 3], [5, 5, 0, 0, 0, 0]]),), {}


@right()
def the_windows_are_put_back_where_they_were():
    class MaxPool:
        def forward(self, x):
            n, h, w = x.shape
            self.x = x.reshape(n, h // 2, 2, w // 2, 2)
            self.out = self.x.max(axis=4).max(axis=2)
            return self.out

        def backward(self, dout):
            first = self.x == self.out[:, :, None, :, None]
            dx = first * dout[:, :, None, :, None]
            n, a, _, b, _ = dx.shape
            return dx.reshape(n, 2 * a, 2 * b)

    return MaxPool(), (normal(58, 2, 4, 6),), {}


CASES = family.cases
